//! The texts of one package, as far as the parser may see them.
//!
//! In: the names of files, and their bytes. Out: texts, or where bytes are none. Where files come from is not known here.

use std::path::PathBuf;

use super::Fault;
use super::gates::{Contradiction, contradiction};

/// The largest `.wit` file, in bytes: ten times the largest of WASI, and still parsed in a second.
pub(in crate::wit) const MAX_FILE_BYTES: u64 = 1 << 20;

/// The `.wit` files of one package.
#[derive(Debug)]
pub(in crate::wit) struct Texts {
    /// The directory that holds them, or the file if it is a package of its own.
    pub(in crate::wit) place: PathBuf,
    /// Path and text, in the order of the paths.
    pub(in crate::wit) files: Vec<(String, String)>,
}

/// The text of a file.
pub(in crate::wit) fn text(path: &str, bytes: &[u8]) -> Result<String, Fault> {
    if bytes.len() as u64 > MAX_FILE_BYTES {
        let mend = "split it: all `.wit` files of a directory are one package";
        return Err(fault(path.to_owned(), format!("it is larger than {MAX_FILE_BYTES} bytes"), mend));
    }
    let text = std::str::from_utf8(bytes).map_err(|why| {
        let what = "the text is not UTF-8 from here on".to_owned();
        fault(place(path, &bytes[..why.valid_up_to()]), what, "save the file as UTF-8")
    })?;
    match contradiction(text) {
        None => Ok(text.to_owned()),
        Some(Contradiction { at, what, mend }) => Err(fault(place(path, &bytes[..at]), what, mend)),
    }
}

fn fault(place: String, what: String, mend: &str) -> Fault {
    Fault { place, what, mend: mend.to_owned() }
}

/// The place in a file behind these bytes of it.
fn place(path: &str, before: &[u8]) -> String {
    let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    let column = before.iter().rev().take_while(|byte| **byte != b'\n').count() + 1;
    format!("{path}:{line}:{column}")
}
