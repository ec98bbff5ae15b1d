//! What an adapter does wrong, put into words: what it did, when, and what is known of its end.

use std::time::Duration;

use super::super::{DriverError, Loss};
use super::process::{Broken, Process};
use crate::suite::protocol::wire::Request;
use crate::suite::protocol::{PROTOCOL, Reply, Stimulus};

/// What is wrong, before the end of the process is known.
pub(super) struct Fault {
    pub(super) loss: Loss,
    /// Whether the process ends by itself.
    pub(super) ends: bool,
    pub(super) why: String,
}

impl Fault {
    pub(super) fn wrong(request: &Request, why: &str) -> Self {
        Self {
            loss: Loss::Driver,
            ends: false,
            why: format!("the adapter {why}, when it was asked {}", named(request)),
        }
    }

    pub(super) fn of_line(broken: Broken, request: &Request, patience: Duration) -> Self {
        // Only what makes a runtime work says something about it.
        let of_runtime = |loss| match request.stimulus {
            Stimulus::Hello { .. } | Stimulus::CaseBegin(_) => Loss::Driver,
            _ => loss,
        };
        let ends = matches!(broken, Broken::Ended | Broken::HalfALine(_));
        let (loss, why) = match broken {
            Broken::Silent => {
                (of_runtime(Loss::Silence), format!("gave no answer within {} s", patience.as_secs_f64()))
            }
            Broken::Ended => (of_runtime(Loss::Crash), "ended".to_owned()),
            Broken::HalfALine(start) => {
                (of_runtime(Loss::Crash), format!("ended in the middle of a line, which starts with `{start}`"))
            }
            Broken::TooLong => (Loss::Driver, "wrote a line that is longer than any may be (64 MiB)".to_owned()),
            Broken::NotText(start) => {
                (Loss::Driver, format!("wrote a line that is not UTF-8, which starts with `{start}`"))
            }
        };
        Self { loss, ends, ..Self::wrong(request, &why) }
    }
}

/// Holds an answer against its request.
pub(super) fn accepted(request: &Request, id: Option<u64>, reply: Reply) -> Result<Reply, Fault> {
    if let Reply::NotUnderstood { what } = reply {
        let why = format!("did not understand what is of the protocol, and said: {what}");
        return Err(Fault::wrong(request, &why));
    }
    match id {
        Some(id) if id == request.id => {}
        Some(id) => return Err(Fault::wrong(request, &format!("answered request {id}"))),
        None => return Err(Fault::wrong(request, "gave an answer without `id`")),
    }
    match &reply {
        Reply::Hello(hello) if hello.protocol != PROTOCOL => {
            let why = format!("speaks version {} of the protocol, and this suite speaks {PROTOCOL}", hello.protocol);
            Err(Fault::wrong(request, &why))
        }
        reply if !reply.may_answer(&request.stimulus) => {
            let kind = serde_json::to_value(reply).ok().and_then(|reply| reply["is"].as_str().map(str::to_owned));
            Err(Fault::wrong(request, &format!("answered `{}`, which is no answer to that", kind.unwrap_or_default())))
        }
        _ => Ok(reply),
    }
}

/// A request, for people.
fn named(request: &Request) -> String {
    let kind = serde_json::to_value(&request.stimulus).ok().and_then(|asked| asked["do"].as_str().map(str::to_owned));
    format!("`{}` (request {})", kind.unwrap_or_default(), request.id)
}

/// Ends a process, and says all that is known about its end.
pub(super) fn lost(process: Process, fault: Fault) -> DriverError {
    let Fault { loss, ends, mut why } = fault;
    let (status, errors) = if ends { process.end() } else { (None, process.kill()) };
    if let Some(status) = status {
        why.push_str(&format!("; it ended with {status}"));
    }
    if !errors.is_empty() {
        why.push_str(&format!("\nit last wrote to standard error:\n{errors}"));
    }
    DriverError::of_runtime(loss, why)
}
