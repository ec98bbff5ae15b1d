//! One request and its response on one connection.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Body as _, Incoming};
use hyper::client::conn::{http1, http2};
use hyper::header::{CONTENT_ENCODING, CONTENT_LENGTH, HOST, HeaderMap, HeaderName, HeaderValue, TRANSFER_ENCODING};
use hyper::http::response::Parts;
use hyper::{StatusCode, Uri};
use hyper_util::rt::TokioIo;

use super::body::Collector;
use super::client::Response;
use super::dial::Connection;
use super::driver::Driver;
use super::failure::HttpFailure;
use super::limits::HttpLimits;
use super::meter::Metered;
use super::request::{HEADER_OVERHEAD, Method, Prepared};
use super::target::Target;
use super::tls::Version;

/// How many interim responses (1xx) precede a response. None is asked for; a handful of early hints is what servers
/// send. With HTTP/2 only their bytes are bounded.
const MAX_INTERIM: usize = 16;
/// How many bytes of a body HTTP/2 lets the peer send ahead: enough that a body of the default cap takes few round
/// trips, and all that a peer can make the host hold beyond the cap.
const WINDOW_BYTES: u32 = 256 << 10;
/// The smallest buffer that hyper takes for HTTP/1.
const MIN_BUFFER_BYTES: usize = 8_192;

type Sending = hyper::Request<Full<Bytes>>;

/// A response whose head has arrived. Dropping it closes the connection.
pub(super) struct Opened {
    pub(super) head: Parts,
    body: Incoming,
    driver: Driver,
    /// Whether the body is decoded if it is gzip.
    decode: bool,
    method: Method,
}

/// Sends a request and waits for the head of its response.
pub(super) async fn open(
    stream: Box<dyn Connection>,
    version: Version,
    target: &Target,
    request: &Prepared,
    limits: &HttpLimits,
) -> Result<Opened, HttpFailure> {
    let (stream, meter) = Metered::new(stream, head_bound(limits));
    let interim = Arc::new(AtomicUsize::new(0));
    let mut sending = hyper_request(version, target, request)?;
    let count = Arc::clone(&interim);
    hyper::ext::on_informational(&mut sending, move |_| {
        count.fetch_add(1, Ordering::Relaxed);
    });
    let mut driver = Driver::default();
    let answered = match version {
        Version::Http1 => http1_head(&mut driver, stream, sending, limits).await,
        Version::Http2 => http2_head(&mut driver, stream, sending, limits).await,
    };
    let (head, body) = answered.map_err(|error| HttpFailure::before_head(&error, &meter))?.into_parts();
    meter.lift();
    check_head(&head, interim.load(Ordering::Relaxed), limits)?;
    Ok(Opened { head, body, driver, decode: request.decode, method: request.method })
}

impl Opened {
    /// Reads the body, which ends the exchange.
    pub(super) async fn read(self, limits: &HttpLimits) -> Result<Response, HttpFailure> {
        let Self { mut head, mut body, mut driver, decode, method } = self;
        let status = head.status.as_u16();
        let bodiless = [StatusCode::NO_CONTENT, StatusCode::NOT_MODIFIED].contains(&head.status);
        if method == Method::Head || bodiless {
            return Ok(Response { status, headers: pairs(&head.headers), body: Vec::new() });
        }
        check_framing(&head.headers)?;
        let gzip = decode && is_gzip(&head.headers);
        let mut collector = Collector::new(gzip, limits.response_body_bytes);
        // What is announced to be too large is not waited for.
        if let Some(refused) = collector.refuses(body.size_hint().lower()) {
            return Err(refused);
        }
        while let Some(frame) = driver.run(body.frame()).await {
            let frame = frame.map_err(|error| HttpFailure::in_body(&error))?;
            // Trailers have no place in a response of the interface.
            if let Some(data) = frame.data_ref() {
                collector.push(data)?;
            }
        }
        if gzip {
            head.headers = without(&head.headers, &[CONTENT_ENCODING, CONTENT_LENGTH]);
        }
        Ok(Response { status, headers: pairs(&head.headers), body: collector.finish()? })
    }
}

type Answered = hyper::Result<hyper::Response<Incoming>>;

async fn http1_head(driver: &mut Driver, stream: Metered, sending: Sending, limits: &HttpLimits) -> Answered {
    let (mut sender, connection) = http1::Builder::new()
        .max_buf_size(limits.header_bytes.max(MIN_BUFFER_BYTES))
        .max_header_size(limits.header_bytes)
        .max_headers(limits.headers)
        .handshake(TokioIo::new(stream))
        .await?;
    // How the connection ends is told to whoever waits for the response.
    driver.add(async move {
        let _ = connection.await;
    });
    driver.run(sender.send_request(sending)).await
}

async fn http2_head(driver: &mut Driver, stream: Metered, sending: Sending, limits: &HttpLimits) -> Answered {
    let handshake = http2::Builder::new(driver.spawner())
        .max_header_list_size(u32::try_from(limits.header_bytes).unwrap_or(u32::MAX))
        .initial_stream_window_size(WINDOW_BYTES)
        .initial_connection_window_size(WINDOW_BYTES)
        .handshake(TokioIo::new(stream));
    let (mut sender, connection) = driver.run(handshake).await?;
    driver.add(async move {
        let _ = connection.await;
    });
    driver.run(sender.send_request(sending)).await
}

/// How much may be read before a response begins: its head, as much again for interim responses and frames without
/// content, and the part of its body that arrives with it.
fn head_bound(limits: &HttpLimits) -> u64 {
    let header_bytes = u64::try_from(limits.header_bytes.max(MIN_BUFFER_BYTES)).unwrap_or(u64::MAX);
    header_bytes.saturating_mul(2).saturating_add(2 * u64::from(WINDOW_BYTES))
}

fn hyper_request(version: Version, target: &Target, request: &Prepared) -> Result<Sending, HttpFailure> {
    let malformed = || HttpFailure::protocol("the request cannot be sent");
    let mut headers = HeaderMap::with_capacity(request.headers.len().saturating_add(2));
    let uri = match version {
        Version::Http1 => {
            headers.insert(HOST, HeaderValue::try_from(target.authority()).map_err(|_| malformed())?);
            Uri::from(target.path_and_query().clone())
        }
        Version::Http2 => Uri::builder()
            .scheme("https")
            .authority(target.authority())
            .path_and_query(target.path_and_query().clone())
            .build()
            .map_err(|_| malformed())?,
    };
    headers.extend(request.headers.clone());
    // A body of a known length announces itself; that there is none is said where one is expected (RFC 9110, 8.6).
    if request.body.is_empty() && matches!(request.method, Method::Post | Method::Put | Method::Patch) {
        headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
    }
    let mut sending = hyper::Request::new(Full::new(request.body.clone()));
    *sending.method_mut() = request.method.into();
    *sending.uri_mut() = uri;
    *sending.headers_mut() = headers;
    Ok(sending)
}

fn check_head(head: &Parts, interim: usize, limits: &HttpLimits) -> Result<(), HttpFailure> {
    let cost = |(name, value): (&HeaderName, &HeaderValue)| name.as_str().len() + value.len() + HEADER_OVERHEAD;
    if head.headers.len() > limits.headers || head.headers.iter().map(cost).sum::<usize>() > limits.header_bytes {
        return Err(HttpFailure::protocol("the head of the response is too large"));
    }
    if interim > MAX_INTERIM {
        return Err(HttpFailure::protocol("there are too many interim responses"));
    }
    if head.status == StatusCode::SWITCHING_PROTOCOLS {
        return Err(HttpFailure::protocol("the peer switches to a protocol that was not asked for"));
    }
    Ok(())
}

/// Two readers of the same response must see the same body: it has a length, or it is chunked and nothing else. That
/// several lengths are one, is checked below.
fn check_framing(headers: &HeaderMap) -> Result<(), HttpFailure> {
    let mut encodings = headers.get_all(TRANSFER_ENCODING).iter();
    let chunked = match encodings.next() {
        Some(value) if !value.as_bytes().eq_ignore_ascii_case(b"chunked") || encodings.next().is_some() => {
            return Err(HttpFailure::protocol("the response has a transfer encoding that was not asked for"));
        }
        first => first.is_some(),
    };
    if chunked && headers.contains_key(CONTENT_LENGTH) {
        return Err(HttpFailure::protocol("the length of the response is ambiguous"));
    }
    Ok(())
}

/// Whether gzip, the one encoding that was asked for, is the only one.
fn is_gzip(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(CONTENT_ENCODING).iter();
    let gzip =
        |value: &HeaderValue| [&b"gzip"[..], b"x-gzip"].iter().any(|name| value.as_bytes().eq_ignore_ascii_case(name));
    values.next().is_some_and(gzip) && values.next().is_none()
}

fn without(headers: &HeaderMap, names: &[HeaderName]) -> HeaderMap {
    let kept = headers.iter().filter(|(name, _)| !names.contains(name));
    kept.map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// Names in lower case, and values; the values of one name stand together, at the place of its first. A value is text
/// in UTF-8 or, if it cannot be, in ISO 8859-1, as HTTP had it before (RFC 9110, 5.5).
fn pairs(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |value: &HeaderValue| match std::str::from_utf8(value.as_bytes()) {
        Ok(text) => text.to_owned(),
        Err(_) => value.as_bytes().iter().map(|byte| char::from(*byte)).collect(),
    };
    headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect()
}
