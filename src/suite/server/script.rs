//! What the servers of a case answer: from the case's words to bytes. No I/O.

use std::collections::BTreeMap;
use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Deserialize;

use crate::contract::payload;

/// A server of a case.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct ServerSource {
    /// The addresses, `ADDRESS:PORT`, at which the runtime finds it.
    pub at: Vec<String>,
    /// What it answers, by the target of the request line; `*` for every other. Without it, that is an empty 404.
    pub routes: BTreeMap<String, RouteSource>,
}

/// What a server answers to one target.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct RouteSource {
    /// The status.
    pub status: u16,
    /// Names and values, besides `content-length`.
    pub headers: Vec<(String, String)>,
    /// So many further headers.
    pub many_headers: u32,
    /// The body, in payload notation.
    pub body: String,
    /// Whether the body is compressed by gzip and declared so.
    pub gzip: bool,
    /// Another `content-length` than that of the body.
    pub length: Option<u64>,
    /// Further bytes of the body, in payload notation, again and again, 128 MiB unless the client goes away. There is no
    /// `content-length` then.
    pub endless: Option<String>,
    /// Nothing follows, and the connection stays open until the client goes away.
    pub stall: bool,
    /// All that is answered, in payload notation, instead of the above; the connection is closed behind it.
    pub raw: Option<String>,
}

impl Default for RouteSource {
    fn default() -> Self {
        Self {
            status: 200,
            headers: Vec::new(),
            many_headers: 0,
            body: "text:".to_owned(),
            gzip: false,
            length: None,
            endless: None,
            stall: false,
            raw: None,
        }
    }
}

/// An answer, ready to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    /// The bytes.
    pub(super) bytes: Vec<u8>,
    /// What follows them.
    pub(super) then: Then,
}

/// What follows the bytes of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Then {
    /// The next request, unless the client goes away.
    Next,
    /// The end of the connection.
    Close,
    /// Nothing.
    Nothing,
    /// These bytes without end.
    Endless(Vec<u8>),
}

/// The answers of a server, by target.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Script {
    /// The addresses at which the runtime finds the server.
    pub(super) at: Vec<String>,
    pub(super) answers: BTreeMap<String, Answer>,
}

impl Script {
    /// Compiles a server.
    ///
    /// # Errors
    /// In words: which route is not understood.
    pub fn compile(source: &ServerSource) -> Result<Self, String> {
        let answers = source.routes.iter().map(|(target, route)| {
            let answer = answer(route).map_err(|why| format!("route `{target}`: {why}"))?;
            Ok((target.clone(), answer))
        });
        if source.at.is_empty() {
            return Err("`at` names no address".to_owned());
        }
        Ok(Self { at: source.at.clone(), answers: answers.collect::<Result<_, String>>()? })
    }

    /// The answer to a target.
    pub(super) fn answer(&self, target: &str) -> Answer {
        let known = self.answers.get(target).or_else(|| self.answers.get("*"));
        known.cloned().unwrap_or_else(|| Answer {
            bytes: b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n".to_vec(),
            then: Then::Next,
        })
    }
}

fn answer(route: &RouteSource) -> Result<Answer, String> {
    let bytes = |text: &str| payload::parse(text).map_err(|why| why.to_string());
    if let Some(raw) = &route.raw {
        let then = if route.stall { Then::Nothing } else { Then::Close };
        return Ok(Answer { bytes: bytes(raw)?, then });
    }
    let mut body = bytes(&route.body)?;
    let mut head = format!("HTTP/1.1 {} Status\r\n", route.status);
    for (name, value) in &route.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    for number in 0..route.many_headers {
        head.push_str(&format!("x-{number}: v\r\n"));
    }
    if route.gzip {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        body = encoder.write_all(&body).and_then(|()| encoder.finish()).map_err(|why| why.to_string())?;
        head.push_str("content-encoding: gzip\r\n");
    }
    let then = match &route.endless {
        Some(endless) => Then::Endless(bytes(endless)?),
        None if route.stall => Then::Nothing,
        None => Then::Next,
    };
    if !matches!(then, Then::Endless(_)) {
        let length = route.length.unwrap_or(body.len() as u64);
        head.push_str(&format!("content-length: {length}\r\n"));
    }
    head.push_str("\r\n");
    let mut bytes = head.into_bytes();
    bytes.extend_from_slice(&body);
    let then = if route.length.is_some() && then == Then::Next { Then::Close } else { then };
    Ok(Answer { bytes, then })
}
