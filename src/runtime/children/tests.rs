//! Tests of the child processes, with programs that every system has.
//!
//! That a process is gone is seen by the end of a FIFO that it held; one that is not killed writes `late` to it first.

use std::path::{Path, PathBuf};
use std::pin::pin;

use rstest::rstest;
use rustix::fs::{CWD, FileType, Mode, mknodat};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use tempfile::TempDir;
use tokio::io::AsyncReadExt as _;
use tokio::net::unix::pipe;

use super::command::MAX_ARGUMENT_BYTES;
use super::output::MAX_OUTPUT_BYTES;
use super::*;

/// Says `up`, and goes on for long after in a process of its own, which would say `late`.
const LINGER: &str = "exec 3>\"$1\"; echo up >&3; (sleep 20; echo late >&3) & ";

struct Fifo {
    _folder: TempDir,
    path: PathBuf,
    reader: pipe::Receiver,
}

impl Fifo {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("fifo");
        mknodat(CWD, &path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        let reader = pipe::OpenOptions::new().open_receiver(&path).unwrap();
        Self { _folder: folder, path, reader }
    }

    /// Waits until somebody has written something.
    async fn up(&mut self) -> String {
        // Without a writer a FIFO is at its end.
        self.reader.readable().await.unwrap();
        let mut bytes = vec![0; 64];
        loop {
            match self.reader.read(&mut bytes).await.unwrap() {
                0 => tokio::task::yield_now().await,
                read => return String::from_utf8(bytes[..read].to_vec()).unwrap(),
            }
        }
    }

    /// Waits until nobody has it open to write.
    async fn rest(mut self) -> String {
        let mut text = String::new();
        self.reader.read_to_string(&mut text).await.unwrap();
        text
    }
}

fn children() -> Children {
    Children::new(Census::default())
}

fn strings(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn pairs(env: &[(&str, &str)]) -> Vec<(String, String)> {
    env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn sh(children: &mut Children, script: &str, fifo: &Path) -> u64 {
    let args = strings(&["-c", script, "sh", fifo.to_str().unwrap()]);
    let path = pairs(&[("PATH", "/usr/bin:/bin")]);
    children.spawn(Path::new("/bin/sh"), "sh", "sh", &args, &path).unwrap()
}

fn leader(children: &Children, handle: u64) -> Pid {
    children.slots[&handle].group.leader().unwrap()
}

fn is_gone(pid: Pid) -> bool {
    test_kill_process(pid) == Err(rustix::io::Errno::SRCH)
}

fn ended(exit_code: i32, stdout: &str, stderr: &str) -> Ended {
    Ended { exit_code, stdout: stdout.into(), stderr: stderr.into() }
}

/// What a program ends with and writes.
#[rstest]
#[case::arguments_are_verbatim(
    "/usr/bin/printf",
    &["<%s>", "a b", "$HOME", "`id`", "; rm -rf x", "*", "'\"", "", "ü\n"],
    &[],
    ended(0, "<a b><$HOME><`id`><; rm -rf x><*><'\"><><ü\n>", "")
)]
#[case::no_environment("/usr/bin/env", &[], &[], ended(0, "", ""))]
#[case::this_environment("/usr/bin/env", &[], &[("B", "2=3"), ("A", "")], ended(0, "A=\nB=2=3\n", ""))]
#[case::no_input("/bin/cat", &[], &[], ended(0, "", ""))]
#[case::at_the_root("/bin/sh", &["-c", "pwd -P"], &[], ended(0, "/\n", ""))]
#[case::its_name("/bin/cat", &["/proc/self/comm"], &[], ended(0, "cat\n", ""))]
#[case::name_as_given("/bin/cat", &["/proc/self/cmdline"], &[], ended(0, "given\0/proc/self/cmdline\0", ""))]
#[case::both_outputs("/bin/sh", &["-c", "echo out; echo err >&2; exit 7"], &[], ended(7, "out\n", "err\n"))]
#[case::a_signal("/bin/sh", &["-c", "kill -TERM $$"], &[], ended(-15, "", ""))]
#[case::its_own_group(
    "/bin/sh",
    &["-c", "read -r pid _ _ _ group _ </proc/$$/stat; test $pid = $group && echo leads"],
    &[],
    ended(0, "leads\n", "")
)]
#[tokio::test]
async fn a_process_is_what_was_asked_for(
    #[case] executable: &str,
    #[case] args: &[&str],
    #[case] env: &[(&str, &str)],
    #[case] expected: Ended,
) {
    let mut children = children();
    let handle = children.spawn(Path::new(executable), "given", "given", &strings(args), &pairs(env)).unwrap();
    assert_eq!(children.command_of(handle), Some("given"));
    assert_eq!(children.wait(handle).await, Ok(expected));
    assert_eq!(children.running.count(), 0);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn no_descriptor_is_inherited() {
    // Two that a child would inherit, one of them far up.
    let file = std::fs::File::open("/").unwrap();
    let stray = rustix::io::dup(&file).unwrap();
    let far = rustix::io::fcntl_dupfd_cloexec(&file, 200).unwrap();
    rustix::io::fcntl_setfd(&far, rustix::io::FdFlags::empty()).unwrap();
    let mut children = children();
    let handle = children.spawn(Path::new("/bin/ls"), "ls", "ls", &strings(&["/proc/self/fd"]), &[]).unwrap();
    // The fourth is that of the directory which it lists.
    assert_eq!(children.wait(handle).await, Ok(ended(0, "0\n1\n2\n3\n", "")));
    drop((stray, far));
}

/// What cannot be started.
#[rstest]
#[case::nothing_there("/bin/there-is-none", &[], &[], ChildError::NotFound)]
#[case::relative("bin/sh", &[], &[], ChildError::Malformed("the executable is no absolute path".to_owned()))]
#[case::a_directory("/bin", &[], &[], ChildError::Io("Permission denied (os error 13)".to_owned()))]
#[case::nul("/bin/sh", &["a\0b"], &[], ChildError::Malformed("an argument contains NUL".to_owned()))]
#[case::nul_in_a_value("/bin/sh", &[], &[("A", "\0")], ChildError::Malformed("the value of a variable contains NUL".to_owned()))]
#[case::no_name("/bin/sh", &[], &[("", "a")], bad_name())]
#[case::equals_in_a_name("/bin/sh", &[], &[("A=B", "a")], bad_name())]
#[case::nul_in_a_name("/bin/sh", &[], &[("A\0", "a")], bad_name())]
#[case::twice("/bin/sh", &[], &[("A", "a"), ("A", "b")], ChildError::Malformed("a variable is given twice".to_owned()))]
#[tokio::test]
async fn what_cannot_be_started_says_why(
    #[case] executable: &str,
    #[case] args: &[&str],
    #[case] env: &[(&str, &str)],
    #[case] expected: ChildError,
) {
    let mut children = children();
    assert_eq!(children.spawn(Path::new(executable), "given", "given", &strings(args), &pairs(env)), Err(expected));
    assert_eq!((children.slots.len(), children.running.count()), (0, 0));
}

fn bad_name() -> ChildError {
    ChildError::Malformed("the name of a variable is empty, or contains `=` or NUL".to_owned())
}

/// A text without an interpreter is no program, and no shell takes it for one.
#[tokio::test]
async fn no_shell_runs_a_text() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("text");
    // Written by a process of its own: a child that another test starts meanwhile could hold the file open for writing,
    // and such a file is executed by nobody.
    let mut children = children();
    let handle = sh(&mut children, "echo 'echo run by a shell' >\"$1\"; chmod 755 \"$1\"", &path);
    assert_eq!(children.wait(handle).await, Ok(ended(0, "", "")));
    let spawned = children.spawn(&path, "text", "text", &[], &pairs(&[("PATH", "/bin")]));
    assert_eq!(spawned, Err(ChildError::Io("Exec format error (os error 8)".to_owned())));
}

#[tokio::test]
async fn an_executable_that_stays_open_for_writing_is_busy_and_not_tried_for_ever() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("busy");
    std::fs::copy("/bin/true", &path).unwrap();
    let writer = std::fs::OpenOptions::new().append(true).open(&path).unwrap();
    let spawned = children().spawn(&path, "busy", "busy", &[], &[]);
    assert_eq!(spawned, Err(ChildError::Io("Text file busy (os error 26)".to_owned())));
    drop(writer);
}

#[test]
fn a_process_needs_a_runtime() {
    let spawned = children().spawn(Path::new("/bin/true"), "true", "true", &[], &[]);
    assert!(matches!(&spawned, Err(ChildError::Io(text)) if text.contains("no reactor running")), "{spawned:?}");
}

/// `true` as the command takes 5 bytes, each argument one more than it has, each variable two more.
#[rstest]
#[case::one_argument(&[MAX_ARGUMENT_BYTES - 6], &[], true)]
#[case::one_argument_too_large(&[MAX_ARGUMENT_BYTES - 5], &[], false)]
#[case::many(&[999, 999], &[MAX_ARGUMENT_BYTES - 5 - 2_000 - 3], true)]
#[case::many_too_large(&[999, 999], &[MAX_ARGUMENT_BYTES - 5 - 2_000 - 2], false)]
#[tokio::test]
async fn arguments_and_environment_are_bounded(#[case] args: &[usize], #[case] env: &[usize], #[case] fits: bool) {
    let args: Vec<String> = args.iter().map(|bytes| "a".repeat(*bytes)).collect();
    let env: Vec<_> = env.iter().map(|bytes| ("A".to_owned(), "a".repeat(*bytes))).collect();
    let mut children = children();
    match children.spawn(Path::new("/bin/true"), "true", "true", &args, &env) {
        Ok(handle) => assert_eq!((children.wait(handle).await, fits), (Ok(ended(0, "", "")), true)),
        Err(error) => assert_eq!((error, fits), (ChildError::TooLarge(131_072), false)),
    }
}

/// How much a process writes to which output, and whether it may.
#[rstest]
#[case::as_much_as_fits(&format!("head -c {MAX_OUTPUT_BYTES} /dev/zero"), true)]
#[case::one_more(&format!("head -c {} /dev/zero", MAX_OUTPUT_BYTES + 1), false)]
#[case::one_more_of_errors(&format!("head -c {} /dev/zero >&2", MAX_OUTPUT_BYTES + 1), false)]
#[case::both_at_once(
    &format!("head -c {MAX_OUTPUT_BYTES} /dev/zero & head -c {MAX_OUTPUT_BYTES} /dev/zero >&2; wait"),
    true
)]
#[case::without_end("while :; do echo and so on; done", false)]
#[case::without_end_and_deaf("trap '' TERM INT HUP PIPE; while :; do echo and so on; done", false)]
#[tokio::test]
async fn outputs_are_bounded(#[case] script: &str, #[case] fits: bool) {
    let mut children = children();
    let handle = sh(&mut children, script, Path::new(""));
    let pid = leader(&children, handle);
    match children.wait(handle).await {
        Ok(Ended { exit_code, stdout, stderr }) => {
            assert_eq!((exit_code, stdout.len().max(stderr.len()), fits), (0, MAX_OUTPUT_BYTES, true));
        }
        Err(error) => assert_eq!((error, fits), (ChildError::TooLarge(1 << 20), false)),
    }
    assert!(is_gone(pid), "{pid:?} is there, if only as a zombie");
    assert_eq!(children.running.count(), 0);
}

#[tokio::test]
async fn what_a_process_leaves_behind_is_killed() {
    let fifo = Fifo::new();
    let mut children = children();
    // It holds the outputs open, too.
    let handle = sh(&mut children, &format!("{LINGER} echo out; exit 3"), &fifo.path);
    assert_eq!(children.wait(handle).await, Ok(ended(3, "out\n", "")));
    assert_eq!(fifo.rest().await, "up\n");
}

/// It cannot be killed, but neither can it make anybody wait.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn who_left_the_group_is_not_waited_for() {
    let mut fifo = Fifo::new();
    let mut children = children();
    let script = "exec 3>\"$1\"; setsid sh -c 'echo $$ >&3; exec sleep 20' & read -r _ <\"$1\".go; echo out";
    let go = fifo.path.with_extension("go");
    mknodat(CWD, fifo.path.with_file_name("fifo.go"), FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    assert_eq!(go, fifo.path.with_file_name("fifo.go"));
    let handle = sh(&mut children, script, &fifo.path);
    let escaped = Pid::from_raw(fifo.up().await.trim().parse().unwrap()).unwrap();
    tokio::task::spawn_blocking(move || std::fs::write(go, "go\n")).await.unwrap().unwrap();
    let ended_first = tokio::select! {
        biased;
        result = children.wait(handle) => Some(result),
        _ = fifo.rest() => None,
    };
    assert_eq!(ended_first, Some(Ok(ended(0, "out\n", ""))));
    kill_process(escaped, Signal::KILL).unwrap();
}

#[tokio::test]
async fn a_killed_process_ends_by_the_signal_and_keeps_its_output() {
    let mut fifo = Fifo::new();
    let mut children = children();
    let handle = sh(&mut children, &format!("echo out; {LINGER} wait"), &fifo.path);
    assert_eq!(fifo.up().await, "up\n");
    assert_eq!(children.kill(handle), Ok(()));
    assert_eq!(children.kill(handle), Ok(()), "the handle stays valid");
    assert_eq!(children.wait(handle).await, Ok(ended(-9, "out\n", "")));
    assert_eq!(fifo.rest().await, "", "the group is killed, not the leader alone");
}

#[tokio::test]
async fn a_process_that_has_ended_is_not_killed() {
    let fifo = Fifo::new();
    let mut children = children();
    let handle = sh(&mut children, "exit 7", &fifo.path);
    children.running.none_left().await;
    assert_eq!(children.kill(handle), Ok(()));
    assert_eq!(children.wait(handle).await, Ok(ended(7, "", "")));
}

#[tokio::test]
async fn giving_up_a_wait_changes_nothing() {
    let mut fifo = Fifo::new();
    let mut children = children();
    let handle = sh(&mut children, &format!("{LINGER} wait"), &fifo.path);
    assert_eq!(fifo.up().await, "up\n");
    for _ in 0..3 {
        let waited = tokio::select! {
            biased;
            result = pin!(children.wait(handle)) => Some(result),
            () = tokio::task::yield_now() => None,
        };
        assert_eq!(waited, None);
    }
    assert_eq!(children.command_of(handle), Some("sh"));
    children.kill(handle).unwrap();
    assert_eq!(children.wait(handle).await, Ok(ended(-9, "", "")));
}

#[tokio::test]
async fn a_handle_is_used_once() {
    let mut children = children();
    let first = children.spawn(Path::new("/bin/true"), "true", "true", &[], &[]).unwrap();
    assert_eq!(children.wait(first).await, Ok(ended(0, "", "")));
    let second = children.spawn(Path::new("/bin/true"), "true", "true", &[], &[]).unwrap();
    assert_eq!((first, second), (1, 2));
    for handle in [0, first, 3, u64::MAX] {
        assert_eq!(children.wait(handle).await, Err(ChildError::InvalidHandle(handle)));
        assert_eq!(children.kill(handle), Err(ChildError::InvalidHandle(handle)));
        assert_eq!(children.command_of(handle), None);
    }
    assert_eq!(children.wait(second).await, Ok(ended(0, "", "")));
}

#[tokio::test]
async fn there_are_so_many_at_a_time() {
    let mut children = children();
    let spawn =
        |children: &mut Children| children.spawn(Path::new("/bin/sleep"), "sleep", "sleep", &strings(&["20"]), &[]);
    let handles: Vec<u64> = (0..MAX_CHILDREN).map(|_| spawn(&mut children).unwrap()).collect();
    assert_eq!(spawn(&mut children), Err(ChildError::TooMany(16)));
    assert_eq!(children.running.count(), 16);
    // One that has ended and was not waited for still counts.
    children.kill(handles[0]).unwrap();
    let count = children.running.clone();
    while count.count() > 15 {
        tokio::task::yield_now().await;
    }
    assert_eq!(spawn(&mut children), Err(ChildError::TooMany(16)));
    assert_eq!(children.wait(handles[0]).await, Ok(ended(-9, "", "")));
    assert_eq!(spawn(&mut children), Ok(17));
    drop(children);
    count.none_left().await;
}

#[tokio::test]
async fn processes_end_with_their_instance() {
    let mut fifo = Fifo::new();
    let mut children = children();
    let handle = sh(&mut children, &format!("{LINGER} wait"), &fifo.path);
    assert_eq!(fifo.up().await, "up\n");
    let (count, pid) = (children.running.clone(), leader(&children, handle));
    assert_eq!(count.count(), 1);
    drop(children);
    assert_eq!(fifo.rest().await, "");
    count.none_left().await;
    assert!(is_gone(pid), "{pid:?} is a zombie");
}

#[test]
fn processes_end_with_the_runtime() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (first, second) = (runtime(), runtime());
    let mut fifo = second.block_on(async { Fifo::new() });
    let mut children = children();
    let handle = first.block_on(async { sh(&mut children, &format!("{LINGER} wait"), &fifo.path) });
    assert_eq!(second.block_on(fifo.up()), "up\n");
    drop(first);
    assert_eq!(children.running.count(), 0);
    let waited = second.block_on(children.wait(handle));
    assert_eq!(waited, Err(ChildError::Io("the host is shutting down".to_owned())));
    assert_eq!(second.block_on(fifo.rest()), "");
}
