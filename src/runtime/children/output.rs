//! What a child writes to one of its pipes, up to a limit.

use std::os::fd::AsFd;

use rustix::io::Errno;
use tokio::io::{AsyncRead, AsyncReadExt as _};

/// How much of an output is kept, in bytes: 1 MiB, what a page of text or a small file needs many times. A process that
/// writes more is killed.
pub(crate) const MAX_OUTPUT_BYTES: usize = 1 << 20;

/// How much is read at once, in bytes: as much as a pipe holds.
const CHUNK_BYTES: usize = 64 << 10;

/// A pipe and what was read from it.
#[derive(Debug)]
pub(super) struct Output<P> {
    /// None once it is at its end.
    pipe: Option<P>,
    bytes: Vec<u8>,
}

/// There is more than the limit.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooMuch;

impl<P: AsyncRead + AsFd + Unpin> Output<P> {
    pub(super) fn new(pipe: Option<P>) -> Self {
        Self { pipe, bytes: Vec::new() }
    }

    /// Reads until the limit is passed. It waits for ever at the end of the pipe; dropping the future loses nothing.
    pub(super) async fn fill(&mut self) -> TooMuch {
        while self.bytes.len() <= MAX_OUTPUT_BYTES {
            let Some(pipe) = &mut self.pipe else { return std::future::pending().await };
            self.bytes.reserve(CHUNK_BYTES);
            match pipe.read_buf(&mut self.bytes).await {
                Ok(0) | Err(_) => self.pipe = None,
                Ok(_) => {}
            }
        }
        TooMuch
    }

    /// What is in the pipe at this moment, behind what was read before. Nobody is waited for who holds the pipe open.
    pub(super) fn finish(mut self) -> Result<Vec<u8>, TooMuch> {
        let mut chunk = vec![0; CHUNK_BYTES];
        while self.bytes.len() <= MAX_OUTPUT_BYTES {
            let Some(pipe) = &self.pipe else { return Ok(self.bytes) };
            match rustix::io::read(pipe, &mut chunk) {
                Ok(0) => self.pipe = None,
                Ok(read) => self.bytes.extend_from_slice(chunk.get(..read).unwrap_or_default()),
                Err(Errno::INTR) => {}
                // Empty, with somebody at the other end; or broken.
                Err(_) => self.pipe = None,
            }
        }
        Err(TooMuch)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use tokio::net::unix::pipe;

    use super::*;

    /// What is still in the pipe counts like what was read before; nobody closes it.
    #[rstest]
    #[case::nothing(10, 0, Ok(10))]
    #[case::as_much_as_fits(MAX_OUTPUT_BYTES - 9, 9, Ok(MAX_OUTPUT_BYTES))]
    #[case::one_more(MAX_OUTPUT_BYTES - 9, 10, Err(TooMuch))]
    #[tokio::test]
    async fn the_rest_is_bounded(#[case] read: usize, #[case] rest: usize, #[case] expected: Result<usize, TooMuch>) {
        let (sender, receiver) = pipe::pipe().unwrap();
        assert_eq!(rustix::io::write(&sender, &vec![7; rest]).unwrap(), rest);
        let output = Output { pipe: Some(receiver), bytes: vec![7; read] };
        assert_eq!(output.finish().map(|bytes| bytes.len()), expected);
    }
}
