//! Bodies: caps, gzip, and what is left of a request that nobody waits for.

use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use flate2::Compression;
use flate2::write::GzEncoder;
use futures_util::future::BoxFuture;
use proptest::prelude::*;
use rstest::rstest;
use tokio::io::DuplexStream;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use super::super::body::Collector;
use super::super::*;
use super::peer::{Act, Book, Peer, Seen, answer, client, exchange, get, in_time, owned, play, request, show};

const BAD_GZIP: &str = "protocol error: the body of the response is no valid gzip, or cut off";

fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

/// A response with gzip in chunks, so that its end is told.
fn zipped(coding: &str, body: &[u8]) -> Vec<u8> {
    let head =
        format!("HTTP/1.1 200 OK\r\nContent-Encoding: {coding}\r\nContent-Length: {}\r\nA: b\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

fn cap(bytes: u64) -> HttpLimits {
    HttpLimits { response_body_bytes: bytes, ..HttpLimits::default() }
}

#[rstest]
#[case::length("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789", "200 content-length: 10 | 0123456789")]
#[case::length_above("HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n", "the body is larger than 10 bytes")]
#[case::length_far_above(
    "HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775807\r\n\r\n",
    "the body is larger than 10 bytes"
)]
#[case::until_close("HTTP/1.1 200 OK\r\n\r\n0123456789", "200  | 0123456789")]
#[case::until_close_above("HTTP/1.1 200 OK\r\n\r\n0123456789a", "the body is larger than 10 bytes")]
#[case::chunks(
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n01234\r\n5\r\n56789\r\n0\r\n\r\n",
    "200 transfer-encoding: chunked | 0123456789"
)]
#[case::chunks_above(
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n01234\r\n6\r\n56789a\r\n",
    "the body is larger than 10 bytes"
)]
#[tokio::test]
async fn a_body_is_capped(#[case] raw: &str, #[case] expected: &str) {
    assert_eq!(get(answer(raw), cap(10)).await, expected);
}

#[rstest]
#[case::gzip("gzip", gzip(b"hello"), "200 a: b | hello")]
#[case::capitals("GZip", gzip(b"hello"), "200 a: b | hello")]
#[case::old_name("x-gzip", gzip(b"hello"), "200 a: b | hello")]
#[case::members("gzip", [gzip(b"hel"), gzip(b""), gzip(b"lo")].concat(), "200 a: b | hello")]
#[case::nothing("gzip", Vec::new(), "200 a: b | ")]
#[case::plain("identity", b"hello".to_vec(), "200 content-encoding: identity, content-length: 5, a: b | hello")]
#[case::other("br", b"hello".to_vec(), "200 content-encoding: br, content-length: 5, a: b | hello")]
#[case::several("gzip, br", b"hello".to_vec(), "200 content-encoding: gzip, br, content-length: 5, a: b | hello")]
#[case::no_gzip("gzip", b"hello".to_vec(), BAD_GZIP)]
#[case::cut_header("gzip", gzip(b"hello")[..9].to_vec(), BAD_GZIP)]
#[case::cut_data("gzip", gzip(b"hello")[..13].to_vec(), BAD_GZIP)]
#[case::cut_sum("gzip", gzip(b"hello")[..gzip(b"hello").len() - 1].to_vec(), BAD_GZIP)]
#[case::cut_second_member("gzip", [gzip(b"hello"), gzip(b"x")[..12].to_vec()].concat(), BAD_GZIP)]
#[case::wrong_sum("gzip", wrong_sum(), BAD_GZIP)]
#[case::garbage_behind("gzip", [gzip(b"hello"), b"garbage behind it".to_vec()].concat(), BAD_GZIP)]
#[case::at_the_cap("gzip", gzip(&[b'x'; 1000]), &format!("200 a: b | {}", "x".repeat(1000)))]
#[case::above("gzip", gzip(&[b'x'; 1001]), "the body is larger than 1000 bytes")]
#[case::above_in_members("gzip", gzip(&[b'x'; 11]).repeat(91), "the body is larger than 1000 bytes")]
#[case::bomb("gzip", gzip(&vec![0; 50 << 20]), "the body is larger than 1000 bytes")]
#[case::unpacks_to_nothing("gzip", gzip(b"").repeat(10_000), "the body is larger than 1000 bytes")]
#[tokio::test]
async fn gzip_that_was_asked_for_is_decoded(#[case] coding: &str, #[case] body: Vec<u8>, #[case] expected: &str) {
    assert_eq!(get(answer(zipped(coding, &body)), cap(1000)).await, expected);
}

fn wrong_sum() -> Vec<u8> {
    let mut bytes = gzip(b"hello");
    let sum = bytes.len() - 8;
    bytes[sum] ^= 1;
    bytes
}

#[rstest]
#[case("Accept-Encoding", "gzip")]
#[case("Range", "bytes=0-")]
#[tokio::test]
async fn gzip_that_the_guest_may_have_chosen_is_verbatim(#[case] name: &str, #[case] value: &str) {
    let request = Request { headers: owned(&[(name, value)]), ..request(Method::Get, "http://peer.test/") };
    let found = exchange(request, answer(zipped("gzip", b"\x1f\x8bhello")), cap(1000)).await;
    assert_eq!(found, "200 content-encoding: gzip, content-length: 7, a: b | \u{1f}\u{fffd}hello");
}

#[rstest]
#[case::plain(false, vec![7; 3 << 20])]
#[case::bomb(true, gzip(&vec![7; 50 << 20]))]
fn a_collector_holds_no_more_than_its_cap(#[case] encoded: bool, #[case] body: Vec<u8>) {
    const CAP: u64 = 100_000;
    let mut collector = Collector::new(encoded, CAP);
    let refused = body.chunks(4_096).map(|chunk| collector.push(chunk)).find(Result::is_err);
    assert_eq!(refused, Some(Err(HttpFailure::TooLarge(CAP))));
    assert!((1..=CAP as usize).contains(&collector.capacity()), "{}", collector.capacity());
}

proptest! {
    /// However a body is cut into pieces, encoded bytes become what was encoded, up to the cap and no further.
    #[test]
    fn pieces_do_not_matter(
        plain in proptest::collection::vec(0_u8..4, 0..2_000),
        members in 1_usize..4,
        piece in 1_usize..200,
        cap in 0_u64..2_500,
        encoded in any::<bool>(),
    ) {
        let size = plain.len().div_ceil(members).max(1);
        let body = if encoded { plain.chunks(size).flat_map(gzip).collect() } else { plain.clone() };
        let mut collector = Collector::new(encoded, cap);
        let pushed = body.chunks(piece).try_for_each(|piece| collector.push(piece));
        let result = pushed.and_then(|()| collector.finish());
        let expected = if plain.len() as u64 > cap { Err(HttpFailure::TooLarge(cap)) } else { Ok(plain) };
        prop_assert_eq!(result, expected);
    }

    /// Gzip that is cut off or changed is never taken for a whole body of another content.
    #[test]
    fn damaged_gzip_is_noticed(
        plain in proptest::collection::vec(any::<u8>(), 1..300),
        place in any::<proptest::sample::Index>(),
        flip in proptest::option::of(1_u8..=255),
    ) {
        let mut body = gzip(&plain);
        let place = place.index(body.len());
        match flip {
            Some(flip) => body[place] ^= flip,
            None => body.truncate(place.max(1)),
        }
        let mut collector = Collector::new(true, 1 << 20);
        let result = collector.push(&body).and_then(|()| collector.finish());
        // The time in the header and the bits that fill the last byte say nothing about the content.
        match result {
            Ok(found) => prop_assert!(flip.is_some() && found == plain),
            Err(failure) => prop_assert!(matches!(failure, HttpFailure::ProtocolError(_) | HttpFailure::TooLarge(_))),
        }
    }
}

#[rstest]
#[case::read_first(vec![Act::Read, Act::Write(DONE.to_vec())])]
#[case::answered_before_it_is_read(vec![Act::Write(DONE.to_vec()), Act::AwaitEnd])]
#[tokio::test]
async fn a_large_body_can_be_sent(#[case] script: Vec<Act>) {
    let body = "x".repeat(8 << 20);
    let reads = matches!(script[0], Act::Read);
    let peer = Peer::start(vec![script]).await;
    let mut book = Book::new([("http://peer.test:80", peer.address)]);
    let request = Request { body: Some(body.clone().into_bytes()), ..request(Method::Put, "http://peer.test/") };
    let result = in_time(client(HttpLimits::default()).send(request, &mut book)).await;
    assert_eq!(show(&result), "200 content-length: 4 | done");
    let requests = peer.finish().await;
    assert_eq!(requests.len(), usize::from(reads));
    assert!(requests.iter().all(|request| request.ends_with(&format!("content-length: 8388608\r\n\r\n{body}"))));
}

const DONE: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone";

/// Connects to a script in memory, over a pipe that holds 1 KiB: what was sent beyond that was read.
struct Pipe {
    script: Vec<Act>,
    seen: Arc<Seen>,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Dialer for Pipe {
    fn dial(&self, _: SocketAddr) -> BoxFuture<'static, io::Result<Box<dyn Connection>>> {
        let (ours, theirs): (DuplexStream, DuplexStream) = tokio::io::duplex(1_024);
        let (script, seen) = (self.script.clone(), Arc::clone(&self.seen));
        *self.task.lock().unwrap() = Some(tokio::spawn(async move { play(theirs, script, &seen).await }));
        Box::pin(async move { Ok(Box::new(ours) as Box<dyn Connection>) })
    }
}

#[rstest]
#[case::plain("HTTP/1.1 200 OK\r\n\r\n", vec![b'x'; 500])]
#[case::chunks("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"5\r\nhello\r\n".repeat(50))]
#[case::gzip("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n", gzip(&[0; 500]))]
#[case::gzip_of_nothing("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n", gzip(b""))]
#[tokio::test]
async fn an_endless_body_is_read_up_to_the_cap(#[case] head: &str, #[case] repeated: Vec<u8>) {
    const CAP: u64 = 50_000;
    let script = vec![Act::Read, Act::Write(head.as_bytes().to_vec()), Act::Endless(repeated)];
    let seen = Arc::new(Seen::default());
    let pipe = Arc::new(Pipe { script, seen: Arc::clone(&seen), task: Mutex::default() });
    let client = Client::new(pipe.clone(), b"", cap(CAP)).unwrap();
    let mut book = Book::new([("http://peer.test:80", "192.0.2.1:80".parse().unwrap())]);
    let result = in_time(client.send(request(Method::Get, "http://peer.test/"), &mut book)).await;
    assert_eq!(result, Err(HttpFailure::TooLarge(CAP)));
    let task = pipe.task.lock().unwrap().take().unwrap();
    in_time(task).await.unwrap();
    // The cap, the framing of chunks or of gzip, the buffer of the client and that of the pipe.
    let sent = seen.sent.load(Ordering::Relaxed);
    assert!(sent < 3 * CAP + (64 << 10) + (64 << 10), "{sent}");
}

#[rstest]
#[case::before_the_response("")]
#[case::in_the_head("HTTP/1.1 200 OK\r\nA: ")]
#[case::in_the_body("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhe")]
#[case::after_a_redirect("HTTP/1.1 302 Go\r\nLocation: /\r\n\r\n")]
#[tokio::test]
async fn a_dropped_request_closes_its_connection(#[case] begun: &str) {
    let signal = Arc::new(Notify::new());
    let script = |begun: &str| {
        vec![Act::Read, Act::Write(begun.as_bytes().to_vec()), Act::Signal(Arc::clone(&signal)), Act::AwaitEnd]
    };
    let mut scripts = vec![script(begun)];
    if begun.contains("Location") {
        // The first connection is closed before the second is made; the request is dropped on that one.
        scripts[0].remove(2);
        scripts.push(script(""));
    }
    let peer = Peer::start(scripts).await;
    let mut book = Book::new([("http://peer.test:80", peer.address)]);
    let client = client(HttpLimits::default());
    let before = tokio::runtime::Handle::current().metrics().num_alive_tasks();
    {
        let send = client.send(request(Method::Get, "http://peer.test/"), &mut book);
        tokio::select! {
            result = send => panic!("the request ended: {}", show(&result)),
            () = in_time(signal.notified()) => {}
        }
    }
    // The only task is the peer's, and it ends as it sees the connection closed.
    assert_eq!(tokio::runtime::Handle::current().metrics().num_alive_tasks(), before);
    peer.finish().await;
}
