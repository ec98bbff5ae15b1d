//! The case that CONTRIBUTING.md shows: it is the file that the page names, and it passes.

use std::path::Path;
use std::sync::Arc;

use airssys_wasm::suite::driver::reference::Reference;
use airssys_wasm::suite::{Catalogue, DriverFactory, Seeds, Verdict, in_directory, run_case};

const PAGE: &str = include_str!("../CONTRIBUTING.md");
const FILE: &str = include_str!("../docs/examples/first-case/isolation/first-case.toml");

#[test]
fn the_case_of_the_page_is_the_file_that_it_names() {
    assert_eq!(fenced_toml(), FILE);
}

#[test]
fn the_case_of_the_page_passes() {
    let directory = tempfile::tempdir().unwrap();
    write(&directory.path().join("isolation/first-case.toml"), &fenced_toml());
    let cases = in_directory(directory.path(), &Catalogue::embedded().unwrap()).unwrap();
    let ids: Vec<&str> = cases.iter().map(|case| case.id.as_str()).collect();
    assert_eq!(ids, ["isolation/first-case#divide-by-zero", "isolation/first-case#unreachable"]);

    let reference = Reference::new().unwrap();
    let factory: Arc<DriverFactory> = Arc::new(move || Ok(Box::new(reference.driver())));
    for case in &cases {
        let outcome = run_case(case, &factory, &Seeds::default());
        assert_eq!(outcome.verdict, Verdict::Pass, "{}: {}", outcome.id, outcome.message);
    }
}

/// The first fenced block of TOML on the page.
fn fenced_toml() -> String {
    let (_, behind) = PAGE.split_once("```toml\n").expect("the page has a block of TOML");
    let (block, _) = behind.split_once("```").expect("the block is closed");
    block.to_owned()
}

fn write(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}
