//! `wit/VERSIONING.md`: its table of rules is that of the code, its links lead somewhere, and what it shows of the command
//! is what the command says.

use std::path::Path;

use airssys_wasm::wit::diff::Rule;

use super::run;

const PAGE: &str = include_str!("../../wit/VERSIONING.md");

#[test]
fn the_page_has_the_rules() {
    let (_, table) =
        PAGE.split_once("| rule | class | when |\n|---|---|---|\n").expect("the page has a table of rules");
    let of_page: Vec<&str> = table.lines().take_while(|line| line.starts_with('|')).collect();
    let row = |rule: &Rule| {
        let slug = rule.as_str();
        format!("| [`{slug}`](../tests/wit/diff/{slug}.toml) | {} | {} |", rule.class(), rule.text())
    };
    assert_eq!(of_page, Rule::ALL.iter().map(row).collect::<Vec<_>>());
}

/// The targets of links, those in fenced blocks included: there are none.
fn links() -> impl Iterator<Item = &'static str> {
    PAGE.split("](").skip(1).map(|rest| rest.split(')').next().unwrap())
}

/// What a link to a heading says: in lower case, with hyphens for blanks and without punctuation.
fn anchor(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase().replace(' ', "-");
    text.chars().filter(|c| c.is_alphanumeric() || *c == '-').collect()
}

#[test]
fn every_link_of_the_page_leads_somewhere() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("wit");
    let leads = |link: &&str| {
        let (file, heading) = link.split_once('#').unwrap_or((link, ""));
        let text = match file {
            "" => Some(PAGE.to_owned()),
            _ if heading.is_empty() => directory.join(file).exists().then(String::new),
            _ => std::fs::read_to_string(directory.join(file)).ok(),
        };
        let has = |text: String| {
            text.lines().any(|line| line.starts_with('#') && anchor(line) == heading) || heading.is_empty()
        };
        link.starts_with("https://") || text.is_some_and(has)
    };
    let dead: Vec<&str> = links().filter(|link| !leads(link)).collect();
    assert!(dead.is_empty(), "links to nothing: {dead:#?}");
    assert!(links().count() > Rule::ALL.len(), "the page has links");
}

#[test]
fn what_the_page_shows_of_the_command_is_what_it_says() {
    let mut shown = 0;
    for block in PAGE.split("```console\n$ airssys-wasm wit diff ").skip(1) {
        let (block, _) = block.split_once("```").expect("the block is closed");
        let (args, output) = block.split_once('\n').expect("a command and its output");
        let said = run(Path::new(env!("CARGO_MANIFEST_DIR")), &args.split(' ').collect::<Vec<_>>());
        assert_eq!(said, (Some(0), output.to_owned(), String::new()));
        shown += 1;
    }
    assert_eq!(shown, 1);
}
