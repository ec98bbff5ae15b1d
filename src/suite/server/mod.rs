//! The servers of a case: HTTP/1.1 on real sockets of this machine, run by the suite so that they are the same for every
//! runtime and see what every runtime sends.
//!
//! In: scripts. Out: where each address of a case is to be found, and what was received. What a server answers is fixed
//! beforehand: it judges nothing.

mod script;

use std::collections::BTreeMap;
use std::io::{BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use script::{Answer, Then};
pub use script::{RouteSource, Script, ServerSource};

use super::protocol::{Bytes, ReceivedRequest};

/// The longest request that a server reads, in bytes: the guests of cases send less.
const MAX_REQUEST_BYTES: u64 = 32 << 20;

/// How much of an endless body is sent, in bytes: several times what the cases allow. A runtime that has no bound fails its
/// case by this, and does not take the machine with it.
const MAX_ENDLESS_BYTES: usize = 128 << 20;

/// The servers of one case, until dropped.
#[derive(Default)]
pub(super) struct Servers {
    servers: BTreeMap<String, Server>,
}

struct Server {
    port: u16,
    at: Vec<String>,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    script: Script,
    received: Mutex<Vec<ReceivedRequest>>,
    connections: AtomicU64,
    closing: AtomicBool,
    open: Mutex<Vec<TcpStream>>,
}

impl Servers {
    /// Starts servers.
    ///
    /// # Errors
    /// What the machine says if it gives no socket.
    pub(super) fn start(scripts: &BTreeMap<String, Script>) -> std::io::Result<Self> {
        let mut servers = BTreeMap::new();
        for (name, script) in scripts {
            servers.insert(name.clone(), Server::start(script)?);
        }
        Ok(Self { servers })
    }

    /// Where each address is to be found: a port of 127.0.0.1.
    pub(super) fn endpoints(&self) -> BTreeMap<String, u16> {
        self.servers.values().flat_map(|server| server.at.iter().map(|at| (at.clone(), server.port))).collect()
    }

    /// What a server received since last asked; none if there is no such server.
    pub(super) fn received(&self, name: &str) -> Option<Vec<ReceivedRequest>> {
        let server = self.servers.get(name)?;
        Some(std::mem::take(&mut server.shared.received.lock().unwrap_or_else(PoisonError::into_inner)))
    }
}

impl Server {
    fn start(script: &Script) -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = listener.local_addr()?.port();
        let shared = Arc::new(Shared { script: script.clone(), ..Shared::default() });
        let theirs = Arc::clone(&shared);
        std::thread::Builder::new().name("case-server".to_owned()).spawn(move || {
            for stream in listener.incoming() {
                let Ok(stream) = stream else { continue };
                if theirs.closing.load(Ordering::SeqCst) {
                    return;
                }
                let shared = Arc::clone(&theirs);
                let _ = std::thread::Builder::new().name("case-connection".to_owned()).spawn(move || {
                    shared.serve(&stream);
                    // Another handle of it is kept, which dropping this one does not close.
                    let _ = stream.shutdown(Shutdown::Both);
                });
            }
        })?;
        Ok(Self { port, at: script.at.clone(), shared })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.closing.store(true, Ordering::SeqCst);
        for stream in self.shared.open.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
        // Wakes the listener, which then sees that it is over.
        let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
    }
}

impl Shared {
    /// Serves a connection to its end, whatever that is.
    fn serve(&self, stream: &TcpStream) {
        let connection = self.connections.fetch_add(1, Ordering::SeqCst) + 1;
        if let Ok(handle) = stream.try_clone() {
            self.open.lock().unwrap_or_else(PoisonError::into_inner).push(handle);
        }
        let mut reader = BufReader::new(stream.take(MAX_REQUEST_BYTES));
        while let Some(request) = read_request(&mut reader, connection) {
            let Answer { bytes, then } = self.script.answer(&request.target);
            let head_only = request.method == "HEAD";
            self.received.lock().unwrap_or_else(PoisonError::into_inner).push(request);
            let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").map_or(bytes.len(), |at| at + 4);
            let shown = if head_only { &bytes[..end] } else { &bytes[..] };
            let mut writer = stream;
            if writer.write_all(shown).is_err() {
                return;
            }
            match then {
                Then::Next => {}
                Then::Close => return,
                Then::Nothing => {
                    let _ = reader.read_to_end(&mut Vec::new());
                    return;
                }
                Then::Endless(more) => {
                    // Each write waits until the client has room for it, and the last one fails.
                    let mut left = MAX_ENDLESS_BYTES;
                    while left > 0 && !self.closing.load(Ordering::SeqCst) && writer.write_all(&more).is_ok() {
                        left = left.saturating_sub(more.len().max(1));
                    }
                    return;
                }
            }
        }
    }
}

fn read_request(reader: &mut impl std::io::BufRead, connection: u64) -> Option<ReceivedRequest> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|bytes| *bytes > 0)?;
    let mut words = line.split_whitespace();
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|bytes| *bytes > 0)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length").and_then(|(_, value)| value.parse().ok());
    let mut body = Vec::new();
    reader.take(length.unwrap_or(0)).read_to_end(&mut body).ok()?;
    Some(ReceivedRequest { connection, method, target, headers, body: Bytes(body) })
}
