//! The report for CI systems that read JUnit's XML, in the form that Jenkins describes by its `junit-10.xsd`.

// Of `core`, which has no clock.
use core::time::Duration;

use quick_junit::{NonSuccessKind, Property, Report, SerializeError, TestCase, TestCaseStatus, TestSuite};

use super::result::{CaseResult, RunResult};
use super::shown::{capped, on_one_line, visible};
use super::transcript::as_text;
use crate::suite::verdict::Verdict;

/// The longest `message`, in bytes: systems show it in a line. The whole is in the text.
const MAX_SUMMARY_BYTES: usize = 500;

/// The report as JUnit XML: a test suite for each area, a test case for each case.
///
/// # Errors
/// [`SerializeError`] if the writer of XML fails, which in memory it does not.
pub fn to_junit(result: &RunResult) -> Result<String, SerializeError> {
    let mut report = Report::new("airssys-wasm");
    let mut all = Duration::ZERO;
    for area in &result.areas {
        let mut suite = TestSuite::new(on_one_line(&area.id));
        let mut time = Duration::ZERO;
        for case in result.cases.iter().filter(|case| case.area == area.id) {
            time += Duration::from_millis(case.duration_ms);
            suite.add_test_case(test_case(case));
        }
        suite.set_time(time);
        suite.add_properties(properties(result));
        all += time;
        report.add_test_suite(suite);
    }
    report.set_time(all);
    Ok(report.to_string()?.lines().map(with_skipped).collect())
}

/// The line with the count of skipped cases under the name that the schema knows. No value of an attribute holds a
/// quotation mark, so that the first place is the attribute's.
fn with_skipped(line: &str) -> String {
    let is_suite = line.trim_start().starts_with("<testsuite ");
    format!("{}\n", if is_suite { line.replacen(" disabled=\"", " skipped=\"", 1) } else { line.to_owned() })
}

fn properties(result: &RunResult) -> Vec<Property> {
    let properties = [
        ("runtime", &result.runtime.runtime),
        ("runtime.version", &result.runtime.version),
        ("suite.version", &result.suite.version),
        ("contract", &result.claim.contract.to_string()),
        ("claim", &result.claim.to_string()),
    ];
    properties.map(|(name, value)| Property::new(name, on_one_line(value))).into()
}

fn test_case(case: &CaseResult) -> TestCase {
    let mut test = TestCase::new(on_one_line(&case.id), status(case));
    test.set_classname(on_one_line(&case.area));
    test.set_time(Duration::from_millis(case.duration_ms));
    if matches!(test.status, TestCaseStatus::NonSuccess { .. }) && !case.transcript.is_empty() {
        test.set_system_out(&*visible(&as_text(&case.transcript)));
    }
    test
}

fn status(case: &CaseResult) -> TestCaseStatus {
    let mut status = match case.verdict {
        Verdict::Pass => return TestCaseStatus::success(),
        Verdict::Fail | Verdict::Xpass => TestCaseStatus::non_success(NonSuccessKind::Failure),
        Verdict::Crash | Verdict::Timeout | Verdict::DriverError => TestCaseStatus::non_success(NonSuccessKind::Error),
        Verdict::NotApplicable | Verdict::Untestable | Verdict::Xfail => TestCaseStatus::skipped(),
    };
    let why = case.reason.as_ref().filter(|_| case.verdict == Verdict::Xfail).unwrap_or(&case.message);
    status.set_type(case.verdict.as_str());
    status.set_message(on_one_line(&capped(why, MAX_SUMMARY_BYTES)));
    status.set_description(&*visible(&format!("{}\n\n{}\n", case.message, case.reproduce)));
    status
}
