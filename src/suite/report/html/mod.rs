//! The report as one page, which asks nobody for anything: style, program and data are in it.
//!
//! The data is compressed, for it has the text of every case file and what was said in every case. A policy in the page lets
//! the browser run this one program and nothing else, whatever stands in the data.

mod data;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::{Compress, CompressError, Compression, FlushCompress, Status};
use sha2::{Digest as _, Sha256};

use super::result::RunResult;
use super::shown::escaped;

const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
const PROGRAM: &str = include_str!("page.js");

/// The page of these results, beside each other if there are several.
///
/// # Errors
/// [`PageError`] if the data cannot be written or compressed, which in memory does not happen.
pub fn to_html(results: &[RunResult]) -> Result<String, PageError> {
    let data = serde_json::to_vec(&data::of(results))?;
    let names: Vec<&str> = results.iter().map(|result| result.runtime.runtime.as_str()).collect();
    let parts = [
        ("{{title}}", escaped(&format!("Conformance of {}", names.join(", ")))),
        ("{{style-hash}}", hash(STYLE)),
        ("{{program-hash}}", hash(PROGRAM)),
        ("{{style}}", STYLE.to_owned()),
        ("{{program}}", PROGRAM.to_owned()),
        ("{{data}}", STANDARD.encode(compressed(&data)?)),
    ];
    let mut page = String::new();
    let mut rest = PAGE;
    // One pass, so that what is filled in is not looked through for further places.
    while let Some((at, (mark, part))) =
        parts.iter().filter_map(|part| Some((rest.find(part.0)?, part))).min_by_key(|(at, _)| *at)
    {
        page.push_str(&rest[..at]);
        page.push_str(part);
        rest = &rest[at + mark.len()..];
    }
    page.push_str(rest);
    Ok(page)
}

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    /// The data has no JSON form.
    #[error("the data of the page cannot be written: {0}")]
    Write(#[from] serde_json::Error),
    /// It does not compress.
    #[error("the data of the page cannot be compressed: {0}")]
    Compress(#[from] CompressError),
}

/// How the policy names what the page may hold.
fn hash(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text.as_bytes())))
}

/// In the format that browsers call `deflate`.
fn compressed(data: &[u8]) -> Result<Vec<u8>, CompressError> {
    let mut compress = Compress::new(Compression::best(), true);
    let mut out = Vec::with_capacity(data.len() / 4 + 256);
    loop {
        let consumed = usize::try_from(compress.total_in()).unwrap_or(data.len());
        if compress.compress_vec(&data[consumed..], &mut out, FlushCompress::Finish)? == Status::StreamEnd {
            return Ok(out);
        }
        out.reserve(data.len() / 4 + 256);
    }
}
