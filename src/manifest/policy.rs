//! The operator's policy as a document: a mode, and the most that manifests may ask for, in the manifest's own notation.

use std::str::FromStr;

use super::capabilities::capabilities;
use super::error::ManifestErrors;
use super::model::Capabilities;
use super::parse::{MAX_MANIFEST_BYTES, too_large};
use super::read::word;
use super::sink::{self, Problem};
use super::syntax;
use super::walk::Table;
use crate::contract::LoadCode;

/// Reads `mode` and `[allow]`. Which modes there are is the caller's business.
pub(crate) fn parse_policy<M: FromStr<Err = String> + Copy>(
    text: &str,
    modes: &'static [M],
    name: fn(M) -> &'static str,
) -> Result<(M, Capabilities), ManifestErrors> {
    if text.len() > MAX_MANIFEST_BYTES {
        return Err(too_large());
    }
    let (tree, sink) = syntax::parse(text);
    let policy = tree.as_ref().and_then(|tree| {
        Table::document(tree, &sink, |t| {
            let mode = t.required("mode", word(modes, name));
            let allow = t.table("allow", |t| capabilities(t, None));
            Some((mode?, allow))
        })
    });
    match (sink.into_errors(text), policy) {
        (None, Some(policy)) => Ok(policy),
        (Some(errors), _) => Err(errors),
        (None, None) => {
            Err(sink::single(text, 0..0, Problem::new(LoadCode::ManifestMissingField, "the policy has no mode")))
        }
    }
}
