//! What a request looks like on the wire, and which is not sent at all.

use std::net::SocketAddr;
use std::sync::Arc;

use rstest::rstest;

use super::super::*;
use super::peer::{Book, Peer, Recorder, answer, client, in_time, owned, request, show};

const EMPTY: &str = "HTTP/1.1 204 No\r\n\r\n";

#[rstest]
#[case::plain(Method::Get, "/", &[], None, "GET / HTTP/1.1\r\nhost: PEER\r\naccept-encoding: gzip\r\n\r\n")]
#[case::no_path(Method::Options, "?q=1#fragment", &[], None, "OPTIONS /?q=1 HTTP/1.1\r\nhost: PEER\r\naccept-encoding: gzip\r\n\r\n")]
#[case::escapes_stay(Method::Delete, "/a%0d%0aX:%20y%00/é?%0A", &[], None, "DELETE /a%0d%0aX:%20y%00/%C3%A9?%0A HTTP/1.1\r\nhost: PEER\r\naccept-encoding: gzip\r\n\r\n")]
#[case::own_encoding(Method::Get, "/", &[("Accept-Encoding", "br")], None, "GET / HTTP/1.1\r\nhost: PEER\r\naccept-encoding: br\r\n\r\n")]
#[case::range(Method::Get, "/", &[("Range", "bytes=0-1")], None, "GET / HTTP/1.1\r\nhost: PEER\r\nrange: bytes=0-1\r\n\r\n")]
#[case::trimmed(Method::Get, "/", &[("A", " \tb c\t "), ("a", "é"), ("Range", "")], None, "GET / HTTP/1.1\r\nhost: PEER\r\na: b c\r\na: é\r\nrange: \r\n\r\n")]
#[case::body(Method::Patch, "/", &[], Some("hello"), "PATCH / HTTP/1.1\r\nhost: PEER\r\naccept-encoding: gzip\r\ncontent-length: 5\r\n\r\nhello")]
#[case::no_body(Method::Post, "/", &[], None, "POST / HTTP/1.1\r\nhost: PEER\r\naccept-encoding: gzip\r\ncontent-length: 0\r\n\r\n")]
#[case::empty_body(Method::Put, "/", &[], Some(""), "PUT / HTTP/1.1\r\nhost: PEER\r\naccept-encoding: gzip\r\ncontent-length: 0\r\n\r\n")]
#[case::body_of_get(Method::Get, "/", &[], Some("hi"), "GET / HTTP/1.1\r\nhost: PEER\r\naccept-encoding: gzip\r\ncontent-length: 2\r\n\r\nhi")]
#[tokio::test]
async fn a_request_is_written_as(
    #[case] method: Method,
    #[case] path: &str,
    #[case] headers: &[(&str, &str)],
    #[case] body: Option<&str>,
    #[case] expected: &str,
    #[values("http://peer.test", "http://PEER.test.:8080", "http://[::1]:81")] origin: &str,
) {
    let (place, host) = match origin {
        "http://peer.test" => ("http://peer.test:80", "peer.test"),
        "http://[::1]:81" => ("http://[::1]:81", "[::1]:81"),
        _ => ("http://peer.test.:8080", "peer.test.:8080"),
    };
    let peer = Peer::start(vec![answer(EMPTY)]).await;
    let mut book = Book::new([(place, peer.address)]);
    let request = Request {
        method,
        url: format!("{origin}{path}"),
        headers: owned(headers),
        body: body.map(|body| body.as_bytes().to_vec()),
    };
    let result = in_time(client(HttpLimits::default()).send(request, &mut book)).await;
    assert_eq!(show(&result), "204  | ");
    assert_eq!(peer.finish().await, [expected.replace("PEER", host)]);
    assert_eq!(book.asked, [place]);
}

const FORBIDDEN: &str = "protocol error: the value of the header a contains a forbidden byte";
const NAME: &str = "protocol error: the name of a header is empty or contains a forbidden byte";

#[rstest]
#[case::line_break(&[("a", "b\r\nHost: evil")], FORBIDDEN)]
#[case::line_feed(&[("a", "b\nc")], FORBIDDEN)]
#[case::carriage_return(&[("a", "b\rc")], FORBIDDEN)]
#[case::trailing_line_break(&[("a", "b\r\n")], FORBIDDEN)]
#[case::zero(&[("a", "\0")], FORBIDDEN)]
#[case::delete(&[("a", "\x7f")], FORBIDDEN)]
#[case::escape(&[("a", "\x1b[0m")], FORBIDDEN)]
#[case::empty_name(&[("", "b")], NAME)]
#[case::space_in_name(&[("a b", "c")], NAME)]
#[case::space_after_name(&[("host ", "c")], NAME)]
#[case::colon_in_name(&[("a:", "c")], NAME)]
#[case::line_break_in_name(&[("a\r\nb", "c")], NAME)]
#[case::zero_in_name(&[("a\0", "c")], NAME)]
#[case::letter_beyond_ascii(&[("é", "c")], NAME)]
#[case::pseudo_header(&[(":authority", "evil")], NAME)]
#[case::host(&[("Host", "evil")], "protocol error: the header host is not the guest's to set")]
#[case::host_in_capitals(&[("HOST", "evil")], "protocol error: the header host is not the guest's to set")]
#[case::connection(&[("Connection", "close")], "protocol error: the header connection is not the guest's to set")]
#[case::transfer(&[("Transfer-Encoding", "chunked")], "protocol error: the header transfer-encoding is not the guest's to set")]
#[case::length(&[("Content-Length", "1")], "protocol error: the header content-length is not the guest's to set")]
#[case::te(&[("TE", "trailers")], "protocol error: the header te is not the guest's to set")]
#[case::trailer(&[("Trailer", "x")], "protocol error: the header trailer is not the guest's to set")]
#[case::upgrade(&[("Upgrade", "h2c")], "protocol error: the header upgrade is not the guest's to set")]
#[case::keep_alive(&[("Keep-Alive", "1")], "protocol error: the header keep-alive is not the guest's to set")]
#[case::proxy(&[("Proxy-Authorization", "x")], "protocol error: the header proxy-authorization is not the guest's to set")]
#[case::proxy_connection(&[("Proxy-Connection", "x")], "protocol error: the header proxy-connection is not the guest's to set")]
#[case::expect(&[("Expect", "100-continue")], "protocol error: the header expect is not the guest's to set")]
#[case::settings(&[("HTTP2-Settings", "x")], "protocol error: the header http2-settings is not the guest's to set")]
#[case::hidden_among_others(&[("a", "b"), ("Te", "c")], "protocol error: the header te is not the guest's to set")]
#[tokio::test]
async fn a_forbidden_header_ends_a_request_before_anybody_is_asked(
    #[case] headers: &[(&str, &str)],
    #[case] expected: &str,
) {
    let request = Request { headers: owned(headers), ..request(Method::Get, "http://peer.test/") };
    refused(request, expected).await;
}

const TOO_MANY: &str = "protocol error: the request has more than 4 headers, or more than 100 bytes of them";

#[rstest]
#[case::headers(4, 1, 0, "permission denied: http://peer.test:80")]
#[case::one_header_more(5, 1, 0, TOO_MANY)]
#[case::bytes(1, 95, 0, "permission denied: http://peer.test:80")]
#[case::one_byte_more(1, 96, 0, TOO_MANY)]
#[case::body(0, 0, 10, "permission denied: http://peer.test:80")]
#[case::larger_body(0, 0, 11, "the body is larger than 10 bytes")]
#[tokio::test]
async fn a_request_is_bounded(#[case] count: usize, #[case] bytes: usize, #[case] body: usize, #[case] expected: &str) {
    let limits = HttpLimits { headers: 4, header_bytes: 100, request_body_bytes: 10, ..HttpLimits::default() };
    let header = ("a".to_owned(), "x".repeat(bytes));
    let request = Request {
        headers: vec![header; count],
        body: Some(vec![0; body]),
        ..request(Method::Post, "http://peer.test/")
    };
    let result = client(limits).send(request, &mut Book::default()).await;
    assert_eq!(show(&result), expected);
}

#[rstest]
#[case("http://user@peer.test/", "invalid URL: it contains user information")]
#[case("http://peer.test\\@evil/", "invalid URL: it contains '\\\\'")]
#[case("http://peer.test/\r\nx", "invalid URL: it contains '\\r'")]
#[case("/path", "invalid URL: it is not absolute")]
#[tokio::test]
async fn a_bad_url_ends_a_request_before_anybody_is_asked(#[case] url: &str, #[case] expected: &str) {
    refused(request(Method::Get, url), expected).await;
}

async fn refused(request: Request, expected: &str) {
    let mut book = Book::default();
    let result = client(HttpLimits::default()).send(request, &mut book).await;
    assert_eq!(show(&result), expected);
    assert_eq!(book.asked, Vec::<String>::new());
}

#[tokio::test]
async fn only_vetted_addresses_are_dialled_in_their_order_until_one_accepts() {
    let peer = Peer::start(vec![answer(EMPTY)]).await;
    // A port that nobody listens on: bound, and let go.
    let gone = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let never: SocketAddr = "127.0.0.1:9".parse().unwrap();
    let dialer = Arc::new(Recorder::default());
    let client = Client::new(dialer.clone(), b"", HttpLimits::default()).unwrap();
    let url = "http://127.0.0.1:1/";
    let place = "http://127.0.0.1:1".to_owned();

    let mut book = Book { places: vec![(place.clone(), vec![gone, peer.address, never])], asked: Vec::new() };
    let result = in_time(client.send(request(Method::Get, url), &mut book)).await;
    assert_eq!(show(&result), "204  | ");
    assert_eq!(std::mem::take(&mut *dialer.0.lock().unwrap()), [gone, peer.address]);

    for (addresses, dialled, expected) in [
        (vec![gone, gone], 2, "connection failed: connection refused"),
        (vec![], 0, "connection failed: there is no address to connect to"),
        (vec![gone; 1_000], 16, "connection failed: connection refused"),
    ] {
        let mut book = Book { places: vec![(place.clone(), addresses)], asked: Vec::new() };
        let result = in_time(client.send(request(Method::Get, url), &mut book)).await;
        assert_eq!(show(&result), expected);
        assert_eq!(std::mem::take(&mut *dialer.0.lock().unwrap()).len(), dialled);
    }

    let result = client.send(request(Method::Get, url), &mut Book::default()).await;
    assert_eq!(show(&result), "permission denied: http://127.0.0.1:1");
    assert!(dialer.0.lock().unwrap().is_empty());
}

/// Answers nothing but this.
struct No(HttpFailure);

impl Authorise for No {
    async fn authorise(&mut self, _: &Target) -> Result<Vec<SocketAddr>, HttpFailure> {
        Err(self.0.clone())
    }
}

#[rstest]
#[case(HttpFailure::PermissionDenied("x".to_owned()))]
#[case(HttpFailure::ConnectionFailed("no such name".to_owned()))]
#[case(HttpFailure::TimeoutExceeded)]
#[tokio::test]
async fn who_authorises_has_the_last_word(#[case] failure: HttpFailure) {
    let client = client(HttpLimits::default());
    let result = client.send(request(Method::Get, "http://peer.test/"), &mut No(failure.clone())).await;
    assert_eq!(result, Err(failure));
}

#[tokio::test]
async fn each_request_has_its_own_connection_and_no_cookie_is_kept() {
    let cookie = "HTTP/1.1 204 No\r\nSet-Cookie: a=b\r\n\r\n";
    let peer = Peer::start(vec![answer(cookie), answer(cookie)]).await;
    let mut book = Book::new([("http://peer.test:80", peer.address)]);
    let client = client(HttpLimits::default());
    for _ in 0..2 {
        let result = in_time(client.send(request(Method::Get, "http://peer.test/"), &mut book)).await;
        assert_eq!(show(&result), "204 set-cookie: a=b | ");
    }
    // The peer reads one request a connection; a second one on the same would leave its second script waiting.
    assert_eq!(peer.finish().await, ["GET / HTTP/1.1\r\nhost: peer.test\r\naccept-encoding: gzip\r\n\r\n"; 2]);
}

/// Runs the test above in a process of its own, whose environment names a proxy.
#[test]
fn proxies_of_the_environment_are_ignored() {
    let proxy = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    proxy.set_nonblocking(true).unwrap();
    let address = format!("http://{}", proxy.local_addr().unwrap());
    let names = ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];
    let test = concat!(module_path!(), "::each_request_has_its_own_connection_and_no_cookie_is_kept");
    let test = test.split_once("::").unwrap().1;
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test])
        .envs(names.map(|name| (name, &address)))
        .env_remove("no_proxy")
        .env_remove("NO_PROXY")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
    assert_eq!(proxy.accept().map(drop).map_err(|error| error.kind()), Err(std::io::ErrorKind::WouldBlock));
}

#[tokio::test]
async fn many_requests_share_a_client_across_tasks() {
    let client = Arc::new(client(HttpLimits::default()));
    let mut tasks = Vec::new();
    for number in 0..32 {
        let client = Arc::clone(&client);
        tasks.push(tokio::spawn(async move {
            let body = format!("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n{number:05}");
            let peer = Peer::start(vec![answer(body)]).await;
            let mut book = Book::new([("http://peer.test:80", peer.address)]);
            show(&in_time(client.send(request(Method::Get, "http://peer.test/"), &mut book)).await)
        }));
    }
    for (number, task) in tasks.into_iter().enumerate() {
        assert_eq!(task.await.unwrap(), format!("200 content-length: 5 | {number:05}"));
    }
}

#[tokio::test]
async fn the_system_knows_this_machine() {
    let addresses = SystemResolver.resolve("localhost").await.unwrap();
    assert!(!addresses.is_empty() && addresses.iter().all(std::net::IpAddr::is_loopback), "{addresses:?}");
    assert!(SystemResolver.resolve("name.invalid").await.is_err());
}
