//! `airssys-wasm audit`, from outside: output and exit codes.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use rstest::rstest;
use serde_json::json;

use super::{head_of, honest};

/// The last record of a log of six; the text of the records does not change with this crate's version.
const HEAD: &str = "6fc09b4100e7e5a57964a7005abf993f01b04f2abd227c313c973a34f82857e0";

fn command(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_airssys-wasm"));
    command.arg("audit").args(args).current_dir(folder).env("NO_COLOR", "1");
    command
}

/// Exit code, standard output, standard error.
fn run(folder: &Path, args: &str) -> (Option<i32>, String, String) {
    let output = command(folder, &args.split(' ').collect::<Vec<_>>()).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// A folder with a log of six records.
fn six() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    honest(folder.path(), 6);
    folder
}

fn lines(folder: &Path, change: impl FnOnce(&mut Vec<String>)) {
    let path = folder.join("x.audit");
    let mut lines: Vec<_> = fs::read_to_string(&path).unwrap().split_inclusive('\n').map(str::to_owned).collect();
    change(&mut lines);
    fs::write(path, lines.concat()).unwrap();
}

#[test]
fn an_intact_log() {
    let folder = six();
    let said = run(folder.path(), "verify x.audit");
    assert_eq!(said, (Some(0), format!("6 records, 1…6, head 6:{HEAD}\n"), String::new()));
    assert_eq!(run(folder.path(), &format!("verify x.audit --expect-head 6:{HEAD}")), said);
    let (code, out, _) = run(folder.path(), "verify x.audit --format json");
    let object = json!({
        "intact": true, "records": 6, "first": 1, "head": format!("6:{HEAD}"), "lost": 0, "beyond-head": 0,
        "unfinished": false,
    });
    assert_eq!((code, serde_json::from_str::<serde_json::Value>(&out).unwrap()), (Some(0), object));
    fs::write(folder.path().join("new.audit"), "").unwrap();
    assert_eq!(run(folder.path(), "verify new.audit"), (Some(0), "0 records\n".to_owned(), String::new()));
}

#[rstest]
#[case(|lines: &mut Vec<String>| lines[1] = lines[1].replace("revoked", "granted"),
    "line 2, record 2: edited: it is not what its hash was made of")]
#[case(|lines: &mut Vec<String>| lines[2] = "\u{1b}[2J\n".to_owned(),
    "line 3, record 3: not-a-record: it has not the form of a record")]
#[case(|lines: &mut Vec<String>| lines.swap(1, 4),
    "line 2, record 5: reordered: a record that belongs before it stands in a later line")]
#[case(|lines: &mut Vec<String>| { lines.remove(3); },
    "line 4, record 4: missing: record 5 follows; those before it are gone")]
#[case(|lines: &mut Vec<String>| { lines.remove(0); },
    "line 1, record 2: missing: the log does not begin with it; those before it are gone")]
#[case(|lines: &mut Vec<String>| lines.insert(4, lines[1].clone()),
    "line 5, record 2: duplicated: the same record stands elsewhere in the log")]
#[case(|lines: &mut Vec<String>| lines.truncate(4),
    "line 5, record 5: truncated: the log went on to record 6")]
fn a_log_that_was_tampered_with(#[case] change: fn(&mut Vec<String>), #[case] expected: &str) {
    let folder = six();
    lines(folder.path(), change);
    assert_eq!(run(folder.path(), "verify x.audit"), (Some(1), format!("{expected}\n"), String::new()));
}

#[test]
fn a_head_that_is_wrong_or_gone() {
    let folder = six();
    let other = format!("4:{HEAD}");
    let expected = "line 4, record 4: unexpected: it is not the record that was expected\n";
    let said = run(folder.path(), &format!("verify x.audit --expect-head {other}"));
    assert_eq!(said, (Some(1), expected.to_owned(), String::new()));
    fs::write(head_of(&folder.path().join("x.audit")), "x").unwrap();
    let expected = "line 7: head-damaged: a slot of the head is not as it was written; a writer that was cut off leaves that, too\n";
    assert_eq!(run(folder.path(), "verify x.audit"), (Some(1), expected.to_owned(), String::new()));
    fs::remove_file(head_of(&folder.path().join("x.audit"))).unwrap();
    let expected = "line 7: head-missing: how far the log went is not known\n";
    assert_eq!(run(folder.path(), "verify x.audit"), (Some(1), expected.to_owned(), String::new()));
    let (code, out, _) = run(folder.path(), "verify x.audit --format json");
    let offence =
        json!({ "line": 7, "sequence": null, "what": "head-missing", "message": "how far the log went is not known" });
    let object = json!({ "intact": false, "offence": offence });
    assert_eq!((code, serde_json::from_str::<serde_json::Value>(&out).unwrap()), (Some(1), object));
}

#[test]
fn what_a_crash_leaves_is_no_offence() {
    let folder = six();
    let head = fs::read(head_of(&folder.path().join("x.audit"))).unwrap();
    let slot = head.len() / 2;
    let older = if head[..slot] < head[slot..] { &head[..slot] } else { &head[slot..] };
    fs::write(head_of(&folder.path().join("x.audit")), [older, older].concat()).unwrap();
    lines(folder.path(), |lines| lines.push(lines[0][..40].to_owned()));
    let expected = format!(
        "6 records, 1…6, head 6:{HEAD}\n1 record beyond what FILE.head names, as after a crash\n\
         the rest of a record that was never acknowledged stands at the end, as after a crash\n"
    );
    assert_eq!(run(folder.path(), "verify x.audit"), (Some(0), expected, String::new()));
}

#[rstest]
#[case("verify nowhere", "error: failed to read nowhere: No such file or directory (os error 2)\n")]
#[case("verify .", "error: failed to read .: is no regular file\n")]
#[case("show nowhere", "error: failed to read nowhere: No such file or directory (os error 2)\n")]
fn a_log_that_cannot_be_read(#[case] args: &str, #[case] expected: &str) {
    assert_eq!(run(six().path(), args), (Some(2), String::new(), expected.to_owned()));
}

const ROWS: [&str; 6] = [
    r#"     1  2026-01-01T00:00:00.001Z  policy-excess  b  permissive  dropped ["read[0] = \"/**\""]  beyond []"#,
    r#"     2  2026-01-01T00:00:00.002Z  revoked  b  ["read[0] = \"/data/**\""]"#,
    r#"     3  2026-01-01T00:00:00.003Z  granted  acme:reader@1.2.0#3  filesystem read  "/data/3"  rule "capabilities.filesystem.read[0] = \"/data/**\""  request "r-1""#,
    r#"     4  2026-01-01T00:00:00.004Z  denied   acme:reader@1.2.0#3  filesystem read  "/etc/4\n\u202e"  reason "no rule permits it"  request "r-1""#,
    r#"     5  2026-01-01T00:00:00.005Z  load-failed  -  manifest manifest-syntax  "expected `=`""#,
    r#"     6  2026-01-01T00:00:00.006Z  policy-excess  b  permissive  dropped ["read[0] = \"/**\""]  beyond []"#,
];

#[rstest]
#[case("show x.audit", &[1, 2, 3, 4, 5, 6])]
#[case("show x.audit --component b", &[1, 2, 6])]
#[case("show x.audit --component acme:reader --denied", &[4])]
#[case("show x.audit --class filesystem", &[3, 4])]
#[case("show x.audit --class network", &[])]
#[case("show x.audit --since 5", &[5, 6])]
fn records_for_people(#[case] args: &str, #[case] rows: &[usize]) {
    let expected: String = rows.iter().map(|row| format!("{}\n", ROWS[row - 1])).collect();
    assert_eq!(run(six().path(), args), (Some(0), expected, String::new()));
}

#[test]
fn records_for_tools_and_lines_that_are_none() {
    let folder = six();
    lines(folder.path(), |lines| {
        lines.truncate(2);
        lines.insert(1, "{\"sequence\":9,\"event\":\"of-a-later-version\",\"text\":\"\u{202e}\"}\n".to_owned());
        lines.push("\u{1b}[2J\n".to_owned());
        lines.push("torn".to_owned());
    });
    let expected = "\
        {\"sequence\":1,\"time-ms\":1767225600001,\"event\":\"policy-excess\",\"component\":\"b\",\"mode\":\"permissive\",\"dropped\":[\"read[0] = \\\"/**\\\"\"],\"beyond\":[]}\n\
        {\"event\":\"of-a-later-version\",\"sequence\":9,\"text\":\"\\u202e\"}\n\
        {\"sequence\":2,\"time-ms\":1767225600002,\"event\":\"revoked\",\"component\":\"b\",\"rules\":[\"read[0] = \\\"/data/**\\\"\"]}\n";
    let errors = "line 4: no record\nline 5: no record\n";
    assert_eq!(run(folder.path(), "show x.audit --format json"), (Some(1), expected.to_owned(), errors.to_owned()));
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let folder = tempfile::tempdir().unwrap();
    // More than a pipe holds, so that the command meets the closed end.
    honest(folder.path(), 2_000);
    let mut child =
        command(folder.path(), &["show", "x.audit"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), String::from_utf8(output.stderr).unwrap().as_str()), (Some(0), ""));
}

#[test]
fn a_verdict_that_nobody_reads_is_still_the_exit_status() {
    let folder = six();
    lines(folder.path(), |lines| lines.truncate(4));
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = command(folder.path(), &["verify", "x.audit"]).stdout(writer).stderr(Stdio::piped()).output().unwrap();
    assert_eq!((output.status.code(), output.stderr), (Some(1), vec![]));
}
