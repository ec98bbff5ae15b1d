//! What becomes of each raw response.

use rstest::rstest;

use super::super::*;
use super::peer::{Act, answer, exchange, get, request};

const NO_HTTP: &str = "protocol error: the answer is no valid HTTP response, or its head is too large";
const HEAD_CUT: &str = "protocol error: the head of the response is cut off";
const HEAD_LARGE: &str = "protocol error: the head of the response is too large";
const CUT: &str = "protocol error: the body of the response is cut off";
const MALFORMED: &str = "protocol error: the body of the response is malformed";
const CLOSED: &str = "connection failed: the peer closed the connection before a response";
const AMBIGUOUS: &str = "protocol error: the length of the response is ambiguous";
const ENCODING: &str = "protocol error: the response has a transfer encoding that was not asked for";
const INTERIM: &str = "protocol error: there are too many interim responses";

#[rstest]
// What is a response.
#[case::length("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "200 content-length: 5 | hello")]
#[case::until_close("HTTP/1.1 200 OK\r\nServer: x\r\n\r\nhello", "200 server: x | hello")]
#[case::old_version("HTTP/1.0 200 OK\r\n\r\nhello", "200  | hello")]
#[case::chunks(
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\nT: railer\r\n\r\n",
    "200 transfer-encoding: Chunked | hello"
)]
#[case::order_and_repetition(
    "HTTP/1.1 200 OK\r\nB: 1\r\nSet-Cookie: x\r\nA: 2\r\nSet-Cookie: y\r\nContent-Length: 0\r\n\r\n",
    "200 b: 1, set-cookie: x, set-cookie: y, a: 2, content-length: 0 | "
)]
#[case::old_text(
    b"HTTP/1.1 200 OK\r\nA: \xe9\r\nB: \xc3\xa9\r\nContent-Length: 0\r\n\r\n",
    "200 a: é, b: é, content-length: 0 | "
)]
#[case::empty_value("HTTP/1.1 200 OK\r\nA:\r\nContent-Length: 0\r\n\r\n", "200 a: , content-length: 0 | ")]
#[case::no_reason("HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", "200 content-length: 0 | ")]
#[case::error_status("HTTP/1.1 500 Oh\r\nContent-Length: 2\r\n\r\nno", "500 content-length: 2 | no")]
#[case::unknown_status("HTTP/1.1 799 Oh\r\nContent-Length: 2\r\n\r\nno", "799 content-length: 2 | no")]
#[case::no_content("HTTP/1.1 204 No\r\nContent-Length: 3\r\n\r\nabc", "204 content-length: 3 | ")]
#[case::not_modified("HTTP/1.1 304 No\r\nContent-Length: 3\r\n\r\n", "304 content-length: 3 | ")]
#[case::more_than_announced("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhello", "200 content-length: 2 | he")]
#[case::same_length_twice(
    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nhi",
    "200 content-length: 2, content-length: 2 | hi"
)]
#[case::interim(
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    "200 content-length: 0 | "
)]
// What is none.
#[case::nothing("", CLOSED)]
#[case::old_http("<html>hello</html>", NO_HTTP)]
#[case::another_protocol("SSH-2.0-OpenSSH_9.6\r\n", NO_HTTP)]
#[case::version("HTTP/3.0 200 OK\r\n\r\n", NO_HTTP)]
#[case::status_of_two_digits("HTTP/1.1 20 OK\r\n\r\n", NO_HTTP)]
#[case::status_of_letters("HTTP/1.1 abc OK\r\n\r\n", NO_HTTP)]
#[case::status_below("HTTP/1.1 099 OK\r\n\r\n", NO_HTTP)]
#[case::fold("HTTP/1.1 200 OK\r\nA: b\r\n c\r\nContent-Length: 0\r\n\r\n", NO_HTTP)]
#[case::space_before_colon("HTTP/1.1 200 OK\r\nContent-Length : 0\r\n\r\n", NO_HTTP)]
#[case::no_name("HTTP/1.1 200 OK\r\n: x\r\n\r\n", NO_HTTP)]
#[case::no_colon("HTTP/1.1 200 OK\r\nabc\r\n\r\n", NO_HTTP)]
#[case::zero_in_value("HTTP/1.1 200 OK\r\nA: b\0c\r\n\r\n", NO_HTTP)]
#[case::bare_return("HTTP/1.1 200 OK\r\nA: b\rc\r\n\r\n", NO_HTTP)]
#[case::cut_status("HTTP/1.1 2", HEAD_CUT)]
#[case::cut_header("HTTP/1.1 200 OK\r\nContent-Le", HEAD_CUT)]
#[case::cut_after_interim("HTTP/1.1 100 Continue\r\n\r\n", HEAD_CUT)]
#[case::lengths_differ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nhey", NO_HTTP)]
#[case::length_list("HTTP/1.1 200 OK\r\nContent-Length: 2, 3\r\n\r\nhey", NO_HTTP)]
#[case::length_sign("HTTP/1.1 200 OK\r\nContent-Length: +3\r\n\r\nhey", NO_HTTP)]
#[case::length_negative("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nhey", NO_HTTP)]
#[case::length_beyond("HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551616\r\n\r\nhey", NO_HTTP)]
#[case::length_and_chunks(
    "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    AMBIGUOUS
)]
#[case::other_encoding("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nhello", ENCODING)]
#[case::encodings("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", ENCODING)]
#[case::encoding_twice(
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ENCODING
)]
#[case::chunks_in_old_version("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", NO_HTTP)]
#[case::body_cut("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello", CUT)]
#[case::chunk_cut("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel", CUT)]
#[case::chunk_size_cut("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5", CUT)]
#[case::no_last_chunk("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n", CUT)]
#[case::chunk_size_of_letters("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", MALFORMED)]
#[case::chunk_size_beyond("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n", MALFORMED)]
#[case::chunk_longer_than_its_size(
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhello\r\n0\r\n\r\n",
    MALFORMED
)]
#[case::switch(
    "HTTP/1.1 101 Switch\r\nUpgrade: x\r\n\r\n",
    "protocol error: the peer switches to a protocol that was not asked for"
)]
#[tokio::test]
async fn a_response_is_read_or_refused(#[case] raw: impl AsRef<[u8]>, #[case] expected: &str) {
    let raw = raw.as_ref().to_vec();
    let ways = [answer(&raw), vec![Act::Read, Act::Drip(raw)]];
    for script in ways {
        assert_eq!(get(script, HttpLimits::default()).await, expected);
    }
}

/// A response whose header block is exactly as long, in the bytes that the client counts.
fn with_header_of(bytes: usize) -> String {
    format!("HTTP/1.1 204 No\r\nA: {}\r\n\r\n", "x".repeat(bytes - "HTTP/1.1 204 No\r\nA: \r\n\r\n".len()))
}

#[rstest]
#[case::headers_at_the_limit(headers(8), "204")]
#[case::headers_above(headers(9), NO_HTTP)]
#[case::flood(headers(32_769), NO_HTTP)]
#[case::block_at_the_limit(with_header_of(16_384), "204")]
#[case::block_above(with_header_of(16_385), NO_HTTP)]
#[case::block_far_above(with_header_of(1 << 20), NO_HTTP)]
#[case::interim_at_the_limit(interim(16), "204")]
#[case::interim_above(interim(17), INTERIM)]
#[tokio::test]
async fn the_head_of_a_response_is_bounded(#[case] raw: String, #[case] expected: &str) {
    let limits = HttpLimits { headers: 8, header_bytes: 16_384, ..HttpLimits::default() };
    let found = get(answer(raw), limits).await;
    assert_eq!(found.split(" a: ").next().unwrap().trim_end_matches(" | "), expected);
}

fn headers(count: usize) -> String {
    format!("HTTP/1.1 204 No\r\n{}\r\n", "a: b\r\n".repeat(count))
}

fn interim(count: usize) -> String {
    format!("{}HTTP/1.1 204 No\r\na: b\r\n\r\n", "HTTP/1.1 102 Wait\r\n\r\n".repeat(count))
}

#[rstest]
#[case::interim("HTTP/1.1 102 Wait\r\n\r\n", HEAD_LARGE)]
#[case::headers("HTTP/1.1 200 OK\r\nA: b", NO_HTTP)]
#[tokio::test]
async fn an_endless_head_comes_to_an_end(#[case] repeated: &str, #[case] expected: &str) {
    let script = vec![Act::Read, Act::Endless(repeated.repeat(100).into_bytes())];
    assert_eq!(get(script, HttpLimits::default()).await, expected);
}

#[rstest]
#[case("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "200 content-length: 5 | ")]
#[case("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\nhello", "200 content-length: 99999999999 | ")]
#[case("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n", "200 content-encoding: gzip | ")]
#[tokio::test]
async fn the_response_to_head_has_no_body(#[case] raw: &str, #[case] expected: &str) {
    let request = request(Method::Head, "http://peer.test/");
    assert_eq!(exchange(request, answer(raw), HttpLimits::default()).await, expected);
}

#[tokio::test]
async fn a_peer_that_closes_or_resets_at_once_is_no_connection() {
    // What it does not read makes the system reset the connection, sooner or later than the client writes.
    for _ in 0..20 {
        assert_eq!(get(Vec::new(), HttpLimits::default()).await, CLOSED);
    }
}
