//! From outcomes to reports: one [result](RunResult), and its forms for people, CI systems, pages and programs.
//!
//! Everything here turns values into texts. What a runtime said is a stranger's text wherever it is shown.

mod badge;
mod compare;
mod coverage;
mod html;
mod json;
mod junit;
mod markdown;
mod result;
mod run_info;
mod shown;
mod table;
mod transcript;

pub use badge::{to_shields, to_svg};
pub use compare::{Difference, compare_table, differences};
pub use coverage::{Coverage, RequirementResult};
pub use html::{PageError, to_html};
pub use json::{NotAResult, from_json, schema, to_json};
pub use junit::to_junit;
pub use markdown::{MAX_MARKDOWN_BYTES, to_markdown};
pub use result::{AreaResult, CaseResult, Ran, RunResult, SuiteInfo};
pub use run_info::RunInfo;
pub use shown::visible;
pub use table::{requirements_table, table};
pub use transcript::{KEYS_OF_BYTES, Said};
