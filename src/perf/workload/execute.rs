//! `execute` from outside, through the actor, for small and for large operations.

use tokio::sync::oneshot;

use super::guests::{ECHO, Stage};
use super::lanes::{Lane, lane, pair};
use super::raw::{self, Data, Mail, Raw};
use super::{Cores, Prepare, Prepared, Statistic, Workload};
use crate::perf::PerfError;
use crate::runtime::Call;

const AGAINST: Option<&str> = Some("a bounded channel to a task that calls execute, and one back");

pub(super) const ALL: &[Workload] = &[
    Workload {
        id: "execute/64-bytes",
        about: "execute with 64 bytes in and out, through the actor",
        against: AGAINST,
        statistic: Statistic::Ratio,
        on: Cores::ALL,
        prepare: Prepare::Plain(|cores| prepare(cores, 64)),
    },
    Workload {
        id: "execute/56-kib",
        about: "execute with 56 KiB in and out, through the actor",
        against: AGAINST,
        statistic: Statistic::Ratio,
        on: Cores::ALL,
        prepare: Prepare::Plain(|cores| prepare(cores, 56 << 10)),
    },
];

fn prepare(cores: Cores, bytes: usize) -> Result<Prepared, PerfError> {
    let Stage { threads, place, engine, runtime } = Stage::new(cores, 64)?;
    // 0x55 is the multicodec code of raw.
    let operation = vec![0x55; bytes];
    let (mut subject, mut baseline): (Vec<Lane>, Vec<Lane>) = (Vec::new(), Vec::new());
    for number in 0..cores.count() {
        let built = place.build(&format!("echo-{number}"), ECHO)?;
        let id = threads.block_on(runtime.load(&built.directory)).map_err(PerfError::from_error)?;
        let (runtime, operation) = (runtime.clone(), operation.clone());
        let (sent, expected) = (operation.clone(), operation.clone());
        subject.push(lane(move |times| {
            let (runtime, id, operation) = (runtime.clone(), id.clone(), operation.clone());
            async move {
                for _ in 0..times {
                    let executed = runtime.execute(&id, operation.clone(), Call::default()).await;
                    let output = executed.map_err(PerfError::from_error)?.output;
                    check(&output, &operation)?;
                }
                Ok(())
            }
        }));
        let instance = threads.block_on(Raw::compile(&engine, &built.wasm)?.start(Data::default()))?;
        let (sender, inbox) = raw::channel();
        threads.spawn(instance.serve(inbox));
        baseline.push(lane(move |times| {
            let (sender, sent, expected) = (sender.clone(), sent.clone(), expected.clone());
            async move {
                for _ in 0..times {
                    let (answer, answered) = oneshot::channel();
                    sender.send(Mail::Execute(sent.clone(), answer)).await.map_err(PerfError::from_error)?;
                    check(&answered.await.map_err(PerfError::from_error)?, &expected)?;
                }
                Ok(())
            }
        }));
    }
    Ok(pair(&threads, 1, subject, baseline))
}

/// Both sides look at what they got, so that neither can be fast by doing nothing.
pub(super) fn check(output: &[u8], expected: &[u8]) -> Result<(), PerfError> {
    if output == expected { Ok(()) } else { Err(PerfError::new("the answer is another than was expected")) }
}
