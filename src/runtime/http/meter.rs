//! A stream that counts what is read, and ends when the peer sent too much before its response began.
//!
//! Interim responses (1xx) and frames of HTTP/2 that carry no response are skipped by the layers above, however many
//! there are; this is what bounds them.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::dial::Connection;

/// What was read from a stream, seen from outside.
#[derive(Debug, Default)]
pub(super) struct Meter {
    bytes: AtomicU64,
    open: AtomicBool,
    exhausted: AtomicBool,
}

impl Meter {
    /// The bytes read so far.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Lifts the bound: the response has begun.
    pub(super) fn lift(&self) {
        self.open.store(true, Ordering::Relaxed);
    }

    /// Whether the stream ended by the bound.
    pub(super) fn exhausted(&self) -> bool {
        self.exhausted.load(Ordering::Relaxed)
    }
}

/// A stream with its meter.
pub(super) struct Metered {
    stream: Box<dyn Connection>,
    /// How many bytes may be read before [`Meter::lift`].
    bound: u64,
    meter: Arc<Meter>,
}

impl Metered {
    pub(super) fn new(stream: Box<dyn Connection>, bound: u64) -> (Self, Arc<Meter>) {
        let meter = Arc::new(Meter::default());
        (Self { stream, bound, meter: Arc::clone(&meter) }, meter)
    }
}

impl AsyncRead for Metered {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.meter.bytes() > this.bound && !this.meter.open.load(Ordering::Relaxed) {
            this.meter.exhausted.store(true, Ordering::Relaxed);
            return Poll::Ready(Err(io::ErrorKind::InvalidData.into()));
        }
        let before = buf.filled().len();
        ready!(Pin::new(&mut this.stream).poll_read(context, buf))?;
        let read = buf.filled().len().saturating_sub(before);
        this.meter.bytes.fetch_add(u64::try_from(read).unwrap_or(u64::MAX), Ordering::Relaxed);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Metered {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
