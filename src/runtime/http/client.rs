//! From a request to its response, over as many hops as redirects make of it.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;

use super::dial::{Dialer, dial_first};
use super::exchange::{Opened, open};
use super::failure::HttpFailure;
use super::limits::HttpLimits;
use super::redirect::{follow, location};
use super::request::{Prepared, Request};
use super::target::{Target, parse_target};
use super::tls::{AuthorityError, Tls, Version};

/// Asked before each hop, the first included.
pub(crate) trait Authorise: Send {
    /// The addresses to connect to, in order; no other is dialled.
    fn authorise(&mut self, target: &Target) -> impl Future<Output = Result<Vec<SocketAddr>, HttpFailure>> + Send;
}

/// A response, after any redirects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Response {
    /// The status code.
    pub(crate) status: u16,
    /// Names, in lower case, and values, in the order received but for those of one name, which stand together.
    pub(crate) headers: Vec<(String, String)>,
    /// The whole body, decoded if the client asked for an encoding that the guest did not.
    pub(crate) body: Vec<u8>,
}

/// Makes requests. It holds no connection and no state between them.
pub(crate) struct Client {
    dialer: Arc<dyn Dialer>,
    tls: Tls,
    limits: HttpLimits,
}

impl Client {
    /// A client that trusts the authorities of a PEM text besides the system's.
    pub(crate) fn new(dialer: Arc<dyn Dialer>, authorities: &[u8], limits: HttpLimits) -> Result<Self, AuthorityError> {
        Ok(Self { dialer, tls: Tls::new(authorities)?, limits })
    }

    /// Makes a request. Dropping the future closes whatever is open.
    pub(crate) async fn send(&self, request: Request, authorise: &mut impl Authorise) -> Result<Response, HttpFailure> {
        let mut target = parse_target(&request.url)?;
        let mut request = Prepared::new(request, &self.limits)?;
        let mut redirects = 0;
        loop {
            let addresses = authorise.authorise(&target).await?;
            let opened = self.open(&target, &addresses, &request).await?;
            let Some(location) = location(&opened.head)? else {
                return opened.read(&self.limits).await;
            };
            if redirects == self.limits.redirects {
                return Err(HttpFailure::protocol(format!("there are more than {redirects} redirects")));
            }
            redirects += 1;
            (request, target) = follow(&request, &target, opened.head.status, location)?;
        }
    }

    async fn open(&self, target: &Target, addresses: &[SocketAddr], request: &Prepared) -> Result<Opened, HttpFailure> {
        let connection = dial_first(&*self.dialer, addresses).await?;
        let (connection, version) = match target.secure() {
            true => self.tls.connect(target, connection).await?,
            false => (connection, Version::Http1),
        };
        open(connection, version, target, request, &self.limits).await
    }
}
