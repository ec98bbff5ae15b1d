//! Why there is no response. Texts are ours: they carry neither bytes of the peer nor what only the host should know,
//! and so their length is bounded.

use std::error::Error;
use std::io;

use super::meter::Meter;
use super::target::UrlError;

const NO_HTTP2: &str = "the peer does not keep to HTTP/2 or gave the request up";

/// Why there is no response; the cases are those of the interface.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum HttpFailure {
    /// The URL of the request is not acceptable.
    #[error("invalid URL: {0}")]
    InvalidUrl(String),
    /// Whoever authorises says no.
    #[error("permission denied: {0}")]
    PermissionDenied(String),
    /// No connection, no encryption, or the connection ended before a response began.
    #[error("connection failed: {0}")]
    ConnectionFailed(String),
    /// Time ran out. This module never says so; it is for the caller, who has the clock.
    #[error("timeout exceeded")]
    TimeoutExceeded,
    /// A body is larger than this many bytes.
    #[error("the body is larger than {0} bytes")]
    TooLarge(u64),
    /// The request has what HTTP or the interface forbids, or the peer does not keep to HTTP.
    #[error("protocol error: {0}")]
    ProtocolError(String),
}

impl From<UrlError> for HttpFailure {
    fn from(error: UrlError) -> Self {
        Self::InvalidUrl(error.to_string())
    }
}

impl HttpFailure {
    pub(super) fn protocol(text: impl Into<String>) -> Self {
        Self::ProtocolError(text.into())
    }

    pub(super) fn connection(text: impl Into<String>) -> Self {
        Self::ConnectionFailed(text.into())
    }

    /// What went wrong before the head of a response was complete.
    pub(super) fn before_head(error: &hyper::Error, meter: &Meter) -> Self {
        if meter.exhausted() {
            return Self::protocol("the head of the response is too large");
        }
        if error.is_parse() {
            return Self::protocol("the answer is no valid HTTP response, or its head is too large");
        }
        if error.is_incomplete_message() {
            return match meter.bytes() {
                0 => Self::connection("the peer closed the connection before a response"),
                _ => Self::protocol("the head of the response is cut off"),
            };
        }
        let io_error = io_error(error);
        // Whether the end shows when reading or when writing depends on who is faster.
        if error.is_canceled() || error.is_closed() || io_error.is_some_and(ended) {
            return Self::connection("the peer closed the connection before a response");
        }
        if let Some(error) = io_error {
            return Self::connection(describe(error));
        }
        Self::protocol(NO_HTTP2)
    }

    /// What went wrong in the body of a response.
    pub(super) fn in_body(error: &hyper::Error) -> Self {
        match io_error(error) {
            Some(error) if ended(error) => Self::protocol("the body of the response is cut off"),
            _ if error.is_incomplete_message() => Self::protocol("the body of the response is cut off"),
            Some(_) => Self::protocol("the body of the response is malformed"),
            // Whether a stream ends in its head or in its body depends on who is faster.
            None => Self::protocol(NO_HTTP2),
        }
    }
}

/// The kind of an error alone: its text may name what only the host should know.
pub(super) fn describe(error: &io::Error) -> String {
    error.kind().to_string()
}

fn ended(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, NotConnected, UnexpectedEof};
    matches!(error.kind(), BrokenPipe | ConnectionAborted | ConnectionReset | NotConnected | UnexpectedEof)
}

fn io_error(error: &hyper::Error) -> Option<&io::Error> {
    let mut source = error.source();
    while let Some(error) = source {
        if let Some(found) = error.downcast_ref::<io::Error>() {
            return Some(found);
        }
        source = error.source();
    }
    None
}
