//! The adapter's side of the protocol: any driver, served in lines.
//!
//! In: requests. Out: one answer each. A line that is no request is answered with `not-understood`, and the next is read.

use std::io::{self, BufRead, Read as _, Write};

use super::Driver;
use crate::suite::protocol::Reply;
use crate::suite::protocol::wire::{Line, MAX_LINE_BYTES, Request};

/// Serves a driver until the input ends.
///
/// # Errors
/// What input or output says if it fails. What the driver fails in is answered: the suite decides what it means.
pub fn serve(driver: &mut dyn Driver, mut input: impl BufRead, mut output: impl Write) -> io::Result<()> {
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = input.by_ref().take(MAX_LINE_BYTES as u64).read_until(b'\n', &mut line)?;
        if read == 0 {
            return Ok(());
        }
        if line.last() != Some(&b'\n') && read == MAX_LINE_BYTES {
            input.skip_until(b'\n')?;
            answer(&mut output, None, not_understood(format!("a line has more than {MAX_LINE_BYTES} bytes")))?;
            continue;
        }
        let text = String::from_utf8_lossy(&line);
        if text.trim().is_empty() {
            continue;
        }
        match Request::parse(&text) {
            Err(why) => answer(&mut output, why.id, not_understood(why.to_string()))?,
            Ok(Request { id, stimulus }) => {
                let reply = driver.perform(stimulus).unwrap_or_else(|why| not_understood(why.message().to_owned()));
                answer(&mut output, Some(id), reply)?;
            }
        }
    }
}

fn not_understood(what: String) -> Reply {
    Reply::NotUnderstood { what }
}

fn answer(output: &mut impl Write, id: Option<u64>, reply: Reply) -> io::Result<()> {
    writeln!(output, "{}", Line::Answer { id, reply }.to_line())?;
    output.flush()
}
