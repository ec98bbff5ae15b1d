//! WASI 0.2 with nothing behind it, for toolchains that import it whatever they do.
//!
//! No preopened directory, no socket, no name lookup, no argument, no standard input; the component's own
//! environment; standard output and error become log records, line by line; both clocks are the runtime's.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use wasmtime::component::{HasData, Linker, Resource, ResourceTable};
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::bindings::clocks::monotonic_clock;
use wasmtime_wasi::p2::{DynPollable, OutputStream, Pollable, StreamResult, subscribe};
use wasmtime_wasi::{HostMonotonicClock, HostWallClock, WasiCtx};

use super::call::CurrentCall;
use super::clock::{Clock, Timestamp};
use super::component::Component;
use super::host::Host;
use super::log::{LogLevel, LogRecord};
use super::services::Services;

/// What one write to standard output may carry, in bytes; the guest writes the rest with its next call.
const MAX_WRITE_BYTES: usize = 64 << 10;
/// The longest line, in bytes; with the note of what was cut it still fits a log record.
const MAX_LINE_BYTES: usize = 8 << 10;
/// What one call of `wasi:random` may ask for, in bytes.
const MAX_RANDOM_BYTES: u64 = 1 << 20;

/// Links all of WASI, with this runtime's monotonic clock in place of the engine's: its pollables wait on the clock of
/// the runtime.
pub(crate) fn add_to_linker(linker: &mut Linker<Host>) -> wasmtime::Result<()> {
    wasmtime_wasi::p2::add_to_linker_async(linker)?;
    linker.allow_shadowing(true);
    monotonic_clock::add_to_linker::<Host, HasClock>(linker, |host| ClockView {
        clock: Arc::clone(&host.gate.services.clock),
        call: host.gate.call.clone(),
        table: wasmtime_wasi::WasiView::ctx(host).table,
    })?;
    linker.allow_shadowing(false);
    Ok(())
}

/// The WASI side of one instance.
pub(crate) fn context(services: &Arc<Services>, component: &Component, output: &Output) -> WasiCtx {
    let mut builder = WasiCtx::builder();
    builder
        .envs(&component.env)
        .stdout(output.stdout.clone())
        .stderr(output.stderr.clone())
        .allow_tcp(false)
        .allow_udp(false)
        .allow_ip_name_lookup(false)
        .socket_addr_check(|_, _| Box::pin(async { false }))
        .max_random_size(MAX_RANDOM_BYTES)
        .wall_clock(RuntimeClock(Arc::clone(&services.clock)))
        .monotonic_clock(RuntimeClock(Arc::clone(&services.clock)));
    builder.build()
}

struct RuntimeClock(Arc<dyn Clock>);

impl HostWallClock for RuntimeClock {
    fn resolution(&self) -> Duration {
        Duration::from_millis(1)
    }

    fn now(&self) -> Duration {
        Duration::from_nanos(self.0.now().nanos())
    }
}

impl HostMonotonicClock for RuntimeClock {
    fn resolution(&self) -> u64 {
        1_000_000
    }

    fn now(&self) -> u64 {
        self.0.now().nanos()
    }
}

struct HasClock;

impl HasData for HasClock {
    type Data<'a> = ClockView<'a>;
}

struct ClockView<'a> {
    clock: Arc<dyn Clock>,
    call: CurrentCall,
    table: &'a mut ResourceTable,
}

impl monotonic_clock::Host for ClockView<'_> {
    fn now(&mut self) -> wasmtime::Result<u64> {
        Ok(self.clock.now().nanos())
    }

    fn resolution(&mut self) -> wasmtime::Result<u64> {
        Ok(1_000_000)
    }

    fn subscribe_instant(&mut self, when: u64) -> wasmtime::Result<Resource<DynPollable>> {
        let alarm = self.table.push(Alarm { call: self.call.clone(), at: Timestamp::from_nanos(when) })?;
        subscribe(self.table, alarm)
    }

    fn subscribe_duration(&mut self, nanos: u64) -> wasmtime::Result<Resource<DynPollable>> {
        self.subscribe_instant(self.clock.now().nanos().saturating_add(nanos))
    }
}

/// A point in time that a guest waits for.
struct Alarm {
    call: CurrentCall,
    at: Timestamp,
}

#[wasmtime_wasi::async_trait]
impl Pollable for Alarm {
    async fn ready(&mut self) {
        self.call.sleep_until(self.at).await;
    }
}

/// Standard output and error of one instance.
pub(crate) struct Output {
    stdout: LineLog,
    stderr: LineLog,
    /// Something was written since the last flush.
    written: Arc<AtomicBool>,
}

impl Output {
    pub(crate) fn new(services: &Arc<Services>, component: &Arc<Component>) -> Self {
        let written = Arc::<AtomicBool>::default();
        let stream = |level| {
            let writer = Writer {
                services: Arc::clone(services),
                component: Arc::clone(component),
                level,
                line: Vec::new(),
                missing: 0,
            };
            LineLog { writer: Arc::new(Mutex::new(writer)), written: Arc::clone(&written) }
        };
        Self { stdout: stream(LogLevel::Info), stderr: stream(LogLevel::Warn), written }
    }

    /// Logs what was written without a line end.
    pub(crate) fn flush(&self) {
        if !self.written.load(Ordering::Relaxed) {
            return;
        }
        self.written.store(false, Ordering::Relaxed);
        for stream in [&self.stdout, &self.stderr] {
            stream.with(Writer::end_unfinished_line);
        }
    }
}

/// A stream whose lines become log records.
#[derive(Clone)]
struct LineLog {
    writer: Arc<Mutex<Writer>>,
    written: Arc<AtomicBool>,
}

struct Writer {
    services: Arc<Services>,
    component: Arc<Component>,
    level: LogLevel,
    line: Vec<u8>,
    /// How many bytes of the line did not fit.
    missing: usize,
}

impl LineLog {
    fn with(&self, f: impl FnOnce(&mut Writer)) {
        f(&mut self.writer.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Writer {
    fn write(&mut self, bytes: &[u8]) {
        let mut lines = bytes.split(|byte| *byte == b'\n').peekable();
        while let Some(part) = lines.next() {
            let room = MAX_LINE_BYTES.saturating_sub(self.line.len());
            let fits = part.len().min(room);
            self.line.extend_from_slice(&part[..fits]);
            self.missing += part.len() - fits;
            if lines.peek().is_some() {
                self.end_line();
            }
        }
    }

    fn end_unfinished_line(&mut self) {
        if !self.line.is_empty() {
            self.end_line();
        }
    }

    fn end_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        let mut message = String::from_utf8_lossy(&line).into_owned();
        let missing = std::mem::take(&mut self.missing);
        if missing > 0 {
            message.push_str(&format!("… [{missing} bytes cut]"));
        }
        let now = self.services.clock.now().millis();
        let id = self.component.id().clone();
        self.services.log(&LogRecord::capped(now, id, self.level, message, Vec::new()));
    }
}

impl IsTerminal for LineLog {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for LineLog {
    fn async_stream(&self) -> Box<dyn tokio::io::AsyncWrite + Send + Sync> {
        Box::new(tokio::io::sink())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for LineLog {
    async fn ready(&mut self) {}
}

impl OutputStream for LineLog {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.written.store(true, Ordering::Relaxed);
        self.with(|writer| writer.write(&bytes));
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(MAX_WRITE_BYTES)
    }
}
