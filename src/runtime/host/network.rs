//! `airssys:ext-network/network`: an HTTP client.

use super::super::bindings::network::{Host as Network, HttpError, HttpResponse, OutgoingRequest};
use super::Host;
use super::gate::{Access, Denied};

impl From<Denied> for HttpError {
    fn from(Denied(text): Denied) -> Self {
        HttpError::PermissionDenied(text)
    }
}

impl Network for Host {
    async fn http_request(&mut self, request: OutgoingRequest) -> Result<HttpResponse, HttpError> {
        self.gate(Access::Network(&request.url))?;
        Err(HttpError::ConnectionFailed("this runtime makes no connections".to_owned()))
    }
}
