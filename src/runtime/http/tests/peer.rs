//! Peers that do what a script says, and what a client needs to talk to them.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use super::super::*;

/// What a peer does on a connection.
#[derive(Debug, Clone)]
pub(super) enum Act {
    /// Reads a request, and records it.
    Read,
    /// Writes bytes.
    Write(Vec<u8>),
    /// Writes bytes one at a time.
    Drip(Vec<u8>),
    /// Writes bytes over and over, until the client has enough of it.
    Endless(Vec<u8>),
    /// Tells the test.
    Signal(Arc<Notify>),
    /// Waits until the client has closed the connection.
    AwaitEnd,
}

/// Reads a request and answers with these bytes.
pub(super) fn answer(bytes: impl AsRef<[u8]>) -> Vec<Act> {
    vec![Act::Read, Act::Write(bytes.as_ref().to_vec())]
}

/// What a peer saw.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) requests: Mutex<Vec<String>>,
    pub(super) sent: AtomicU64,
    /// For a peer that has something to tell.
    pub(super) signal: Notify,
}

/// A peer on a port of this machine. It follows one script a connection, one connection after the other.
pub(super) struct Peer {
    pub(super) address: SocketAddr,
    pub(super) seen: Arc<Seen>,
    task: JoinHandle<()>,
}

impl Peer {
    pub(super) async fn start(scripts: Vec<Vec<Act>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Seen::default());
        let task = tokio::spawn({
            let seen = Arc::clone(&seen);
            async move {
                for script in scripts {
                    let (stream, _) = listener.accept().await.unwrap();
                    play(stream, script, &seen).await;
                }
            }
        });
        Self { address, seen, task }
    }

    /// The requests, once all scripts were followed to their end.
    pub(super) async fn finish(mut self) -> Vec<String> {
        in_time(&mut self.task).await.unwrap();
        std::mem::take(&mut *self.seen.requests.lock().unwrap())
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Fails a test that would hang.
pub(super) async fn in_time<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(30), future).await.expect("the other side does not get on")
}

/// Follows a script on any stream.
pub(super) async fn play(mut stream: impl AsyncRead + AsyncWrite + Unpin, script: Vec<Act>, seen: &Seen) {
    for act in script {
        match act {
            Act::Read => {
                let request = read_request(&mut stream).await;
                seen.requests.lock().unwrap().push(request);
            }
            // A client that has seen enough closes; what it makes of it, is what counts.
            Act::Write(bytes) => drop(write(&mut stream, &bytes, seen).await),
            Act::Drip(bytes) => {
                for byte in bytes {
                    drop(write(&mut stream, &[byte], seen).await);
                    tokio::task::yield_now().await;
                }
            }
            Act::Endless(bytes) => while write(&mut stream, &bytes, seen).await.is_ok() {},
            Act::Signal(notify) => notify.notify_one(),
            Act::AwaitEnd => {
                let mut rest = [0; 1024];
                while stream.read(&mut rest).await.is_ok_and(|read| read > 0) {}
            }
        }
    }
    drop(stream.shutdown().await);
}

async fn write(stream: &mut (impl AsyncWrite + Unpin), bytes: &[u8], seen: &Seen) -> io::Result<()> {
    stream.write_all(bytes).await?;
    stream.flush().await?;
    seen.sent.fetch_add(bytes.len() as u64, Ordering::Relaxed);
    Ok(())
}

/// Head and body, by its length.
async fn read_request(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => bytes.push(byte),
            Err(_) => break,
        }
    }
    let mut text = String::from_utf8(bytes).unwrap();
    let length = text.lines().find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    stream.read_exact(&mut body).await.unwrap();
    text.push_str(&String::from_utf8(body).unwrap());
    text
}

/// Who is where. Nobody else may be connected to.
#[derive(Debug, Default)]
pub(super) struct Book {
    pub(super) places: Vec<(String, Vec<SocketAddr>)>,
    pub(super) asked: Vec<String>,
}

impl Book {
    pub(super) fn new<'a>(places: impl IntoIterator<Item = (&'a str, SocketAddr)>) -> Self {
        let places = places.into_iter().map(|(place, address)| (place.to_owned(), vec![address]));
        Self { places: places.collect(), asked: Vec::new() }
    }
}

impl Authorise for Book {
    async fn authorise(&mut self, target: &Target) -> Result<Vec<SocketAddr>, HttpFailure> {
        let scheme = if target.secure() { "https" } else { "http" };
        let place = format!("{scheme}://{}:{}", target.host(), target.port());
        self.asked.push(place.clone());
        let found = self.places.iter().find(|(known, _)| *known == place);
        found.map(|(_, addresses)| addresses.clone()).ok_or(HttpFailure::PermissionDenied(place))
    }
}

/// Dials over TCP and keeps a record.
#[derive(Debug, Default)]
pub(super) struct Recorder(pub(super) Mutex<Vec<SocketAddr>>);

impl Dialer for Recorder {
    fn dial(&self, address: SocketAddr) -> BoxFuture<'static, io::Result<Box<dyn Connection>>> {
        self.0.lock().unwrap().push(address);
        TcpDialer.dial(address)
    }
}

pub(super) fn client(limits: HttpLimits) -> Client {
    Client::new(Arc::new(TcpDialer), b"", limits).unwrap()
}

pub(super) fn request(method: Method, url: &str) -> Request {
    Request { method, url: url.to_owned(), headers: Vec::new(), body: None }
}

pub(super) fn owned(headers: &[(&str, &str)]) -> Vec<(String, String)> {
    headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// A result on one line: `200 name: value, … | body`, or the failure.
pub(super) fn show(result: &Result<Response, HttpFailure>) -> String {
    match result {
        Ok(Response { status, headers, body }) => {
            let headers: Vec<String> = headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
            format!("{status} {} | {}", headers.join(", "), String::from_utf8_lossy(body))
        }
        Err(failure) => failure.to_string(),
    }
}

/// Sends one GET to a peer that follows a script, and shows the result.
pub(super) async fn get(script: Vec<Act>, limits: HttpLimits) -> String {
    exchange(request(Method::Get, "http://peer.test/"), script, limits).await
}

/// Sends one request to a peer that follows a script, and shows the result.
pub(super) async fn exchange(request: Request, script: Vec<Act>, limits: HttpLimits) -> String {
    let peer = Peer::start(vec![script]).await;
    let mut book = Book::new([("http://peer.test:80", peer.address)]);
    let client = client(limits);
    show(&in_time(client.send(request, &mut book)).await)
}
