//! The body of a response, collected up to a cap and decoded if it is gzip.
//!
//! The cap holds for decoded bytes: a body that unpacks to more ends at the cap, after one buffer of the decoder
//! beyond it. This module does no IO.

use std::io::{self, Write};

use flate2::write::MultiGzDecoder;

use super::failure::HttpFailure;

/// Collects a body.
pub(super) enum Collector {
    /// As it comes.
    Plain(Capped),
    /// Decoded. The cap of the encoded bytes is for bodies that unpack to nothing, however long they are.
    Gzip { decoder: Box<MultiGzDecoder<Capped>>, encoded: u64 },
}

impl Collector {
    /// Collects at most `cap` bytes.
    pub(super) fn new(gzip: bool, cap: u64) -> Self {
        let capped = Capped { bytes: Vec::new(), cap, full: false };
        match gzip {
            true => Self::Gzip { decoder: Box::new(MultiGzDecoder::new(capped)), encoded: 0 },
            false => Self::Plain(capped),
        }
    }

    /// Takes the next bytes.
    pub(super) fn push(&mut self, chunk: &[u8]) -> Result<(), HttpFailure> {
        match self {
            Self::Plain(capped) => capped.write_all(chunk).map_err(|_| HttpFailure::TooLarge(capped.cap)),
            Self::Gzip { decoder, encoded } => {
                *encoded = encoded.saturating_add(u64::try_from(chunk.len()).unwrap_or(u64::MAX));
                let cap = decoder.get_ref().cap;
                if *encoded > encoded_cap(cap) {
                    return Err(HttpFailure::TooLarge(cap));
                }
                decoder.write_all(chunk).map_err(|_| gzip_failure(decoder))
            }
        }
    }

    /// The whole body. An empty one is nobody's gzip and stays empty.
    pub(super) fn finish(self) -> Result<Vec<u8>, HttpFailure> {
        match self {
            Self::Plain(capped) => Ok(capped.bytes),
            Self::Gzip { encoded: 0, .. } => Ok(Vec::new()),
            Self::Gzip { mut decoder, .. } => {
                decoder.try_finish().map_err(|_| gzip_failure(&decoder))?;
                Ok(std::mem::take(&mut decoder.get_mut().bytes))
            }
        }
    }

    /// Whether a body of this length, as it comes, cannot fit.
    pub(super) fn refuses(&self, length: u64) -> Option<HttpFailure> {
        let (cap, bound) = match self {
            Self::Plain(capped) => (capped.cap, capped.cap),
            Self::Gzip { decoder, .. } => (decoder.get_ref().cap, encoded_cap(decoder.get_ref().cap)),
        };
        (length > bound).then_some(HttpFailure::TooLarge(cap))
    }
}

/// The most bytes that an honest encoding of `cap` bytes has: what does not compress is stored with 5 bytes for each
/// block, blocks are a few KiB at least, and headers of members may carry names.
fn encoded_cap(cap: u64) -> u64 {
    cap.saturating_add(cap / 64).saturating_add(64 << 10)
}

fn gzip_failure(decoder: &MultiGzDecoder<Capped>) -> HttpFailure {
    match decoder.get_ref() {
        Capped { full: true, cap, .. } => HttpFailure::TooLarge(*cap),
        _ => HttpFailure::protocol("the body of the response is no valid gzip, or cut off"),
    }
}

/// Bytes up to a cap; it never allocates more than that.
pub(super) struct Capped {
    bytes: Vec<u8>,
    cap: u64,
    full: bool,
}

impl Write for Capped {
    fn write(&mut self, chunk: &[u8]) -> io::Result<usize> {
        let cap = usize::try_from(self.cap).unwrap_or(usize::MAX);
        let needed = self.bytes.len().saturating_add(chunk.len());
        if self.full || needed > cap {
            self.full = true;
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        if needed > self.bytes.capacity() {
            let doubled = self.bytes.capacity().saturating_mul(2).clamp(needed, cap);
            self.bytes.reserve_exact(doubled.saturating_sub(self.bytes.len()));
        }
        self.bytes.extend_from_slice(chunk);
        Ok(chunk.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
impl Collector {
    /// What is allocated for the body, in bytes.
    pub(super) fn capacity(&self) -> usize {
        match self {
            Self::Plain(capped) => capped.bytes.capacity(),
            Self::Gzip { decoder, .. } => decoder.get_ref().bytes.capacity(),
        }
    }
}
