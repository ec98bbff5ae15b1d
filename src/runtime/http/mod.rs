//! An HTTP client: HTTP/1.1 and, over TLS, HTTP/2.
//!
//! In: a request as a guest states it, and somebody who vets each place before it is connected to. Out: the whole
//! response, or why there is none. The peer is as untrusted as the guest: both sides' sizes are bounded by
//! [`HttpLimits`], and what breaks HTTP is an error, never a guess.
//!
//! A request goes `request` (checks, headers of ours) → `target` (one parse of the URL) → [`Authorise`] → `dial` →
//! `tls` → `exchange` (one request on one connection) → `redirect`, and so on until a response is no redirect; its
//! body goes through `body`. A request has its connections to itself: none is pooled, no cookie is kept, no session
//! of TLS resumed, and no proxy setting is read.
//!
//! Nothing is spawned: what drives a connection is polled by the future of [`Client::send`], so dropping that future
//! closes the connection and leaves nothing behind. Time is the caller's: there is no timeout in here. This module
//! decides no permission and knows neither components nor the engine.

mod body;
mod client;
mod dial;
mod driver;
mod exchange;
mod failure;
mod limits;
mod meter;
mod redirect;
mod request;
mod target;
#[cfg(test)]
mod tests;
mod tls;

pub use dial::{Connection, Dialer, Resolver, SystemResolver, TcpDialer};
pub use target::{MAX_URL_BYTES, Target, UrlError, parse_target};

#[cfg(test)]
use client::Response;
pub(crate) use client::{Authorise, Client};
pub(crate) use failure::HttpFailure;
pub(crate) use limits::HttpLimits;
pub(crate) use request::{Method, Request};
#[cfg(test)]
use tls::AuthorityError;
