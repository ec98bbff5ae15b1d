//! The report as Markdown, for the summary of a step of GitHub's workflows and for whoever else renders it.

use std::fmt::Write as _;

use super::result::{CaseResult, RunResult};
use super::shown::{capped, escaped, on_one_line, visible};
use super::table::{closing_line, requirements_line, shown};
use super::transcript::as_text;

/// The longest summary that GitHub takes of a step, in bytes.
pub const MAX_MARKDOWN_BYTES: usize = 1 << 20;

/// What is kept for the line about the cases that do not fit.
const RESERVED_BYTES: usize = 200;

/// The longest text in the block of one case, in bytes.
const MAX_BLOCK_BYTES: usize = 8 << 10;

/// The report as Markdown, of so many bytes at most: the claim, the counts, a table by area, and what went wrong as far as
/// there is room.
pub fn to_markdown(result: &RunResult, most: usize) -> String {
    let mut out = head(result);
    let to_read = result.to_read().count();
    if to_read > 0 || !result.stale.is_empty() {
        out.push_str("\n### What went wrong\n\n");
    }
    for stale in &result.stale {
        let _ = writeln!(
            out,
            "- The list of expected failures is stale in line {}, {}: {}\n",
            stale.line,
            inline(&stale.case),
            inline(&stale.why)
        );
    }
    for (index, case) in result.to_read().enumerate() {
        let block = block(case);
        if out.len() + block.len() + RESERVED_BYTES > most {
            let _ = writeln!(out, "{} more are not shown here: there is no room.", to_read - index);
            break;
        }
        out.push_str(&block);
    }
    capped_whole(out, most)
}

fn head(result: &RunResult) -> String {
    let runtime = &result.runtime;
    let mut out = format!(
        "## Conformance of {} {}\n\n**{}**\n\n{}; {}.\n\n",
        inline(&runtime.runtime),
        inline(&runtime.version),
        inline(&result.claim.to_string()),
        closing_line(result),
        requirements_line(result)
    );
    let verdicts = shown(result);
    let names: String = verdicts.iter().map(|verdict| format!(" {verdict} |")).collect();
    let _ = writeln!(out, "| area | cases |{names}\n|---|--:|{}", "--:|".repeat(verdicts.len()));
    for area in &result.areas {
        let count = |verdict| area.summary.get(verdict).copied().unwrap_or_default();
        let counts: String = verdicts.iter().map(|verdict| format!(" {} |", count(verdict))).collect();
        let _ = writeln!(out, "| {} | {} |{counts}", inline(&area.id), area.cases);
    }
    out
}

fn block(case: &CaseResult) -> String {
    let mut out = format!(
        "<details><summary><code>{}</code> {}: {}</summary>\n\n",
        escaped(&on_one_line(&case.id)),
        case.verdict,
        escaped(&on_one_line(&capped(&case.title, 200)))
    );
    out.push_str(&fenced("", &case.message));
    out.push_str(&fenced("console", &case.reproduce));
    if !case.transcript.is_empty() {
        out.push_str(&fenced("", &as_text(&case.transcript)));
    }
    out.push_str("</details>\n\n");
    out
}

/// A fenced block that its content cannot end.
fn fenced(language: &str, text: &str) -> String {
    let text = visible(&capped(text, MAX_BLOCK_BYTES)).into_owned();
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}{language}\n{}\n{fence}\n\n", text.trim_end())
}

/// A stranger's text within a line: nothing in it is Markdown or HTML.
fn inline(text: &str) -> String {
    let mut out = String::new();
    for c in on_one_line(&capped(text, 400)).chars() {
        if c.is_ascii_punctuation() && !".,:;()-'/#".contains(c) {
            let _ = write!(out, "&#{};", u32::from(c));
        } else {
            out.push(c);
        }
    }
    out
}

/// A head alone may be too long, if there are thousands of areas.
fn capped_whole(mut out: String, most: usize) -> String {
    out.truncate(out.floor_char_boundary(most));
    out
}
