//! The reference page of packages, in Markdown.
//!
//! In: packages that have been read. Out: one page, the same for the same packages: contents, permissions, what came and
//! what is deprecated in which version, and each package with all that it has. Whether a package is well made is not known
//! here: what it does not say is left out.

mod history;
mod section;

use std::collections::{HashMap, HashSet};

use super::permissions;
use super::source::Source;
use super::tree::packages;
use super::unversioned::unversioned;
use section::Section;

/// The page's first lines.
const HEAD: &str = "\
# WIT reference

<!-- Written by `airssys-wasm wit reference`: change the `.wit` files, and run it again. -->

What the packages below this directory say, in one place. Their doc comments are the text.
";

/// The reference page of packages, which are in the order of their names and versions.
pub fn reference(sources: &[Source]) -> String {
    let mut anchors = Anchors::default();
    for heading in ["WIT reference", "Contents", "Permissions", "Versions"] {
        anchors.of(heading);
    }
    let (mut contents, mut body) = (String::new(), String::new());
    let mut known = HashMap::<(String, String), (String, String)>::new();
    for (source, package) in packages(sources) {
        let name = &source.resolve.packages[package].name;
        let anchor = anchors.of(&name.to_string());
        let (mut links, mut as_before, mut text) = (Vec::new(), Vec::new(), String::new());
        for Section { name: own, heading, text: says } in section::sections(source, package) {
            let key = (unversioned(name), own.clone());
            // What an earlier version has in the same words is not repeated.
            let before = known.get(&key).filter(|(before, _)| *before == says).map(|(_, anchor)| anchor.clone());
            let link = |anchor: &str| format!("[`{own}`](#{anchor})");
            match before {
                Some(anchor) => {
                    links.push(link(&anchor));
                    as_before.push(link(&anchor));
                }
                None => {
                    let anchor = anchors.of(&heading);
                    links.push(link(&anchor));
                    text += &format!("\n### {heading}\n\n{says}");
                    known.insert(key, (says, anchor));
                }
            }
        }
        let links = links.join(", ");
        contents += &format!("- [`{name}`](#{anchor}){}{links}\n", if links.is_empty() { "" } else { ": " });
        body += &format!("\n## {name}\n{}", section::package(source, package));
        if !as_before.is_empty() {
            body += &format!("\nAs in an earlier version: {}.\n", as_before.join(", "));
        }
        body += &text;
    }
    let (rows, _) = permissions::table(sources);
    let mut page = format!("{HEAD}\n## Contents\n\n{contents}");
    if !rows.is_empty() {
        page += "\n## Permissions\n\nOf several permissions one suffices.\n\n";
        page += &permissions::markdown(&rows);
    }
    let history = history::table(sources);
    if !history.is_empty() {
        page += &format!("\n## Versions\n\n{history}");
    }
    page + &body
}

/// The anchors of headings, as GitHub and mdBook make them: letters, digits and hyphens in lower case, each once.
#[derive(Debug, Default)]
struct Anchors(HashSet<String>);

impl Anchors {
    fn of(&mut self, heading: &str) -> String {
        let kept = heading.chars().filter(|letter| letter.is_alphanumeric() || [' ', '-', '_'].contains(letter));
        let anchor: String = kept.map(|letter| if letter == ' ' { '-' } else { letter }).collect();
        let anchor = anchor.to_lowercase();
        let numbered = (1..).map(|number| format!("{anchor}-{number}"));
        let free = [anchor.clone()].into_iter().chain(numbered).find(|anchor| !self.0.contains(anchor));
        let free = free.unwrap_or(anchor);
        self.0.insert(free.clone());
        free
    }
}
