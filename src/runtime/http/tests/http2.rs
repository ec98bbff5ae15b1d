//! HTTP/2, which only TLS leads to.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use h2::server::SendResponse;
use h2::{Reason, RecvStream, SendStream};
use hyper::http;
use rstest::rstest;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_rustls::server::TlsStream;

use super::super::*;
use super::encrypted::{Authority, DONE, VALID, client, listen};
use super::peer::{Act, Book, Peer, Seen, answer, in_time, owned, play, request, show};

/// What a peer does with a request. What it ends with must end the stream; otherwise it waits for the client.
#[derive(Debug, Clone)]
enum Step {
    Head(Vec<(&'static str, &'static str)>),
    /// A head that is all.
    OnlyHead(Vec<(&'static str, &'static str)>),
    Data(Vec<u8>),
    /// The last of the data.
    LastData(Vec<u8>),
    Trailers,
    Reset(Reason),
    /// Data over and over.
    Endless(Vec<u8>),
    /// The body of the request, as the last data.
    Echo,
    /// Tells the test.
    Signal,
    Wait,
}
use Step::{Data, Echo, Endless, Head, LastData, OnlyHead, Reset, Signal, Trailers, Wait};

/// A peer that follows one script a connection, one connection after the other.
struct Peer2 {
    address: SocketAddr,
    seen: Arc<Seen>,
    pem: String,
    task: JoinHandle<()>,
}

impl Peer2 {
    async fn start(scripts: Vec<Vec<Step>>) -> Self {
        let authority = Authority::new("authority");
        let acceptor = authority.acceptor("peer.test", VALID, &["h2", "http/1.1"]);
        let (listener, address) = listen().await;
        let seen = Arc::new(Seen::default());
        let task = tokio::spawn({
            let seen = Arc::clone(&seen);
            async move {
                for script in scripts {
                    let (stream, _) = listener.accept().await.unwrap();
                    serve(acceptor.accept(stream).await.unwrap(), script, &seen).await;
                }
            }
        });
        Self { address, seen, pem: authority.pem, task }
    }

    async fn send(&self, request: Request, limits: HttpLimits) -> String {
        let mut book = Book::new([("https://peer.test:443", self.address)]);
        show(&in_time(client(&self.pem, limits).send(request, &mut book)).await)
    }

    /// The requests, once the client has closed the last connection.
    async fn finish(self) -> Vec<String> {
        in_time(self.task).await.unwrap();
        std::mem::take(&mut *self.seen.requests.lock().unwrap())
    }
}

/// Serves one connection until the client closes it.
async fn serve(stream: TlsStream<TcpStream>, script: Vec<Step>, seen: &Seen) {
    let mut connection = h2::server::Builder::new().max_send_buffer_size(16 << 10).handshake(stream).await.unwrap();
    let Some(Ok((request, respond))) = connection.accept().await else { return };
    seen.requests.lock().unwrap().push(describe(&request));
    let ended = tokio::select! {
        () = follow(script, request, respond, seen) => false,
        ended = connection.accept() => { assert!(!matches!(ended, Some(Ok(_))), "a second request"); true }
    };
    while !ended && matches!(connection.accept().await, Some(Ok(_))) {}
}

async fn follow(script: Vec<Step>, request: http::Request<RecvStream>, mut respond: SendResponse<Bytes>, seen: &Seen) {
    let mut body = request.into_body();
    let mut stream: Option<SendStream<Bytes>> = None;
    for step in script {
        match (step, &mut stream) {
            (Head(headers), None) => stream = Some(respond.send_response(head(&headers), false).unwrap()),
            (OnlyHead(headers), None) => drop(respond.send_response(head(&headers), true).unwrap()),
            (Data(bytes), Some(stream)) => assert!(send_all(stream, bytes.into(), seen).await),
            (LastData(bytes), Some(stream)) => {
                send_all(stream, bytes.into(), seen).await;
                stream.send_data(Bytes::new(), true).unwrap();
            }
            (Trailers, Some(stream)) => stream.send_trailers(head(&[("etag", "x")]).into_parts().0.headers).unwrap(),
            (Reset(reason), None) => respond.send_reset(reason),
            (Reset(reason), Some(stream)) => stream.send_reset(reason),
            (Endless(bytes), Some(stream)) => while send_all(stream, bytes.clone().into(), seen).await {},
            (Echo, Some(stream)) => {
                while let Some(Ok(data)) = body.data().await {
                    body.flow_control().release_capacity(data.len()).unwrap();
                    assert!(send_all(stream, data, seen).await);
                }
                stream.send_data(Bytes::new(), true).unwrap();
            }
            (Signal, _) => seen.signal.notify_one(),
            (Wait, _) => std::future::pending().await,
            (step, _) => panic!("{step:?} is out of place"),
        }
    }
}

fn describe<T>(request: &http::Request<T>) -> String {
    let headers = request.headers().iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()));
    format!("{} {} | {}", request.method(), request.uri(), headers.collect::<Vec<_>>().join(", "))
}

fn head(headers: &[(&str, &str)]) -> http::Response<()> {
    let status = if headers.iter().any(|(name, _)| *name == "location") { 302 } else { 200 };
    let response = http::Response::builder().status(status);
    headers.iter().fold(response, |response, (name, value)| response.header(*name, *value)).body(()).unwrap()
}

/// Sends bytes as the client lets it, and says whether it may go on.
async fn send_all(stream: &mut SendStream<Bytes>, mut bytes: Bytes, seen: &Seen) -> bool {
    while !bytes.is_empty() {
        stream.reserve_capacity(bytes.len());
        let Some(Ok(room)) = std::future::poll_fn(|context| stream.poll_capacity(context)).await else { return false };
        let piece = bytes.split_to(room.min(bytes.len()));
        seen.sent.fetch_add(piece.len() as u64, Ordering::Relaxed);
        if stream.send_data(piece, false).is_err() {
            return false;
        }
    }
    true
}

const GAVE_UP: &str = "protocol error: the peer does not keep to HTTP/2 or gave the request up";

#[rstest]
#[case::plain(vec![Head(vec![("b", "1"), ("a", "2"), ("b", "3")]), LastData(b"hello".into())], "200 b: 1, b: 3, a: 2 | hello")]
#[case::length(vec![Head(vec![("content-length", "2")]), LastData(b"hi".into())], "200 content-length: 2 | hi")]
#[case::empty_gzip(vec![OnlyHead(vec![("content-encoding", "gzip")])], "200  | ")]
#[case::no_gzip(vec![Head(vec![("content-encoding", "gzip")]), LastData(b"hi".into())], "protocol error: the body of the response is no valid gzip, or cut off")]
#[case::trailers(vec![Head(vec![]), Data(b"hi".into()), Trailers], "200  | hi")]
#[case::shorter(vec![Head(vec![("content-length", "9")]), LastData(b"hi".into())], GAVE_UP)]
#[case::longer(vec![Head(vec![("content-length", "1")]), LastData(b"hi".into())], GAVE_UP)]
#[case::two_lengths(vec![Head(vec![("content-length", "2"), ("content-length", "3")]), LastData(b"hi".into())], GAVE_UP)]
#[case::announced_above(vec![Head(vec![("content-length", "1048577")]), Wait], "the body is larger than 1048576 bytes")]
#[case::reset_at_once(vec![Reset(Reason::REFUSED_STREAM)], GAVE_UP)]
// So much that the client has read the head before all of it can be sent.
#[case::reset_in_the_body(vec![Head(vec![]), Data(vec![7; 300 << 10]), Reset(Reason::INTERNAL_ERROR)], GAVE_UP)]
#[case::headers_at_the_limit(vec![OnlyHead(vec![("a", "b"); 8])], &format!("200 {} | ", ["a: b"; 8].join(", ")))]
#[case::headers_above(vec![OnlyHead(vec![("a", "b"); 9])], "protocol error: the head of the response is too large")]
#[case::flood(vec![OnlyHead(vec![("a", "b"); 20_000])], GAVE_UP)]
#[tokio::test]
async fn a_response_of_http2_is_read_or_refused(#[case] script: Vec<Step>, #[case] expected: &str) {
    let peer = Peer2::start(vec![script]).await;
    let limits = HttpLimits { headers: 8, response_body_bytes: 1 << 20, ..HttpLimits::default() };
    assert_eq!(peer.send(request(Method::Get, "https://peer.test/"), limits).await, expected);
    peer.finish().await;
}

#[rstest]
#[case::gone(vec![], "connection failed: the peer closed the connection before a response")]
#[case::old_http(vec![Act::Write(b"HTTP/1.1 200 OK\r\n\r\n".to_vec()), Act::AwaitEnd], GAVE_UP)]
#[case::endless_pings(vec![Act::Write(SETTINGS.to_vec()), Act::Endless(PING.repeat(100))], "protocol error: the head of the response is too large")]
#[tokio::test]
async fn a_peer_that_only_agrees_on_http2_gives_no_response(#[case] acts: Vec<Act>, #[case] expected: &str) {
    let authority = Authority::new("authority");
    let acceptor = authority.acceptor("peer.test", VALID, &["h2"]);
    let (listener, address) = listen().await;
    let task = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let mut stream = acceptor.accept(stream).await.unwrap();
        let mut preface = [0; 24];
        stream.read_exact(&mut preface).await.unwrap();
        play(stream, acts, &Seen::default()).await;
    });
    let mut book = Book::new([("https://peer.test:443", address)]);
    let client = client(&authority.pem, HttpLimits::default());
    let result = in_time(client.send(request(Method::Get, "https://peer.test/"), &mut book)).await;
    assert_eq!(show(&result), expected);
    in_time(task).await.unwrap();
}

/// An empty frame of settings.
const SETTINGS: &[u8] = &[0, 0, 0, 4, 0, 0, 0, 0, 0];
/// An acknowledgement of a ping that nobody sent.
const PING: &[u8] = &[0, 0, 8, 6, 1, 0, 0, 0, 0, 7, 7, 7, 7, 7, 7, 7, 7];

#[rstest]
#[case(Method::Get, None, "GET https://peer.test/x?y | x: y, x: z, accept-encoding: gzip")]
#[case(
    Method::Post,
    Some("hello"),
    "POST https://peer.test/x?y | x: y, x: z, accept-encoding: gzip, content-length: 5"
)]
#[tokio::test]
async fn a_request_of_http2_is(#[case] method: Method, #[case] body: Option<&str>, #[case] expected: &str) {
    let peer = Peer2::start(vec![vec![Head(vec![]), Echo]]).await;
    let request = Request {
        headers: owned(&[("X", " y "), ("x", "z")]),
        body: body.map(|body| body.as_bytes().to_vec()),
        ..request(method, "https://peer.test/x?y#z")
    };
    let found = peer.send(request, HttpLimits::default()).await;
    assert_eq!(found, format!("200  | {}", body.unwrap_or_default()));
    assert_eq!(peer.finish().await, [expected]);
}

#[tokio::test]
async fn an_endless_body_of_http2_is_read_up_to_the_cap() {
    let peer = Peer2::start(vec![vec![Head(vec![]), Endless(vec![7; 5_000])]]).await;
    let limits = HttpLimits { response_body_bytes: 1 << 20, ..HttpLimits::default() };
    let found = peer.send(request(Method::Get, "https://peer.test/"), limits).await;
    assert_eq!(found, "the body is larger than 1048576 bytes");
    let seen = Arc::clone(&peer.seen);
    peer.finish().await;
    // The cap, what the window lets the peer send ahead, and what its own library takes into its buffer.
    let sent = seen.sent.load(Ordering::Relaxed);
    assert!((1 << 20..(1 << 20) + (256 << 10) + (64 << 10)).contains(&sent), "{sent}");
}

#[tokio::test]
async fn large_bodies_of_http2_arrive_whole() {
    let body = "x".repeat(3 << 20);
    let peer = Peer2::start(vec![vec![Head(vec![]), Echo]]).await;
    let request = Request { body: Some(body.clone().into_bytes()), ..request(Method::Post, "https://peer.test/") };
    let found = peer.send(request, HttpLimits::default()).await;
    assert!(found == format!("200  | {body}"), "{} bytes", found.len());
    peer.finish().await;
}

#[tokio::test]
async fn a_redirect_of_http2_is_a_hop_like_others() {
    let again = vec![OnlyHead(vec![("location", "/x")])];
    let peer = Peer2::start(vec![again, vec![Head(vec![]), LastData(b"hi".into())]]).await;
    let with_cookie = Request { headers: owned(&[("cookie", "a=b")]), ..request(Method::Get, "https://peer.test/") };
    assert_eq!(peer.send(with_cookie.clone(), HttpLimits::default()).await, "200  | hi");
    assert_eq!(peer.finish().await[1], "GET https://peer.test/x | cookie: a=b, accept-encoding: gzip");

    // From https to http: only if authorised, and without credentials.
    let away = vec![OnlyHead(vec![("location", "http://peer.test/x")])];
    let peer = Peer2::start(vec![away.clone(), away]).await;
    let found = peer.send(with_cookie.clone(), HttpLimits::default()).await;
    assert_eq!(found, "permission denied: http://peer.test:80");

    let plain = Peer::start(vec![answer(DONE)]).await;
    let mut book = Book::new([("https://peer.test:443", peer.address), ("http://peer.test:80", plain.address)]);
    let result = in_time(client(&peer.pem, HttpLimits::default()).send(with_cookie, &mut book)).await;
    assert_eq!(show(&result), "200 content-length: 4 | done");
    assert_eq!(plain.finish().await, ["GET /x HTTP/1.1\r\nhost: peer.test\r\naccept-encoding: gzip\r\n\r\n"]);
    peer.finish().await;
}

#[rstest]
#[case::before_the_response(vec![Signal, Wait])]
#[case::in_the_body(vec![Head(vec![]), Data(b"hi".into()), Signal, Wait])]
#[tokio::test]
async fn a_dropped_request_of_http2_closes_its_connection(#[case] script: Vec<Step>) {
    let peer = Peer2::start(vec![script]).await;
    let client = client(&peer.pem, HttpLimits::default());
    let mut book = Book::new([("https://peer.test:443", peer.address)]);
    {
        let send = client.send(request(Method::Get, "https://peer.test/"), &mut book);
        tokio::select! {
            result = send => panic!("the request ended: {}", show(&result)),
            () = in_time(peer.seen.signal.notified()) => {}
        }
    }
    assert_eq!(tokio::runtime::Handle::current().metrics().num_alive_tasks(), 1, "the peer's task alone");
    peer.finish().await;
}
