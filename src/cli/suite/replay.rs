//! `airssys-wasm suite replay`.

use std::path::Path;

use airssys_wasm::suite::replay::{Difference, Replayed, read, replay as say_again};
use serde_json::Value;

use super::super::exit::Exit;
use super::super::print::print;
use super::under_test::UnderTest;

/// Says a transcript again to a runtime, and tells where the replies differ.
pub(super) fn replay(path: &Path, under_test: &UnderTest) -> anyhow::Result<Exit> {
    let lines = match std::fs::read_to_string(path) {
        Err(why) => Err(why.to_string()),
        Ok(text) => read(&text).map_err(|(line, why)| format!("line {line} is none of a transcript: {why}")),
    };
    let lines = match lines {
        Ok(lines) if !lines.is_empty() => lines,
        Ok(_) => {
            eprintln!("error: {}: there is nothing in it to be said again", path.display());
            return Ok(Exit::BadInput);
        }
        Err(why) => {
            eprintln!("error: {}: {why}", path.display());
            return Ok(Exit::BadInput);
        }
    };
    let tested = match under_test.start() {
        Ok(tested) => tested,
        Err(why) => {
            eprintln!("error: {}", why.message());
            return Ok(Exit::HarnessFailed);
        }
    };
    let (mut said, mut different, mut lost, mut broken) = (0_usize, 0_usize, 0_usize, Ok(Exit::Conforming));
    say_again(&lines, &*tested.factory, &mut |replayed: &Replayed| {
        said += 1;
        different += usize::from(!replayed.differences.is_empty());
        lost += usize::from(replayed.reply.is_err());
        if broken.is_ok() {
            broken = print(&told(replayed));
        }
    })?;
    broken?;
    print(&format!(
        "\n{said} said again to {}, {different} answered differently, {lost} not answered\n",
        tested.hello.runtime
    ))?;
    Ok(if different == 0 && lost == 0 { Exit::Conforming } else { Exit::NotConforming })
}

/// A line of a transcript and what came of it, for people.
fn told(replayed: &Replayed) -> String {
    let Replayed { line, reply, differences } = replayed;
    let step = line.step.map_or_else(|| "     ".to_owned(), |step| format!("step {step}"));
    let kind = |value: Result<Value, serde_json::Error>, key: &str| {
        value.ok().and_then(|value| value[key].as_str().map(str::to_owned)).unwrap_or_default()
    };
    let asked = kind(serde_json::to_value(&line.stimulus), "do");
    let (state, answered) = match reply {
        Ok(reply) => {
            let state = if !differences.is_empty() {
                "differs"
            } else if line.reply.is_none() {
                "answered now"
            } else {
                "same"
            };
            (state, kind(serde_json::to_value(reply), "is"))
        }
        Err(why) => ("lost", why.message().to_owned()),
    };
    let mut text = format!("{}  {step:<8} {asked:<12} {state:<12} {answered}\n", line.case);
    for Difference { path, was, is } in differences {
        let shown = |value: &Option<Value>| value.as_ref().map_or_else(|| "nothing".to_owned(), cut);
        text.push_str(&format!("    {path}: was {}, is {}\n", shown(was), shown(is)));
    }
    text
}

/// A value in one line that fits on a screen.
fn cut(value: &Value) -> String {
    const MOST: usize = 200;
    let text = value.to_string();
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
