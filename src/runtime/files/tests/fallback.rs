//! The same where system calls are missing or refused: a kernel or a sandbox without `openat2`, a directory that the
//! operating system does not let in.

use std::env;
use std::process::Command;

use rustix::fs::{CWD, Mode, OFlags, ResolveFlags, openat2};
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, apply_filter, apply_filter_all_threads};

use super::world::{World, difference, done, read};

/// Numbers of system calls.
const OPENAT2: i64 = 437;
pub(super) const FSYNC: i64 = if cfg!(target_arch = "x86_64") { 74 } else { 82 };

/// Error numbers.
const PERM: u32 = 1;
const ACCES: u32 = 13;
const NOSYS: u32 = 38;

/// The error number with which a child process has its `openat2` answered.
const REFUSED: &str = "AIRSSYS_TEST_OPENAT2_ANSWERS";

fn filter(call: i64, errno: u32) -> BpfProgram {
    let rules = [(call, Vec::new())].into_iter().collect();
    let arch = env::consts::ARCH.try_into().unwrap();
    SeccompFilter::new(rules, SeccompAction::Allow, SeccompAction::Errno(errno), arch).unwrap().try_into().unwrap()
}

/// Has a system call answered with an error, until this thread ends.
pub(super) fn refuse_on_this_thread(call: i64, errno: u32) {
    apply_filter(&filter(call, errno)).unwrap();
}

fn openat2_answers() -> Option<u32> {
    let opened = openat2(CWD, ".", OFlags::PATH | OFlags::CLOEXEC, Mode::empty(), ResolveFlags::empty());
    opened.err().map(|errno| errno.raw_os_error().cast_unsigned())
}

/// What is opened is remembered for the whole process, so each way to be without it has a process of its own.
#[test]
fn everything_again_without_openat2() {
    if let Ok(errno) = env::var(REFUSED) {
        let errno = errno.parse().unwrap();
        apply_filter_all_threads(&filter(OPENAT2, errno)).unwrap();
        assert_eq!(openat2_answers(), Some(errno), "the call is gone");
        if errno == ACCES {
            refused();
        } else {
            again();
        }
        println!("held with {errno}");
        return;
    }
    for errno in [NOSYS, PERM, ACCES] {
        let child = Command::new(env::current_exe().unwrap())
            .args(["runtime::files::tests::fallback::everything_again_without_openat2", "--exact", "--nocapture"])
            .env(REFUSED, errno.to_string())
            .output()
            .unwrap();
        let output = String::from_utf8_lossy(&child.stdout).into_owned() + &String::from_utf8_lossy(&child.stderr);
        assert!(child.status.success() && output.contains(&format!("held with {errno}\n")), "{errno}: {output}");
    }
}

fn again() {
    super::table::check();
    super::between::check();
    super::special::check();
    super::forest::check(256);
    super::race::check();
    assert!(openat2_answers().is_some());
}

/// As of directories and files that the operating system does not let the host open.
fn refused() {
    let world = World::new("root/a/\nroot/a/f = x\nroot/f = y\nroot/l -> a/f\nroot/up -> a/none/../f");
    let before = world.tree();
    let denied = "io(Permission denied (os error 13))";
    for (path, reached) in [
        ("/a", format!("/a {denied}")),
        ("/a/f", format!("/a/f {denied}")),
        ("/a/none", format!("/a/none {denied}")),
        ("/l", format!("/a/f {denied} by link")),
        ("/up", format!("/a/f {denied} by link")),
        ("/f", "/f file".to_owned()),
        ("/none", "/none missing".to_owned()),
    ] {
        assert_eq!(super::world::reached(&world.reach(path)), reached);
    }
    assert_eq!(read(world.reach("/f").read(9)), denied);
    assert_eq!(read(world.reach("/a/f").read(9)), denied);
    assert_eq!(done(world.reach("/f").write(b"new")), denied);
    assert_eq!(done(world.reach("/a/f").delete()), denied);
    assert_eq!(difference(&before, &world.tree()), "");
}
