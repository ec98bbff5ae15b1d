//! Where a redirect leads, and what of the request goes there. This module does no IO and decides no permission.

use bytes::Bytes;
use hyper::header::{HeaderName, LOCATION};
use hyper::http::response::Parts;
use hyper::{HeaderMap, StatusCode};

use super::failure::HttpFailure;
use super::request::{Method, Prepared};
use super::target::Target;

/// What in the name of a header tells that its value may be a credential. Only `Authorization` and `Cookie` are known
/// to be; services have their own beside them (`X-Api-Key`, `X-Auth-Token`), and one header too few at a stranger's
/// does less harm than one too many.
const CREDENTIALS: [&str; 9] =
    ["auth", "cookie", "credential", "key", "passw", "secret", "session", "signature", "token"];

/// The `Location` of a response that is a redirect. Without one, it is a response like any other.
pub(super) fn location(head: &Parts) -> Result<Option<&str>, HttpFailure> {
    use StatusCode as S;
    let redirects = [S::MOVED_PERMANENTLY, S::FOUND, S::SEE_OTHER, S::TEMPORARY_REDIRECT, S::PERMANENT_REDIRECT];
    if !redirects.contains(&head.status) {
        return Ok(None);
    }
    let mut values = head.headers.get_all(LOCATION).iter();
    let Some(first) = values.next() else { return Ok(None) };
    if values.any(|value| value != first) {
        return Err(HttpFailure::protocol("the redirect has several locations"));
    }
    let text = std::str::from_utf8(first.as_bytes());
    text.map(Some).map_err(|_| HttpFailure::protocol("the location of the redirect is no text"))
}

/// The request and the target of the next hop.
///
/// After 303, and after 301 and 302 of a POST, it is a GET without a body; HEAD stays HEAD. When scheme, host or port
/// change, what may be a credential is dropped, and stays dropped should a later hop lead back. A redirect from https
/// to http is one like others: it changes the origin, and whoever authorises sees that it is not secure.
pub(super) fn follow(
    request: &Prepared,
    from: &Target,
    status: StatusCode,
    location: &str,
) -> Result<(Prepared, Target), HttpFailure> {
    let target = from
        .join(location)
        .map_err(|error| HttpFailure::protocol(format!("the location of the redirect is no URL to follow: {error}")))?;
    let mut next = request.clone();
    if becomes_get(status, request.method) {
        next.body = Bytes::new();
        if request.method != Method::Head {
            next.method = Method::Get;
        }
        remove(&mut next.headers, is_of_content);
    }
    if !from.same_origin(&target) {
        remove(&mut next.headers, is_credential);
    }
    Ok((next, target))
}

fn becomes_get(status: StatusCode, method: Method) -> bool {
    match status {
        StatusCode::SEE_OTHER => true,
        StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND => method == Method::Post,
        _ => false,
    }
}

fn is_of_content(name: &HeaderName) -> bool {
    name.as_str().starts_with("content-") || ["digest", "repr-digest"].contains(&name.as_str())
}

fn is_credential(name: &HeaderName) -> bool {
    CREDENTIALS.iter().any(|part| name.as_str().contains(part))
}

fn remove(headers: &mut HeaderMap, which: impl Fn(&HeaderName) -> bool) {
    let kept = headers.iter().filter(|(name, _)| !which(name)).map(|(name, value)| (name.clone(), value.clone()));
    *headers = kept.collect();
}
