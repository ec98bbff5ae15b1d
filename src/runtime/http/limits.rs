//! What bounds one request, its response, and the way between them.

/// How many redirects are followed; the contract's number.
pub(crate) const MAX_REDIRECTS: usize = 10;

/// What one exchange may cost. The defaults follow from what one call may carry between a guest and the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HttpLimits {
    /// The largest body of a request, in bytes: 16 MiB, as much as a call carries from a guest to the host.
    pub(crate) request_body_bytes: u64,
    /// The largest body of a response, in bytes as the guest gets them, that is decoded: 16 MiB, so that a response
    /// is no larger than a request.
    pub(crate) response_body_bytes: u64,
    /// The largest header block of a request and of a response, in bytes: 64 KiB, several times what servers accept
    /// and send.
    pub(crate) header_bytes: usize,
    /// How many headers a request and a response may have: 256, as browsers' longest have less than a hundred.
    pub(crate) headers: usize,
    /// How many redirects are followed.
    pub(crate) redirects: usize,
}

impl Default for HttpLimits {
    fn default() -> Self {
        Self {
            request_body_bytes: 16 << 20,
            response_body_bytes: 16 << 20,
            header_bytes: 64 << 10,
            headers: 256,
            redirects: MAX_REDIRECTS,
        }
    }
}
