//! A directory with a component that does one thing for each operation, and what it finds there.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::LazyLock;

use super::{MANIFEST, run, wasm, with};

/// What the component does, by operation. `PORT` is that of [`server`].
const OPERATIONS: [(&str, &str); 22] = [
    ("read", r#"call filesystem.read-file("/data/x")"#),
    ("write", r#"call filesystem.write-file("/data/y", "text:y")"#),
    ("list", r#"call filesystem.list-directory("/data")"#),
    ("remove", r#"call filesystem.delete-file("/data/y")"#),
    ("stat", r#"invoke filesystem.stat-file("/bin")"#),
    ("link", r#"call filesystem.read-file("/data/link")"#),
    ("star", r#"call filesystem.write-file("/data/*[1].txt", "text:")"#),
    ("top", r#"invoke filesystem.list-directory("/")"#),
    ("relative", r#"call filesystem.read-file("data/x")"#),
    ("own-log", r#"call filesystem.read-file("/log")"#),
    ("own-store", r#"call filesystem.delete-file("/store")"#),
    ("start", r#"call process.spawn-process("/bin/tool", [], none)"#),
    ("set", r#"call storage.set("app:cache", "k", "text:v")"#),
    ("get", r#"call storage.get("app:cache", "k")"#),
    ("odd-names", r#"call storage.set("App", "k", "text:v")"#),
    ("odd-target", r#"call host-services.send-message("Logger", "raw:x")"#),
    ("odd-function", r#"call host-services.call-host-function("Geo\u{202e}", "raw:x")"#),
    ("send", r#"call host-services.send-message("logger", "raw:x")"#),
    ("request", r#"call host-services.send-request("acme:db", "raw:x", 0)"#),
    ("function", r#"call host-services.call-host-function("geo.lookup", "raw:x")"#),
    (
        "address",
        r#"call network.http-request({method: get, url: "http://127.0.0.1:PORT/", headers: [], body: none, timeout-ms: none})"#,
    ),
    (
        "localhost",
        r#"call network.http-request({method: get, url: "http://LocalHost:PORT/", headers: [], body: none, timeout-ms: none})"#,
    ),
];

/// Exit code, standard output, standard error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Said {
    pub(crate) fn new(code: i32, out: &str, err: &str) -> Self {
        Self { code: Some(code), out: out.to_owned(), err: err.to_owned() }
    }
}

impl std::fmt::Display for Said {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "exit {:?}\n# standard output\n{}# standard error\n{}", self.code, self.out, self.err)
    }
}

/// A place with the component in `a` and its files below `root`.
pub(crate) struct Place {
    directory: tempfile::TempDir,
    port: u16,
}

impl Place {
    /// A place whose manifest has these tables, too.
    pub(crate) fn new(tables: &str) -> Self {
        // A fresh instance for each operation: no answer repeats what an earlier one said.
        let manifest = MANIFEST.replace("stateful = true", "stateful = false") + tables;
        let files: [(&str, &[u8]); 4] = [
            ("a/component.toml", manifest.as_bytes()),
            ("a/a.wasm", &WASM.1),
            ("root/data/x", b"x"),
            ("root/bin/tool", b"#!/bin/sh\necho \"$@\"\nexit 3\n"),
        ];
        let directory = with(&files);
        let root = directory.path().join("root");
        std::os::unix::fs::symlink("x", root.join("data/link")).unwrap();
        fs::set_permissions(root.join("bin/tool"), fs::Permissions::from_mode(0o755)).unwrap();
        Self { directory, port: WASM.0 }
    }

    pub(crate) fn write(&self, path: &str, content: &str) {
        fs::write(self.directory.path().join(path), content).unwrap();
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn path(&self, path: &str) -> std::path::PathBuf {
        self.directory.path().join(path)
    }

    /// Runs a command line in the place. What differs from run to run stands as a word in capitals.
    pub(crate) fn says(&self, line: &str) -> Said {
        let output = run(self.directory.path(), &line.split(' ').collect::<Vec<_>>());
        let text = |bytes| self.lasting(&String::from_utf8(bytes).unwrap());
        Said { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }

    /// The names in the place, besides those that it started with.
    pub(crate) fn made(&self) -> Vec<String> {
        let entries = fs::read_dir(self.directory.path()).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.retain(|name| name != "a" && name != "root");
        names.sort();
        names
    }

    fn lasting(&self, text: &str) -> String {
        let text = text.replace(&self.port.to_string(), "PORT");
        let words = text.split_inclusive([' ', '\n']).map(|word| {
            let (bare, end) = word.split_at(word.trim_end().len());
            let is_time = bare.len() >= 20 && bare.as_bytes()[10] == b'T' && bare.ends_with('Z');
            match bare.split_once("time_ms=") {
                Some(("", _)) => format!("time_ms=TIME{end}"),
                _ if is_time => format!("TIME{end}"),
                _ => word.to_owned(),
            }
        });
        words.collect()
    }
}

/// The component, and the port of the server that it knows.
static WASM: LazyLock<(u16, Vec<u8>)> = LazyLock::new(|| {
    let port = server();
    let spawn =
        "call process.spawn-process(\"/bin/tool\", [\"a b\"], none) as p', 'call process.wait-process($p.ok, 60000)";
    let operations = OPERATIONS.into_iter().chain([("spawn", spawn)]);
    let lines = operations.map(|(name, call)| {
        let call = call.replace("PORT", &port.to_string());
        format!("on.\"raw:{name}\" = ['{call}', 'return ok($transcript)']\n")
    });
    let idle = "on.\"raw:idle\" = ['return ok(\"raw:idle\")']\n";
    let trap = "on.\"raw:trap\" = ['call filesystem.read-file(\"/data/x\")', 'trap unreachable']\n";
    (port, wasm(&(lines.collect::<String>() + idle + trap)))
});

/// A server of the loopback address that answers every request with an empty 200. Returns its port.
fn server() -> u16 {
    use std::io::{BufRead as _, BufReader, Write as _};
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { continue };
            let lines = BufReader::new(&stream).lines().map_while(Result::ok);
            let _head = lines.take_while(|line| !line.is_empty()).count();
            // Whoever is gone needs no answer.
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
        }
    });
    port
}

/// The arguments that make the component do these, in order.
pub(crate) fn operations(names: &str) -> String {
    names.split(' ').map(|name| format!(" --op raw:{name}")).collect()
}
