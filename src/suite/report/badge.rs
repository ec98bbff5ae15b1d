//! The claim as a badge: a picture, and what shields.io draws one from.

use serde_json::{Value, json};

use super::result::RunResult;
use super::shown::escaped;
use crate::suite::claim::ClaimVerdict;
use crate::suite::verdict::Verdict;

/// The badge as SVG, which needs neither fonts nor anything else from elsewhere.
pub fn to_svg(result: &RunResult) -> String {
    let (label, message, colour) = said(result);
    let (left, right) = (width(&label), width(&message));
    let (whole, middle_left, middle_right) = (left + right, left / 2, left + right / 2);
    let (label, message) = (escaped(&label), escaped(&message));
    let (text_left, text_right) = (left - 2 * PADDING, right - 2 * PADDING);
    format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" width="{whole}" height="20" role="img" aria-labelledby="t">
  <title id="t">{label}: {message}</title>
  <clipPath id="r"><rect width="{whole}" height="20" rx="4"/></clipPath>
  <g clip-path="url(#r)">
    <rect width="{left}" height="20" fill="#3d444d"/>
    <rect x="{left}" width="{right}" height="20" fill="#{colour}"/>
  </g>
  <g fill="#fff" text-anchor="middle" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11" aria-hidden="true">
    <text x="{middle_left}" y="14" textLength="{text_left}" lengthAdjust="spacingAndGlyphs">{label}</text>
    <text x="{middle_right}" y="14" textLength="{text_right}" lengthAdjust="spacingAndGlyphs">{message}</text>
  </g>
</svg>
"##
    )
}

/// The badge as shields.io's endpoint wants it.
pub fn to_shields(result: &RunResult) -> Value {
    let (label, message, colour) = said(result);
    json!({ "schemaVersion": 1, "label": label, "message": message, "color": colour })
}

/// Room at either end of a text, in pixels.
const PADDING: usize = 7;

/// Label, message, and a colour on which white is legible (contrast at least 4.5).
fn said(result: &RunResult) -> (String, String, &'static str) {
    let (message, colour) = match result.claim.verdict {
        ClaimVerdict::Conforming => ("conforming".to_owned(), "1a7f37"),
        ClaimVerdict::Partial => {
            (format!("{} of {} passed", result.count(Verdict::Pass), result.cases.len()), "8a6100")
        }
        ClaimVerdict::Void => ("no claim".to_owned(), "57606a"),
        ClaimVerdict::NotConforming => {
            let failed = Some(result.red()).filter(|red| *red > 0).map(|red| format!(": {red} failed"));
            (format!("not conforming{}", failed.unwrap_or_default()), "cf222e")
        }
    };
    (format!("contract {}", result.claim.contract), message, colour)
}

/// How wide a text and the room at its ends are in 11 px, in pixels. Both texts are ASCII of ours; the picture stretches them
/// to this width, whatever the font.
fn width(text: &str) -> usize {
    let tenths = |c: char| match c {
        'i' | 'j' | 'l' | '.' | ',' | ':' | '\'' => 34,
        ' ' | 'f' | 'r' | 't' => 42,
        'm' | 'w' => 96,
        _ => 68,
    };
    text.chars().map(tenths).sum::<usize>().div_ceil(10) + 2 * PADDING
}
