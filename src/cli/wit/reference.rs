//! `airssys-wasm wit reference`.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use airssys_wasm::wit::reference::reference;
use airssys_wasm::wit::tree;
use anyhow::Context as _;

use super::{Format, NOT_WRITTEN, print, refused};
use crate::cli::exit::Exit;
use crate::cli::replace::replace;

/// Write the reference page of the packages below a directory.
///
/// DIR/REFERENCE.md has contents, permissions, what came and what is deprecated in which version, and all that the packages
/// have, with their doc comments. Every directory that holds `.wit` files is a package; links to directories, and what is
/// called `deps`, are not looked into. The page is replaced whole or not at all.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  airssys-wasm wit reference
  airssys-wasm wit reference plugins/mine/wit --stdout
  airssys-wasm wit reference --check

Exit status:
  0  the page is written, or is as it should be
  1  the page is not as it should be (--check)
  2  a package cannot be read, or there is none
  3  the page cannot be written")]
pub(crate) struct ReferenceArgs {
    /// The directory below which the packages are.
    #[arg(default_value = "wit")]
    dir: PathBuf,
    /// Write nothing: compare the page that is there with the one that would be written.
    #[arg(long, conflicts_with = "stdout")]
    check: bool,
    /// Print the page instead of writing it.
    #[arg(long)]
    stdout: bool,
}

pub(crate) fn run(args: &ReferenceArgs) -> anyhow::Result<Exit> {
    let page = match tree::read(&args.dir) {
        Ok(sources) => reference(&sources),
        Err(error) => return refused(Format::Human, &error.to_string(), Exit::BadInput),
    };
    let path = args.dir.join("REFERENCE.md");
    if args.stdout {
        // As it would stand in the file: whatever reads it is no terminal.
        std::io::stdout().write_all(page.as_bytes()).context(NOT_WRITTEN)?;
        return Ok(Exit::Conforming);
    }
    if args.check {
        return compare(&path, &page, &args.dir);
    }
    replace(&path, &page).with_context(|| format!("failed to write {}", path.display()))?;
    eprintln!("{}: written", path.display());
    Ok(Exit::Conforming)
}

/// Tells where the page that is there begins to differ.
fn compare(path: &Path, page: &str, dir: &Path) -> anyhow::Result<Exit> {
    let there = match std::fs::read(path) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(why) => return Err(why).with_context(|| format!("failed to read {}", path.display())),
    };
    if there == page {
        print(&format!("{}: ok\n", path.display()))?;
        return Ok(Exit::Conforming);
    }
    let (mut is, mut should) = (there.split_inclusive('\n'), page.split_inclusive('\n'));
    let mut line = 1;
    let (is, should) = loop {
        match (is.next(), should.next()) {
            (is, should) if is == should => line += 1,
            differing => break differing,
        }
    };
    let shown = |line: Option<&str>| line.map_or("nothing".to_owned(), |line| format!("{:?}", line.trim_end()));
    let (path, dir, is, should) = (path.display(), dir.display(), shown(is), shown(should));
    print(&format!(
        "{path}:{line}: it is not what the packages say\n  is:        {is}\n  should be: {should}\n  \
         help: run `airssys-wasm wit reference {dir}`\n"
    ))?;
    Ok(Exit::NotConforming)
}
