//! Runs the commands of a session in a directory of its own.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The manifest that `depend` completes.
const MANIFEST: &str = "[component]\nname = \"a\"\nversion = \"1.0.0\"\napi-version = \"1.0.0\"\n\
                        [resources.memory]\nmax = \"1MB\"\n[wit-dependencies]\n";

/// Behind these, and the place they name, stands what git or the reader of WIT says, in words of their own.
const OTHERS_SAY: [&str; 2] = [": git cannot fetch ", "wit does not resolve with them: "];

/// A directory in which commands are run. The component is `c`, the cache of repositories `cache`.
pub(crate) struct Session {
    root: PathBuf,
    _temporary: tempfile::TempDir,
}

/// How long the path of every session is, so that columns and underlines are equally long wherever it runs.
const ROOT_BYTES: usize = 100;

impl Session {
    pub(crate) fn new() -> Self {
        let temporary = tempfile::tempdir().unwrap();
        let root = temporary.path().canonicalize().unwrap();
        let left =
            ROOT_BYTES.checked_sub(root.as_os_str().len() + 1).expect("TMPDIR is shorter than the session's path");
        let session = Self { root: root.join("r".repeat(left)), _temporary: temporary };
        fs::create_dir(&session.root).unwrap();
        fs::create_dir(session.path("c")).unwrap();
        session
    }

    /// The script with what its commands print now.
    pub(crate) fn run(&self, script: &str) -> String {
        let mut found = String::new();
        let mut lines = script.lines().peekable();
        while let Some(line) = lines.next() {
            let Some(command) = line.strip_prefix("$ ") else {
                if ![">", "!", "="].iter().any(|mark| line.starts_with(mark)) {
                    let _ = writeln!(found, "{line}");
                }
                continue;
            };
            let _ = writeln!(found, "{line}");
            let mut input = String::new();
            while let Some(line) = lines.next_if(|line| line.starts_with('|')) {
                let _ = writeln!(found, "{line}");
                let _ = writeln!(input, "{}", line.strip_prefix("| ").unwrap_or(""));
            }
            let words: Vec<String> = command.split(' ').map(|word| self.place(word)).collect();
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            found.push_str(&self.command(&words, &self.place(&input)));
        }
        found
    }

    fn command(&self, words: &[&str], input: &str) -> String {
        match words {
            // Files.
            ["write", path] => {
                let path = self.path(path);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, input).unwrap();
            }
            ["fill", path, bytes] => fs::write(self.path(path), " ".repeat(bytes.parse().unwrap())).unwrap(),
            ["nest", path, depth] => {
                fs::create_dir_all(self.path(&"x/".repeat(depth.parse().unwrap()).replacen('x', path, 1))).unwrap()
            }
            ["remove", path] => match self.path(path) {
                path if path.is_dir() && !path.is_symlink() => fs::remove_dir_all(path).unwrap(),
                path => fs::remove_file(path).unwrap(),
            },
            ["link", path, target] => {
                let path = self.path(path);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::os::unix::fs::symlink(target, path).unwrap();
            }
            ["replace", path, from, to] => {
                let [from, to] = [from, to].map(|word| word.replace("%20", " "));
                let text = fs::read_to_string(self.path(path)).unwrap();
                assert!(text.contains(&from), "{path} has no {from}");
                fs::write(self.path(path), text.replacen(&from, &to, 1)).unwrap();
            }
            ["exists", path] => return format!("> {}\n", if self.path(path).exists() { "yes" } else { "no" }),
            ["list", path] => return self.list(&self.path(path)),
            ["show", path] => return self.marked(">", &fs::read(self.path(path)).unwrap_or(b"(absent)".to_vec())),
            // The manifest.
            ["depend"] => fs::write(self.path("c/component.toml"), format!("{MANIFEST}{input}")).unwrap(),
            // Repositories.
            ["commit", repository, tag] => {
                self.git(repository, &["init", "--quiet", "-b", "main"]);
                self.git(repository, &["add", "--all"]);
                self.git(repository, &["commit", "--quiet", "--allow-empty", "-m", "x"]);
                self.git(repository, &["tag", "--force", tag]);
            }
            ["branch", repository, name] => self.git(repository, &["branch", "--force", name]),
            // A tree with an entry that no file system has, which git writes only when it is told not to look.
            ["hostile", repository, name, tag] => self.hostile(repository, name, tag),
            // What is tested.
            ["deps", rest @ ..] => return self.deps(rest),
            ["deps-without-git"] => {
                let mut command = Command::new(env!("CARGO_BIN_EXE_airssys-wasm"));
                let command = command.args(["wit", "deps", "c", "--cache", "cache"]);
                return self.printed(&self.environment(command).env("PATH", "").output().unwrap());
            }
            _ => panic!("no such command: {words:?}"),
        }
        String::new()
    }

    fn deps(&self, arguments: &[&str]) -> String {
        let all = [&["wit", "deps", "c", "--cache", "cache"], arguments].concat();
        self.printed(&self.airssys(&all))
    }

    fn airssys(&self, arguments: &[&str]) -> Output {
        self.environment(Command::new(env!("CARGO_BIN_EXE_airssys-wasm")).args(arguments)).output().unwrap()
    }

    fn environment<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command
            .current_dir(&self.root)
            .env("HOME", &self.root)
            .env("NO_COLOR", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_AUTHOR_DATE", "2026-01-01T00:00:00Z")
            .env("GIT_COMMITTER_DATE", "2026-01-01T00:00:00Z")
    }

    fn git(&self, repository: &str, arguments: &[&str]) {
        self.git_with(repository, arguments, &[]);
    }

    /// Runs git with an input; returns what it prints.
    fn git_with(&self, repository: &str, arguments: &[&str], input: &[u8]) -> String {
        let mut command = Command::new("git");
        let user = ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "core.autocrlf=false"];
        self.environment(command.args(user).arg("-C").arg(self.path(repository)).args(arguments));
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn hostile(&self, repository: &str, name: &str, tag: &str) {
        fs::create_dir_all(self.path(repository)).unwrap();
        self.git(repository, &["init", "--quiet", "-b", "main"]);
        let write = |kind: &str, bytes: &[u8]| {
            let arguments = ["hash-object", "-t", kind, "--literally", "-w", "--stdin"];
            self.git_with(repository, &arguments, bytes)
        };
        let raw = |hash: &str| -> Vec<u8> {
            (0..hash.len()).step_by(2).map(|at| u8::from_str_radix(&hash[at..at + 2], 16).unwrap()).collect()
        };
        let blob = write("blob", b"package a:a@1.0.0;\n");
        let inner = write("tree", &[b"100644 a.wit\0", raw(&blob).as_slice()].concat());
        let entry = format!("40000 {name}\0");
        let tree = write("tree", &[entry.as_bytes(), raw(&inner).as_slice()].concat());
        let commit = self.git_with(repository, &["commit-tree", &tree, "-m", "x"], &[]);
        self.git(repository, &["tag", tag, &commit]);
    }

    /// The files below a directory, links with their targets.
    fn list(&self, root: &Path) -> String {
        let mut found = Vec::new();
        let mut pending = vec![root.to_owned()];
        while let Some(directory) = pending.pop() {
            for entry in fs::read_dir(directory).into_iter().flatten() {
                let path = entry.unwrap().path();
                let name = path.strip_prefix(root).unwrap().display().to_string();
                match fs::read_link(&path) {
                    Ok(target) => found.push(format!("{name} -> {}", target.display())),
                    Err(_) if path.is_dir() => pending.push(path),
                    Err(_) => found.push(name),
                }
            }
        }
        found.sort();
        found.iter().map(|name| format!("> {name}\n")).collect()
    }

    fn printed(&self, output: &Output) -> String {
        let code = match output.status.code() {
            Some(0) => String::new(),
            code => format!("= {}\n", code.map_or("a signal".to_owned(), |code| code.to_string())),
        };
        format!("{}{}{code}", self.marked(">", &output.stdout), self.marked("!", &output.stderr))
    }

    /// Text, line by line, with the session's directory as `$ROOT`.
    fn marked(&self, mark: &str, bytes: &[u8]) -> String {
        let text = String::from_utf8(bytes.to_vec()).unwrap().replace(&self.root.display().to_string(), "$ROOT");
        let cut = |line: &str| {
            let behind = OTHERS_SAY.iter().find_map(|start| Some(line.split_once(start)?.1))?;
            let end = line.len() - behind.len() + behind.find(": ")?;
            Some(format!("{}: …", &line[..end]))
        };
        let line = |line: &str| format!("{mark} {}", cut(line).as_deref().unwrap_or(line)).trim_end().to_owned() + "\n";
        text.lines().map(line).collect()
    }

    fn place(&self, text: &str) -> String {
        text.replace("$ROOT", &self.root.display().to_string())
    }

    fn path(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }
}
