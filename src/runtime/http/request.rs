//! A request as a guest states it, checked and completed.

use bytes::Bytes;
use hyper::HeaderMap;
use hyper::header::{ACCEPT_ENCODING, HeaderName, HeaderValue, RANGE};

use super::failure::HttpFailure;
use super::limits::HttpLimits;

/// What a header costs beyond its name and value, in bytes: the colon, the space and the line break.
pub(super) const HEADER_OVERHEAD: usize = 4;

/// Headers that belong to the connection, which is the client's. Those that start with `proxy-` are, too.
const RESERVED: [&str; 10] = [
    "connection",
    "content-length",
    "expect",
    "host",
    "http2-settings",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// The method of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    Get,
    Post,
    Put,
    Delete,
    Patch,
    Head,
    Options,
}

/// A request as a guest states it. Any method may have a body, as HTTP has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) url: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Option<Vec<u8>>,
}

/// A request without its URL, fit to be sent.
#[derive(Debug, Clone)]
pub(super) struct Prepared {
    pub(super) method: Method,
    /// All headers but `host` and those that the framing needs.
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    /// Whether the client asked for gzip; if the guest did, it decodes.
    pub(super) decode: bool,
}

impl Prepared {
    /// Checks headers and body. Unless the guest chose an encoding or asks for a range of bytes, which would be one of
    /// the encoded bytes, gzip is asked for.
    pub(super) fn new(request: Request, limits: &HttpLimits) -> Result<Self, HttpFailure> {
        let mut headers = checked_headers(&request.headers, limits)?;
        let body = Bytes::from(request.body.unwrap_or_default());
        if u64::try_from(body.len()).unwrap_or(u64::MAX) > limits.request_body_bytes {
            return Err(HttpFailure::TooLarge(limits.request_body_bytes));
        }
        let decode = !headers.contains_key(ACCEPT_ENCODING) && !headers.contains_key(RANGE);
        if decode {
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
        }
        Ok(Self { method: request.method, headers, body, decode })
    }
}

impl From<Method> for hyper::Method {
    fn from(method: Method) -> Self {
        match method {
            Method::Get => Self::GET,
            Method::Post => Self::POST,
            Method::Put => Self::PUT,
            Method::Delete => Self::DELETE,
            Method::Patch => Self::PATCH,
            Method::Head => Self::HEAD,
            Method::Options => Self::OPTIONS,
        }
    }
}

fn checked_headers(pairs: &[(String, String)], limits: &HttpLimits) -> Result<HeaderMap, HttpFailure> {
    let cost =
        |(name, value): &(String, String)| name.len().saturating_add(value.len()).saturating_add(HEADER_OVERHEAD);
    let bytes = pairs.iter().map(cost).fold(0_usize, usize::saturating_add);
    if pairs.len() > limits.headers || bytes > limits.header_bytes {
        return Err(HttpFailure::protocol(format!(
            "the request has more than {} headers, or more than {} bytes of them",
            limits.headers, limits.header_bytes
        )));
    }
    let mut headers = HeaderMap::with_capacity(pairs.len());
    for (name, value) in pairs {
        let name = checked_name(name)?;
        // White space around a value is not part of it, and HTTP/2 forbids it.
        let trimmed = value.trim_matches([' ', '\t']);
        let value = HeaderValue::from_bytes(trimmed.as_bytes())
            .map_err(|_| HttpFailure::protocol(format!("the value of the header {name} contains a forbidden byte")))?;
        headers.try_append(name, value).map_err(|_| HttpFailure::protocol("the request has too many headers"))?;
    }
    Ok(headers)
}

fn checked_name(name: &str) -> Result<HeaderName, HttpFailure> {
    let name = HeaderName::from_bytes(name.as_bytes())
        .map_err(|_| HttpFailure::protocol("the name of a header is empty or contains a forbidden byte"))?;
    if RESERVED.contains(&name.as_str()) || name.as_str().starts_with("proxy-") {
        return Err(HttpFailure::protocol(format!("the header {name} is not the guest's to set")));
    }
    Ok(name)
}
