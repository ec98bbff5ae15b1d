//! Where redirects lead, who is asked, and what of a request goes there.

use rstest::rstest;

use super::super::*;
use super::peer::{Book, Peer, answer, client, in_time, owned, request, show};

fn redirect(status: u16, location: &str) -> String {
    format!("HTTP/1.1 {status} Go\r\nLocation: {location}\r\nContent-Length: 5\r\n\r\nmoved")
}

const DONE: &str = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone";
const DONE_SHOWN: &str = "200 content-length: 4 | done";

/// All places are one peer, which answers with these, one a connection.
async fn chain(request: Request, answers: Vec<String>) -> (String, Vec<String>, Vec<String>) {
    let peer = Peer::start(answers.into_iter().map(answer).collect()).await;
    let mut book = Book::new([
        ("http://a.test:80", peer.address),
        ("http://a.test:81", peer.address),
        ("http://b.test:80", peer.address),
    ]);
    let result = in_time(client(HttpLimits::default()).send(request, &mut book)).await;
    let seen = peer.seen.requests.lock().unwrap().clone();
    (show(&result), book.asked, seen)
}

#[rstest]
#[case::absolute("http://b.test/x", "http://b.test:80", "/x")]
#[case::scheme_relative("//b.test/x", "http://b.test:80", "/x")]
#[case::path("/x?y", "http://a.test:80", "/x?y")]
#[case::relative("x", "http://a.test:80", "/dir/x")]
#[case::up("../x", "http://a.test:80", "/x")]
#[case::query("?x", "http://a.test:80", "/dir/file?x")]
#[case::fragment("#x", "http://a.test:80", "/dir/file?q")]
#[case::other_port("http://a.test:81/", "http://a.test:81", "/")]
#[case::beyond_ascii("/é", "http://a.test:80", "/%C3%A9")]
#[case::colon_in_path("./a:b", "http://a.test:80", "/dir/a:b")]
#[tokio::test]
async fn a_location_is_read_against_the_url(#[case] location: &str, #[case] place: &str, #[case] path: &str) {
    let request = request(Method::Get, "http://a.test/dir/file?q#f");
    let (result, asked, seen) = chain(request, vec![redirect(302, location), DONE.to_owned()]).await;
    assert_eq!(result, DONE_SHOWN);
    assert_eq!(asked, ["http://a.test:80", place]);
    assert_eq!(seen[1].split(' ').nth(1), Some(path));
}

#[rstest]
#[case::userinfo("http://a@b.test/", "it contains user information")]
#[case::hidden_userinfo("//a@b.test/", "it contains user information")]
#[case::backslash("/\\b.test/", "it contains '\\\\'")]
#[case::space("/a b", "it contains ' '")]
#[case::tab("/\tb.test", "it contains '\\t'")]
#[case::other_scheme("ftp://b.test/", "its scheme is neither http nor https")]
#[case::file("file:///etc/passwd", "its scheme is neither http nor https")]
#[case::script("javascript:alert(1)", "its scheme is neither http nor https")]
#[case::no_slashes("http:b.test", "its host is missing or malformed")]
#[case::no_host("///b.test", "its host is missing or malformed")]
#[case::port("http://b.test:0/", "its port is not between 1 and 65535")]
#[tokio::test]
async fn a_location_that_is_no_url_ends_the_request(#[case] location: &str, #[case] why: &str) {
    let request = request(Method::Get, "http://a.test/");
    let (result, asked, seen) = chain(request, vec![redirect(302, location), DONE.to_owned()]).await;
    assert_eq!(result, format!("protocol error: the location of the redirect is no URL to follow: {why}"));
    assert_eq!((asked.len(), seen.len()), (1, 1));
}

#[rstest]
#[case::host("http://c.test/", "http://c.test:80")]
#[case::port("http://a.test:82/", "http://a.test:82")]
#[case::scheme("https://a.test/", "https://a.test:443")]
#[case::address("http://127.0.0.1/", "http://127.0.0.1:80")]
#[case::metadata("http://0xA9FEA9FE/latest", "http://169.254.169.254:80")]
#[tokio::test]
async fn each_hop_is_authorised(#[case] location: &str, #[case] place: &str) {
    let request = request(Method::Get, "http://a.test/");
    let (result, asked, seen) =
        chain(request, vec![redirect(302, "/next"), redirect(302, location), DONE.to_owned()]).await;
    assert_eq!(result, format!("permission denied: {place}"));
    assert_eq!(asked, ["http://a.test:80", "http://a.test:80", place]);
    assert_eq!(seen.len(), 2);
}

#[rstest]
#[case::ten(10, DONE_SHOWN, 11)]
#[case::eleven(11, "protocol error: there are more than 10 redirects", 11)]
#[case::loops(50, "protocol error: there are more than 10 redirects", 11)]
#[tokio::test]
async fn at_most_ten_redirects_are_followed(#[case] count: usize, #[case] expected: &str, #[case] asked: usize) {
    let mut answers = vec![redirect(307, "http://a.test/again"); count];
    answers.push(DONE.to_owned());
    let (result, places, seen) = chain(request(Method::Get, "http://a.test/"), answers).await;
    assert_eq!(result, expected);
    assert_eq!((places.len(), seen.len()), (asked, asked));
}

#[rstest]
#[case(300)]
#[case(304)]
#[case(305)]
#[case(200)]
#[case(201)]
#[tokio::test]
async fn other_responses_with_a_location_are_returned(#[case] status: u16) {
    let (result, asked, _) =
        chain(request(Method::Get, "http://a.test/"), vec![redirect(status, "http://b.test/"), DONE.to_owned()]).await;
    assert!(result.starts_with(&format!("{status} location: http://b.test/, content-length: 5")), "{result}");
    assert_eq!(asked.len(), 1);
}

#[rstest]
#[case::none("", "302 content-length: 5 | moved")]
#[case::same_twice("Location: /\r\nLocation: /\r\n", DONE_SHOWN)]
#[case::two("Location: /\r\nLocation: //b.test\r\n", "protocol error: the redirect has several locations")]
#[tokio::test]
async fn a_redirect_leads_to_one_place_or_is_a_response(#[case] locations: &str, #[case] expected: &str) {
    let first = format!("HTTP/1.1 302 Go\r\n{locations}Content-Length: 5\r\n\r\nmoved");
    let (result, _, _) = chain(request(Method::Get, "http://a.test/"), vec![first, DONE.to_owned()]).await;
    assert_eq!(result, expected);
}

#[rstest]
#[case(301, Method::Post, "GET")]
#[case(302, Method::Post, "GET")]
#[case(303, Method::Post, "GET")]
#[case(303, Method::Put, "GET")]
#[case(303, Method::Delete, "GET")]
#[case(303, Method::Get, "GET")]
#[case(303, Method::Head, "HEAD")]
#[case(301, Method::Put, "PUT hello")]
#[case(302, Method::Patch, "PATCH hello")]
#[case(302, Method::Head, "HEAD hello")]
#[case(307, Method::Post, "POST hello")]
#[case(308, Method::Post, "POST hello")]
#[case(308, Method::Delete, "DELETE hello")]
#[tokio::test]
async fn method_and_body_after_a_redirect(#[case] status: u16, #[case] method: Method, #[case] expected: &str) {
    let headers = owned(&[("Content-Type", "text/plain"), ("Accept-Encoding", "br"), ("X", "y")]);
    let request = Request { headers, body: Some(b"hello".to_vec()), ..request(method, "http://a.test/") };
    let (_, _, seen) = chain(request, vec![redirect(status, "/"), DONE.to_owned()]).await;
    let expected = match expected.split_once(' ') {
        Some((method, body)) => format!(
            "{method} / HTTP/1.1\r\nhost: a.test\r\ncontent-type: text/plain\r\naccept-encoding: br\r\nx: y\r\ncontent-length: 5\r\n\r\n{body}"
        ),
        None => format!("{expected} / HTTP/1.1\r\nhost: a.test\r\naccept-encoding: br\r\nx: y\r\n\r\n"),
    };
    assert_eq!(seen[1], expected);
}

/// The first two are credentials, the others look like some.
const CREDENTIALS: [(&str, &str); 6] = [
    ("authorization", "Bearer 1"),
    ("cookie", "a=b"),
    ("x-api-key", "1"),
    ("x-auth-token", "1"),
    ("x-amz-security-token", "1"),
    ("www-authenticate", "1"),
];

#[rstest]
#[case::same_origin(&["/x", "http://A.test:80/y"], true)]
#[case::other_host(&["http://b.test/"], false)]
#[case::other_port(&["http://a.test:81/"], false)]
#[case::there_and_back(&["http://b.test/", "http://a.test/"], false)]
#[case::later(&["/x", "//b.test/"], false)]
#[tokio::test]
async fn credentials_stay_with_their_origin(#[case] locations: &[&str], #[case] kept: bool) {
    let mut headers = owned(&CREDENTIALS);
    headers.extend(owned(&[("accept", "*/*"), ("x", "y")]));
    let request = Request { headers, ..request(Method::Get, "http://a.test/") };
    let mut answers: Vec<String> = locations.iter().map(|location| redirect(307, location)).collect();
    answers.push(DONE.to_owned());
    let (result, _, seen) = chain(request, answers).await;
    assert_eq!(result, DONE_SHOWN);
    let found: Vec<&str> = seen.last().unwrap().lines().skip(2).take_while(|line| !line.is_empty()).collect();
    let credentials = CREDENTIALS.iter().filter(|_| kept).map(|(name, value)| format!("{name}: {value}"));
    let others = ["accept: */*", "x: y", "accept-encoding: gzip"].map(str::to_owned);
    assert_eq!(found, credentials.chain(others).collect::<Vec<_>>());
}
