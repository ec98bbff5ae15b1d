//! TLS: who is trusted, and whether the peer is who the URL says.
//!
//! Trusted are the authorities that the system trusts, and those that the embedder adds. The certificate is held
//! against the host of the URL, never against the address that was dialled. Where the system keeps its authorities is
//! told by it; as for every program on it, the operator's `SSL_CERT_FILE` and `SSL_CERT_DIR` say so first. Sessions
//! are not resumed, as that would tell a server that two requests come from the same host.

use std::io;
use std::sync::{Arc, OnceLock};

use tokio::sync::OnceCell;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::client::Resumption;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{CertificateError, ClientConfig, Error as TlsError, RootCertStore};
use url::Host;

use super::dial::Connection;
use super::failure::{HttpFailure, describe};
use super::target::Target;

/// Why authorities cannot be added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AuthorityError {
    /// The text is not PEM.
    #[error("the text is no PEM")]
    Pem,
    /// The text has no certificate.
    #[error("there is no certificate in the text")]
    Empty,
    /// A certificate cannot be an authority.
    #[error("a certificate is malformed")]
    Certificate,
}

/// The HTTP that both sides agreed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    Http1,
    Http2,
}

/// The client's side of TLS.
pub(super) struct Tls {
    extra: Vec<CertificateDer<'static>>,
    /// Made at the first need: reading the system's authorities takes tens of milliseconds.
    connector: OnceCell<TlsConnector>,
}

impl Tls {
    /// Trusts the system's authorities and those of the PEM text, which may be empty.
    pub(super) fn new(extra: &[u8]) -> Result<Self, AuthorityError> {
        let extra = certificates(extra)?;
        Ok(Self { extra, connector: OnceCell::new() })
    }

    /// Encrypts a connection to a target.
    pub(super) async fn connect(
        &self,
        target: &Target,
        connection: Box<dyn Connection>,
    ) -> Result<(Box<dyn Connection>, Version), HttpFailure> {
        let name = server_name(target)?;
        let connector = self.connector.get_or_try_init(|| connector(self.extra.clone())).await?;
        let stream = connector.connect(name, connection).await.map_err(|error| failure(&error))?;
        let version = version(&stream);
        Ok((Box::new(stream), version))
    }
}

/// The name in the greeting and in the certificate: the host without the dot that a name may end in (RFC 6066).
fn server_name(target: &Target) -> Result<ServerName<'static>, HttpFailure> {
    let refused = || HttpFailure::connection("the host is no name that a certificate can have");
    match target.url().host() {
        Some(Host::Domain(name)) => {
            let name = name.strip_suffix('.').unwrap_or(name).to_owned();
            ServerName::try_from(name).map_err(|_| refused())
        }
        Some(Host::Ipv4(address)) => Ok(ServerName::IpAddress(std::net::IpAddr::V4(address).into())),
        Some(Host::Ipv6(address)) => Ok(ServerName::IpAddress(std::net::IpAddr::V6(address).into())),
        None => Err(refused()),
    }
}

fn version(stream: &TlsStream<Box<dyn Connection>>) -> Version {
    match stream.get_ref().1.alpn_protocol() {
        Some(b"h2") => Version::Http2,
        _ => Version::Http1,
    }
}

async fn connector(extra: Vec<CertificateDer<'static>>) -> Result<TlsConnector, HttpFailure> {
    static SYSTEM: OnceLock<RootCertStore> = OnceLock::new();
    let unusable = || HttpFailure::connection("TLS cannot be set up");
    // If nobody waits any more, the thread still ends, with what the next request will want.
    let system = tokio::task::spawn_blocking(|| SYSTEM.get_or_init(system_authorities).clone());
    let mut authorities = system.await.map_err(|_| unusable())?;
    for certificate in extra {
        authorities.add(certificate).map_err(|_| unusable())?;
    }
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|_| unusable())?
        .with_root_certificates(authorities)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    config.resumption = Resumption::disabled();
    Ok(TlsConnector::from(Arc::new(config)))
}

fn system_authorities() -> RootCertStore {
    let mut authorities = RootCertStore::empty();
    // What cannot be read is trusted by nobody; a host without any still has those that are added.
    authorities.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    authorities
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, AuthorityError> {
    if pem.is_empty() {
        return Ok(Vec::new());
    }
    let certificates: Vec<CertificateDer<'static>> =
        CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().map_err(|_| AuthorityError::Pem)?;
    if certificates.is_empty() {
        return Err(AuthorityError::Empty);
    }
    let mut probe = RootCertStore::empty();
    for certificate in &certificates {
        probe.add(certificate.clone()).map_err(|_| AuthorityError::Certificate)?;
    }
    Ok(certificates)
}

/// Texts of our own: those of the library quote certificates at any length, and the host's time.
fn failure(error: &io::Error) -> HttpFailure {
    use CertificateError as C;
    let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<TlsError>());
    let text = match tls {
        Some(TlsError::InvalidCertificate(why)) => match why {
            C::Expired | C::ExpiredContext { .. } => "the certificate has expired",
            C::NotValidYet | C::NotValidYetContext { .. } => "the certificate is not valid yet",
            C::UnknownIssuer => "the certificate is from an unknown authority",
            C::NotValidForName | C::NotValidForNameContext { .. } => "the certificate is for another host",
            _ => "the certificate is not valid",
        },
        Some(TlsError::AlertReceived(_)) => "the peer refused the encryption",
        Some(_) => "the encryption failed",
        None => return HttpFailure::connection(format!("the encryption failed: {}", describe(error))),
    };
    HttpFailure::connection(text)
}
