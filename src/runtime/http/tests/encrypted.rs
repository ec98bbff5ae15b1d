//! TLS: who is trusted, and what a connection that breaks is.

use std::net::SocketAddr;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use rstest::rstest;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::{HandshakeKind, ServerConfig};

use super::super::*;
use super::peer::{Book, Seen, answer, in_time, play, request, show};

/// An authority, and its certificate as PEM.
pub(super) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pub(super) pem: String,
}

impl Authority {
    pub(super) fn new(name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pem = params.self_signed(&key).unwrap().pem();
        Self { issuer: Issuer::new(params, key), pem }
    }

    /// A server's side of TLS, with a certificate for a name until the end of a year.
    pub(super) fn acceptor(&self, name: &str, until: i32, protocols: &[&str]) -> TlsAcceptor {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.not_before = date_time_ymd(2000, 1, 1);
        params.not_after = date_time_ymd(until, 12, 31);
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
        config.alpn_protocols = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
        TlsAcceptor::from(Arc::new(config))
    }
}

pub(super) const VALID: i32 = 2999;
pub(super) const DONE: &str = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone";

pub(super) fn client(authorities: &str, limits: HttpLimits) -> Client {
    Client::new(Arc::new(TcpDialer), authorities.as_bytes(), limits).unwrap()
}

pub(super) async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

#[rstest]
#[case::name("peer.test", VALID, "https://peer.test/", "200 content-length: 4 | done")]
#[case::capitals("peer.test", VALID, "https://PEER.test/", "200 content-length: 4 | done")]
#[case::trailing_dot("peer.test", VALID, "https://peer.test./", "200 content-length: 4 | done")]
#[case::wildcard("*.peer.test", VALID, "https://a.peer.test/", "200 content-length: 4 | done")]
#[case::address("127.0.0.1", VALID, "https://127.0.0.1/", "200 content-length: 4 | done")]
#[case::address_in_another_form("127.0.0.1", VALID, "https://0x7f000001/", "200 content-length: 4 | done")]
#[case::v6("::1", VALID, "https://[::1]/", "200 content-length: 4 | done")]
#[case::other_name("other.test", VALID, "https://peer.test/", "connection failed: the certificate is for another host")]
#[case::wildcard_itself(
    "*.peer.test",
    VALID,
    "https://peer.test/",
    "connection failed: the certificate is for another host"
)]
// The peer is at 127.0.0.1, but that is not what the URL says.
#[case::dialled_address(
    "127.0.0.1",
    VALID,
    "https://peer.test/",
    "connection failed: the certificate is for another host"
)]
#[case::name_for_address(
    "peer.test",
    VALID,
    "https://127.0.0.1/",
    "connection failed: the certificate is for another host"
)]
#[case::expired("peer.test", 2020, "https://peer.test/", "connection failed: the certificate has expired")]
#[tokio::test]
async fn the_certificate_is_held_against_the_url(
    #[case] name: &str,
    #[case] until: i32,
    #[case] url: &str,
    #[case] expected: &str,
) {
    let authority = Authority::new("authority");
    let (found, _) = over_tls(&authority, &authority.pem, name, until, url).await;
    assert_eq!(found, expected);
}

#[tokio::test]
async fn only_known_authorities_are_trusted() {
    let (known, other) = (Authority::new("known"), Authority::new("other"));
    for trusted in ["", &other.pem] {
        let (found, requests) = over_tls(&known, trusted, "peer.test", VALID, "https://peer.test/").await;
        assert_eq!(found, "connection failed: the certificate is from an unknown authority");
        assert_eq!(requests, 0, "the peer got a request all the same");
    }
    let both = other.pem + &known.pem;
    let (found, requests) = over_tls(&known, &both, "peer.test", VALID, "https://peer.test/").await;
    assert_eq!((found.as_str(), requests), ("200 content-length: 4 | done", 1));
}

/// What comes of a request to a peer with such a certificate, and how many requests the peer could read.
async fn over_tls(authority: &Authority, trusted: &str, name: &str, until: i32, url: &str) -> (String, usize) {
    let (listener, address) = listen().await;
    let acceptor = authority.acceptor(name, until, &["http/1.1"]);
    let seen = Arc::new(Seen::default());
    let task = tokio::spawn({
        let seen = Arc::clone(&seen);
        async move {
            let (stream, _) = listener.accept().await.unwrap();
            if let Ok(stream) = acceptor.accept(stream).await {
                play(stream, answer(DONE), &seen).await;
            }
        }
    });
    let host = parse_target(url).unwrap().host().to_owned();
    let place = format!("https://{host}:443");
    let mut book = Book::new([(place.as_str(), address)]);
    let result = in_time(client(trusted, HttpLimits::default()).send(request(Method::Get, url), &mut book)).await;
    in_time(task).await.unwrap();
    let requests = seen.requests.lock().unwrap().len();
    (show(&result), requests)
}

#[rstest]
#[case::plain_http(b"HTTP/1.1 400 Bad Request\r\n\r\n", "connection failed: the encryption failed")]
#[case::garbage(b"\x16\x03\x03\x00\x05hello", "connection failed: the encryption failed")]
#[case::alert(b"\x15\x03\x03\x00\x02\x02\x28", "connection failed: the peer refused the encryption")]
#[case::nothing(b"", "connection failed: the encryption failed: unexpected end of file")]
#[tokio::test]
async fn a_peer_without_tls_is_no_connection(#[case] bytes: &[u8], #[case] expected: &str) {
    let (listener, address) = listen().await;
    let bytes = bytes.to_vec();
    let task = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        // The greeting is read so that closing does not reset the connection.
        let mut greeting = [0; 4_096];
        drop(tokio::io::AsyncReadExt::read(&mut stream, &mut greeting).await);
        stream.write_all(&bytes).await.unwrap();
        play(stream, vec![], &Seen::default()).await;
    });
    let mut book = Book::new([("https://peer.test:443", address)]);
    let client = client("", HttpLimits::default());
    let result = in_time(client.send(request(Method::Get, "https://peer.test/"), &mut book)).await;
    assert_eq!(show(&result), expected);
    in_time(task).await.unwrap();
}

#[rstest]
#[case::complete("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "200 content-length: 5 | hello")]
#[case::until_close("HTTP/1.1 200 OK\r\n\r\nhello", "protocol error: the body of the response is cut off")]
#[tokio::test]
async fn a_connection_cut_by_a_stranger_is_no_end_of_a_body(#[case] raw: &str, #[case] expected: &str) {
    let authority = Authority::new("authority");
    let acceptor = authority.acceptor("peer.test", VALID, &[]);
    let (listener, address) = listen().await;
    let raw = raw.to_owned();
    let task = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let mut stream = acceptor.accept(stream).await.unwrap();
        let mut request = [0; 4_096];
        drop(tokio::io::AsyncReadExt::read(&mut stream, &mut request).await);
        stream.write_all(raw.as_bytes()).await.unwrap();
        stream.flush().await.unwrap();
        // Closed below TLS, without its word of goodbye.
        let (mut below, _) = stream.into_inner();
        below.shutdown().await.unwrap();
    });
    let mut book = Book::new([("https://peer.test:443", address)]);
    let client = client(&authority.pem, HttpLimits::default());
    let result = in_time(client.send(request(Method::Get, "https://peer.test/"), &mut book)).await;
    assert_eq!(show(&result), expected);
    in_time(task).await.unwrap();
}

#[tokio::test]
async fn requests_cannot_be_told_to_come_from_one_host_by_their_sessions() {
    let authority = Authority::new("authority");
    let acceptor = authority.acceptor("peer.test", VALID, &["http/1.1"]);
    let (listener, address) = listen().await;
    let task = tokio::spawn(async move {
        let mut kinds = Vec::new();
        for _ in 0..2 {
            let (stream, _) = listener.accept().await.unwrap();
            let stream = acceptor.accept(stream).await.unwrap();
            kinds.push(stream.get_ref().1.handshake_kind());
            play(stream, answer(DONE), &Seen::default()).await;
        }
        kinds
    });
    let mut book = Book::new([("https://peer.test:443", address)]);
    let client = client(&authority.pem, HttpLimits::default());
    for _ in 0..2 {
        let result = in_time(client.send(request(Method::Get, "https://peer.test/"), &mut book)).await;
        assert_eq!(show(&result), "200 content-length: 4 | done");
    }
    assert_eq!(in_time(task).await.unwrap(), [Some(HandshakeKind::Full); 2]);
}

#[rstest]
#[case::nothing("", None)]
#[case::text("hello", Some(AuthorityError::Empty))]
#[case::cut("-----BEGIN CERTIFICATE-----\nAAAA\n", Some(AuthorityError::Pem))]
#[case::no_certificate(
    "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    Some(AuthorityError::Certificate)
)]
fn authorities_are_read_at_once(#[case] pem: &str, #[case] expected: Option<AuthorityError>) {
    assert_eq!(Client::new(Arc::new(TcpDialer), pem.as_bytes(), HttpLimits::default()).err(), expected);
}
