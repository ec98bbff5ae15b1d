//! `airssys:ext-network/network`: an HTTP client.
//!
//! Each hop is decided anew: by name first, so that what is not granted is not even looked up; then, once the name was
//! resolved, by its addresses, of which only those are connected to that passed.

use std::net::{IpAddr, SocketAddr};

use crate::manifest::NetworkAction;
use crate::permission::Class;

use super::super::bindings::network::{Host as Network, HttpError, HttpMethod, HttpResponse, OutgoingRequest};
use super::super::http::{Authorise, HttpFailure, Method, Request, Target};
use super::Host;
use super::gate::{Asked, Denied, Gate, Subject};

impl From<Denied> for HttpError {
    fn from(Denied(text): Denied) -> Self {
        HttpError::PermissionDenied(text)
    }
}

impl From<HttpFailure> for HttpError {
    fn from(failure: HttpFailure) -> Self {
        match failure {
            HttpFailure::InvalidUrl(why) => HttpError::InvalidUrl(why),
            HttpFailure::PermissionDenied(text) => HttpError::PermissionDenied(text),
            HttpFailure::TimeoutExceeded => HttpError::TimeoutExceeded,
            HttpFailure::ConnectionFailed(why) => HttpError::ConnectionFailed(why),
            HttpFailure::TooLarge(limit) => HttpError::TooLarge(limit),
            HttpFailure::ProtocolError(why) => HttpError::ProtocolError(why),
        }
    }
}

/// Decides the hops of one request.
struct Hops<'a> {
    gate: &'a Gate,
    /// The URL in the guest's own words, until the first hop was decided.
    asked: Option<String>,
}

impl Hops<'_> {
    fn hop(&mut self, target: &Target, addresses: &[IpAddr]) -> Result<Vec<SocketAddr>, HttpFailure> {
        let (host, port) = (target.host(), target.port());
        let resource = self.asked.take().unwrap_or_else(|| target.url().to_string());
        let shown: Vec<String> = addresses.iter().map(IpAddr::to_string).collect();
        let resolved = (!shown.is_empty()).then(|| shown.join(", "));
        let asked = Asked { subject: Subject::Host { host, port, addresses }, resource: &resource, resolved };
        let grants = self.gate.pass(asked).map_err(|Denied(text)| HttpFailure::PermissionDenied(text))?;
        let vetted = |address: &&IpAddr| {
            self.gate.services.record_only
                || grants.decide_address(NetworkAction::Outbound, host, port, **address).is_granted()
        };
        Ok(addresses.iter().filter(vetted).map(|address| SocketAddr::new(*address, port)).collect())
    }
}

impl Authorise for Hops<'_> {
    async fn authorise(&mut self, target: &Target) -> Result<Vec<SocketAddr>, HttpFailure> {
        let services = &self.gate.services;
        let by_name = {
            let grants = self.gate.component.grants.current();
            let subject = Subject::Host { host: target.host(), port: target.port(), addresses: &[] };
            self.gate.decide(&grants, &subject, target.host()).is_granted() || services.record_only
        };
        if !by_name {
            return self.hop(target, &[]);
        }
        let addresses = match target.url().host() {
            Some(url::Host::Ipv4(address)) => vec![IpAddr::V4(address)],
            Some(url::Host::Ipv6(address)) => vec![IpAddr::V6(address)],
            _ => match services.resolver.resolve(target.host()).await {
                Ok(addresses) => addresses,
                Err(error) => {
                    // The name was granted, and there is nobody to connect to: that is what the record says.
                    self.hop(target, &[])?;
                    tracing::debug!(host = target.host(), %error, "a name did not resolve");
                    return Err(HttpFailure::ConnectionFailed("the name did not resolve".to_owned()));
                }
            },
        };
        self.hop(target, &addresses)
    }
}

impl Network for Host {
    async fn http_request(&mut self, request: OutgoingRequest) -> Result<HttpResponse, HttpError> {
        let OutgoingRequest { method, url, headers, body, timeout_ms } = request;
        let method = match method {
            HttpMethod::Get => Method::Get,
            HttpMethod::Post => Method::Post,
            HttpMethod::Put => Method::Put,
            HttpMethod::Delete => Method::Delete,
            HttpMethod::Patch => Method::Patch,
            HttpMethod::Head => Method::Head,
            HttpMethod::Options => Method::Options,
        };
        let gate = &self.gate;
        let limits = &gate.services.limits;
        let millis = timeout_ms.unwrap_or(limits.http_ms).min(limits.http_max_ms);
        let until = gate.services.clock.now().plus_millis(millis);
        let mut hops = Hops { gate, asked: Some(url.clone()) };
        let exchange = gate.services.http.send(Request { method, url, headers, body }, &mut hops);
        let outcome = gate.call.outside_until(until, exchange).await.unwrap_or(Err(HttpFailure::TimeoutExceeded));
        if let (Err(failure), Some(url)) = (&outcome, hops.asked) {
            let why = failure.to_string();
            let subject = Subject::Malformed { class: Class::Network, action: "outbound", why: &why };
            // What came to no decision is no matter of permission; that it was asked for is recorded all the same.
            let _denied = gate.pass(Asked { subject, resource: &url, resolved: None });
        }
        let response = outcome?;
        Ok(HttpResponse { status: response.status, headers: response.headers, body: response.body })
    }
}
