//! Messages between components: one hop, and a request with its response.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use super::execute::check;
use super::guests::{Guest, Stage};
use super::lanes::{Lane, lane, pair};
use super::raw::{self, Data, Mail, Raw};
use super::{Cores, Prepare, Prepared, Statistic, Workload};
use crate::contract::ComponentId;
use crate::perf::PerfError;
use crate::runtime::bindings::IncomingMessage;
use crate::runtime::{Call, Engine, Message, Runtime};

pub(super) const ALL: &[Workload] = &[
    Workload {
        id: "message/hop",
        about: "send-message with 64 bytes from one component to another, and its handling",
        against: Some("a guest, a bounded channel, a guest"),
        statistic: Statistic::Ratio,
        on: Cores::ALL,
        prepare: Prepare::Plain(|cores| prepare(cores, Kind::Hop)),
    },
    Workload {
        id: "message/request-to-callback",
        about: "a request from outside, passed on to another component, answered through handle-callback",
        against: Some("the same guests and bounded channels"),
        statistic: Statistic::Ratio,
        on: Cores::ALL,
        prepare: Prepare::Plain(|cores| prepare(cores, Kind::Request)),
    },
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Hop,
    Request,
}

/// How many messages a guest sends in one `execute`, so that what surrounds them does not count.
pub(super) const MESSAGES: u64 = 100;

/// What the first component of a pair does; `$peer` is the other.
pub(super) const FIRST: &str = r#"
execute = ['repeat 100 invoke host-services.send-message("$peer", "raw:0123456789012345678901234567890123456789012345678901234567890123")']
handle-message = ["remember message.request-id.some as id", 'invoke host-services.send-request("$peer", "raw:ping", 0)']
handle-callback = ['invoke host-services.send-response($id, ok("raw:pong"))']
"#;

/// What the second does.
pub(super) const HOP: &str = "handle-message = [\"count\"]";
const ANSWER: &str =
    r#"handle-message = ['invoke host-services.send-response($message.request-id.some, ok($message.payload))']"#;

fn prepare(cores: Cores, kind: Kind) -> Result<Prepared, PerfError> {
    let Stage { threads, place, engine, runtime } = Stage::new(cores, 64)?;
    let (mut subject, mut baseline): (Vec<Lane>, Vec<Lane>) = (Vec::new(), Vec::new());
    for number in 0..cores.count() {
        let (first, second) = (format!("first-{number}"), format!("second-{number}"));
        let grants = format!("[capabilities.messaging]\nsend = [\"{second}\"]\nrequest = [\"{second}\"]\n");
        let program = FIRST.replace("$peer", &second);
        let first = place.build(&first, Guest { program: &program, tables: &grants })?;
        let program = if kind == Kind::Hop { HOP } else { ANSWER };
        let second = place.build(&second, Guest { program, tables: "" })?;
        for built in [&second, &first] {
            threads.block_on(runtime.load(&built.directory)).map_err(PerfError::from_error)?;
        }
        let ids = Arc::new((first.id.clone(), second.id.clone()));
        let runtime = runtime.clone();
        subject.push(lane(move |times| {
            let (runtime, ids) = (runtime.clone(), Arc::clone(&ids));
            async move {
                match kind {
                    Kind::Hop => hops(&runtime, &ids, times).await,
                    Kind::Request => requests(&runtime, &ids.0, times).await,
                }
            }
        }));
        let senders = Arc::new(raw_pair(&threads, &engine, [&first.wasm, &second.wasm])?);
        baseline.push(lane(move |times| {
            let senders = Arc::clone(&senders);
            async move {
                match kind {
                    Kind::Hop => raw_hops(&senders, times).await,
                    Kind::Request => raw_requests(&senders.0, times).await,
                }
            }
        }));
    }
    Ok(pair(&threads, if kind == Kind::Hop { MESSAGES } else { 1 }, subject, baseline))
}

async fn hops(runtime: &Runtime, (first, second): &(ComponentId, ComponentId), times: u64) -> Result<(), PerfError> {
    for _ in 0..times / MESSAGES {
        runtime.execute(first, vec![0x55], Call::default()).await.map_err(PerfError::from_error)?;
        // Handled after all that were sent before it.
        let last = Message { sender: "host".to_owned(), payload: vec![0x55], request_id: None };
        runtime.deliver(second, last).await.map_err(PerfError::from_error)?;
    }
    Ok(())
}

async fn requests(runtime: &Runtime, first: &ComponentId, times: u64) -> Result<(), PerfError> {
    for _ in 0..times {
        let answer = runtime.request(first, "host", vec![0x55], Duration::ZERO).await;
        check(&answer.map_err(PerfError::from_error)?, b"\x55pong")?;
    }
    Ok(())
}

pub(super) type Sender = mpsc::Sender<Mail>;

pub(super) fn raw_pair(
    threads: &tokio::runtime::Runtime,
    engine: &Engine,
    wasm: [&[u8]; 2],
) -> Result<(Sender, Sender), PerfError> {
    let ((to_first, first), (to_second, second)) = (raw::channel(), raw::channel());
    let ends = [(wasm[0], first, to_second.clone()), (wasm[1], second, to_first.clone())];
    for (wasm, inbox, peer) in ends {
        let data = Data { peer: Some(peer), ..Data::default() };
        let instance = threads.block_on(Raw::compile(engine, wasm)?.start(data))?;
        threads.spawn(instance.serve(inbox));
    }
    Ok((to_first, to_second))
}

fn raw_message() -> IncomingMessage {
    IncomingMessage { sender: "host".to_owned(), payload: vec![0x55], request_id: None }
}

pub(super) async fn raw_hops((first, second): &(Sender, Sender), times: u64) -> Result<(), PerfError> {
    for _ in 0..times / MESSAGES {
        let (answer, answered) = oneshot::channel();
        first.send(Mail::Execute(vec![0x55], answer)).await.map_err(PerfError::from_error)?;
        answered.await.map_err(PerfError::from_error)?;
        let (handled, done) = oneshot::channel();
        second.send(Mail::Message(raw_message(), Some(handled))).await.map_err(PerfError::from_error)?;
        done.await.map_err(PerfError::from_error)?;
    }
    Ok(())
}

async fn raw_requests(first: &Sender, times: u64) -> Result<(), PerfError> {
    for number in 0..times {
        let (answer, answered) = oneshot::channel();
        let message = IncomingMessage { request_id: Some(format!("req-{number}")), ..raw_message() };
        first.send(Mail::Request(message, answer)).await.map_err(PerfError::from_error)?;
        check(&answered.await.map_err(PerfError::from_error)?, b"\x55pong")?;
    }
    Ok(())
}
