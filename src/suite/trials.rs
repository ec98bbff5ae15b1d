//! The suite as a test binary: a trial a case.

use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::{Arguments, Completion, Failed, Trial};

use super::discover::{self, DiscoveredCase};
use super::driver::{Driver, DriverError, DriverFactory};
use super::requirement::Catalogue;
use super::run::run_case;
use super::seeds::Seeds;
use super::verdict::Verdict;

/// The `main` of a test binary that judges a runtime: every embedded case is a trial, with the filters,
/// `--list` and exit codes of `cargo test`. Cases in which the order can matter run under a few seeds as well, if the
/// driver has the hook.
///
/// Declare the binary with `harness = false` and give it a way to make a driver for a case:
///
/// ```no_run
/// use airssys_wasm::suite::{Driver, DriverError, Reply, Stimulus};
///
/// struct MyRuntime;
///
/// impl Driver for MyRuntime {
///     fn perform(&mut self, stimulus: Stimulus) -> Result<Reply, DriverError> {
///         Ok(Reply::Unsupported { what: format!("{stimulus:?}") })
///     }
/// }
///
/// fn main() -> std::process::ExitCode {
///     airssys_wasm::suite::main(|| Ok(Box::new(MyRuntime)))
/// }
/// ```
pub fn main(driver: impl Fn() -> Result<Box<dyn Driver>, DriverError> + Send + Sync + 'static) -> ExitCode {
    let arguments = Arguments::from_args();
    let factory: Arc<DriverFactory> = Arc::new(driver);
    let cases = Catalogue::embedded().and_then(|catalogue| discover::embedded(&catalogue));
    match cases {
        Ok(cases) => libtest_mimic::run(&arguments, trials(cases, &factory)).exit_code(),
        Err(why) => {
            eprintln!("error: {why}");
            ExitCode::from(2)
        }
    }
}

/// The trials of these cases. One that is not applicable or untestable counts as ignored, with the reason.
pub fn trials(cases: Vec<DiscoveredCase>, factory: &Arc<DriverFactory>) -> Vec<Trial> {
    let trial = |case: DiscoveredCase| {
        let factory = Arc::clone(factory);
        Trial::ignorable_test(case.id.clone(), move || {
            let outcome = run_case(&case, &factory, &Seeds::default());
            match outcome.verdict {
                Verdict::Pass => Ok(Completion::Completed),
                Verdict::NotApplicable | Verdict::Untestable => {
                    Ok(Completion::ignored_with(format!("{}: {}", outcome.verdict, outcome.message)))
                }
                verdict => Err(Failed::from(format!("{verdict}: {}", outcome.message))),
            }
        })
    };
    cases.into_iter().map(trial).collect()
}
