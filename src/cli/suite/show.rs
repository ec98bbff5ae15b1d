//! `airssys-wasm suite show`.

use airssys_wasm::suite::{DiscoveredCase, plan};

use super::super::exit::Exit;
use super::super::print::print;

/// Shows one case whole.
pub(super) fn show(id: &str, cases: &[DiscoveredCase]) -> anyhow::Result<Exit> {
    let Some(case) = cases.iter().find(|case| case.id == id) else {
        let ids: Vec<&str> = cases.iter().map(|case| case.id.as_str()).take(10).collect();
        eprintln!("error: no case is named `{id}`; there are {}", ids.join(", "));
        return Ok(Exit::BadInput);
    };
    let plan = match plan(&case.case) {
        Ok(plan) => plan,
        Err(why) => {
            eprintln!("error: {id}: {why}");
            return Ok(Exit::BadInput);
        }
    };
    let mut out = format!("# {}\n# {}\n# asserts {}\n\n", case.id, case.case.title, case.case.requirements.join(", "));
    out.push_str(case.source.trim_end());
    out.push_str("\n\n# steps: what is sent, and what must come back\n");
    for step in &plan.steps {
        let expect = match &step.expect {
            Some(expect) => serde_json::to_string(expect)?,
            None => "success".to_owned(),
        };
        out.push_str(&format!("{:>3}  {}\n     => {expect}\n", step.number, serde_json::to_string(&step.stimulus)?));
    }
    for (name, guest) in &plan.guests {
        out.push_str(&format!(
            "\n# guest {name}: {} bytes, sha256 {}\n{}",
            guest.wasm.len(),
            guest.sha256(),
            guest.wat()?
        ));
    }
    print(&out)
}
