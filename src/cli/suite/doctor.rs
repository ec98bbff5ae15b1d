//! `airssys-wasm suite doctor`.

use airssys_wasm::suite::Adapter;
use airssys_wasm::suite::doctor::{Finding, State, examine};

use super::super::exit::Exit;
use super::super::print::print;
use super::under_test::UnderTest;

/// Examines an adapter, and says what to mend next.
pub(super) fn doctor(under_test: &UnderTest) -> anyhow::Result<Exit> {
    let Some(command) = &under_test.adapter else {
        eprintln!("error: name the adapter that is to be examined: --adapter CMD");
        return Ok(Exit::BadInput);
    };
    let adapter = match Adapter::new(command, under_test.answer_timeout()) {
        Ok(adapter) => adapter,
        Err(why) => {
            eprintln!("error: {}", why.message());
            return Ok(Exit::BadInput);
        }
    };
    let mut broken = Ok(Exit::Conforming);
    let findings = examine(&adapter, &mut |finding| {
        if broken.is_ok() {
            broken = print(&line(finding));
        }
    });
    broken?;
    let count = |state: State| findings.iter().filter(|finding| finding.state == state).count();
    let next = findings.iter().find(|finding| finding.state == State::Fails);
    let next = next.or_else(|| findings.iter().find(|finding| finding.state == State::Undeclared));
    let (works, of) = (count(State::Works), findings.len());
    print(&match next {
        Some(next) => format!("\n{works} of {of} steps work. Next, step {}: {}.\n", next.number, next.mend),
        None => format!("\n{works} of {of} steps work. Next: `suite run --adapter` with one area after another.\n"),
    })?;
    let is_well = count(State::Fails) + count(State::NotTried) == 0;
    Ok(if is_well { Exit::Conforming } else { Exit::NotConforming })
}

fn line(finding: &Finding) -> String {
    let Finding { number, title, state, why, .. } = finding;
    let state = match state {
        State::Works => "works",
        State::Fails => "fails",
        State::Undeclared => "undeclared",
        State::NotTried => "not tried",
    };
    let why = if why.is_empty() { String::new() } else { format!("    {}\n", why.replace('\n', "\n    ")) };
    format!("{number:>2}  {state:<10}  {title}\n{why}")
}
