//! How connections are made and names become addresses. Both can be replaced by an embedder.

use std::io;
use std::net::{IpAddr, SocketAddr};

use futures_util::future::BoxFuture;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

use super::failure::{HttpFailure, describe};

/// How many addresses of one name are tried. Whoever answers for a name chooses how many it has; two families of a
/// handful each is what real names have.
const MAX_DIALS: usize = 16;

/// A connection to a peer.
pub trait Connection: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Connection for T {}

/// How connections are made.
pub trait Dialer: Send + Sync {
    /// Connects to an address. Dropping the future gives the attempt up.
    fn dial(&self, address: SocketAddr) -> BoxFuture<'static, io::Result<Box<dyn Connection>>>;
}

/// Connects over TCP, directly.
#[derive(Debug, Clone, Copy, Default)]
pub struct TcpDialer;

impl Dialer for TcpDialer {
    fn dial(&self, address: SocketAddr) -> BoxFuture<'static, io::Result<Box<dyn Connection>>> {
        Box::pin(async move {
            let stream = TcpStream::connect(address).await?;
            stream.set_nodelay(true)?; // a request is written at once; waiting to fill a packet only delays it
            Ok(Box::new(stream) as Box<dyn Connection>)
        })
    }
}

/// How names become addresses.
pub trait Resolver: Send + Sync {
    /// The addresses of a name, in the order in which they are to be tried. Dropping the future gives the question up.
    fn resolve(&self, name: &str) -> BoxFuture<'static, io::Result<Vec<IpAddr>>>;
}

/// Asks the system, on a thread that may block. The system offers no way to give a question up: the thread ends with
/// the answer, which nobody takes if the future was dropped.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemResolver;

impl Resolver for SystemResolver {
    fn resolve(&self, name: &str) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        let name = name.to_owned();
        Box::pin(async move {
            let mut addresses = Vec::new();
            for address in tokio::net::lookup_host((name, 0)).await? {
                if !addresses.contains(&address.ip()) {
                    addresses.push(address.ip());
                }
            }
            Ok(addresses)
        })
    }
}

/// Connects to the first of the addresses that accepts, in their order, and to no other.
pub(super) async fn dial_first(
    dialer: &dyn Dialer,
    addresses: &[SocketAddr],
) -> Result<Box<dyn Connection>, HttpFailure> {
    let mut reasons: Vec<String> = Vec::new();
    for address in addresses.iter().take(MAX_DIALS) {
        match dialer.dial(*address).await {
            Ok(connection) => return Ok(connection),
            Err(error) => {
                let reason = describe(&error);
                if !reasons.contains(&reason) {
                    reasons.push(reason);
                }
            }
        }
    }
    if reasons.is_empty() {
        reasons.push("there is no address to connect to".to_owned());
    }
    Err(HttpFailure::connection(reasons.join(", ")))
}
