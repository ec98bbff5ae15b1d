//! The `.wit` files of a source by directory, wherever they were read from.

use std::collections::BTreeMap;

use super::bounds::{MAX_FILE_BYTES, MAX_FILES, MAX_SOURCE_BYTES};

/// What a source holds.
#[derive(Debug, Clone, Default)]
pub(super) struct Listing {
    /// By directory from the root of the source (`/` between, empty for the root): its files, in the order of their
    /// names. Each file of a `deps` directory is a package of its own, and stands here as if it were a directory.
    pub(super) directories: BTreeMap<String, Vec<WitFile>>,
    /// Directories that a link leads to, with the link: the last of them, if there are several.
    pub(super) linked: BTreeMap<String, String>,
    /// What may hold packages and was not read, and why.
    pub(super) unread: Vec<String>,
    files: usize,
    bytes: u64,
}

/// A `.wit` file.
#[derive(Debug, Clone)]
pub(super) struct WitFile {
    pub(super) name: String,
    /// Its bytes, or why they cannot be had.
    pub(super) content: Result<Vec<u8>, String>,
}

/// A source holds more than is read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TooMuch {
    /// One file is too large.
    #[error("{file} has more than {MAX_FILE_BYTES} bytes: this is no WIT file, or it has to be split")]
    File {
        /// The file, from the root of the source.
        file: String,
    },
    /// All files together are too large.
    #[error("its .wit files have more than {MAX_SOURCE_BYTES} bytes together: name a source that holds less")]
    Bytes,
    /// There are too many files.
    #[error("it holds more than {MAX_FILES} .wit files: name a source that holds less")]
    Files,
}

impl Listing {
    /// Adds a file; `length` is what `read` will give if it gives anything.
    pub(super) fn add(&mut self, path: &str, length: u64, content: Result<Vec<u8>, String>) -> Result<(), TooMuch> {
        self.make_room(path, length)?;
        let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
        let alone = directory.rsplit('/').next() == Some("deps");
        let key = if alone { path } else { directory };
        self.directories.entry(key.to_owned()).or_default().push(WitFile { name: name.to_owned(), content });
        Ok(())
    }

    fn make_room(&mut self, path: &str, length: u64) -> Result<(), TooMuch> {
        self.files += 1;
        self.bytes = self.bytes.saturating_add(length);
        if length > MAX_FILE_BYTES {
            return Err(TooMuch::File { file: path.to_owned() });
        }
        if self.files > MAX_FILES {
            return Err(TooMuch::Files);
        }
        if self.bytes > MAX_SOURCE_BYTES {
            return Err(TooMuch::Bytes);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_deps_are_packages_of_their_own() {
        let mut listing = Listing::default();
        for path in ["a.wit", "b.wit", "x/c.wit", "deps/d.wit", "deps/e.wit", "x/deps/f/g.wit"] {
            listing.add(path, 1, Ok(vec![0])).unwrap();
        }
        let found: Vec<(&str, Vec<&str>)> = listing
            .directories
            .iter()
            .map(|(directory, files)| (directory.as_str(), files.iter().map(|file| file.name.as_str()).collect()))
            .collect();
        let expected = [
            ("", vec!["a.wit", "b.wit"]),
            ("deps/d.wit", vec!["d.wit"]),
            ("deps/e.wit", vec!["e.wit"]),
            ("x", vec!["c.wit"]),
            ("x/deps/f", vec!["g.wit"]),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn each_bound_holds_at_its_value() {
        let added = |lengths: &[u64]| {
            let mut listing = Listing::default();
            lengths.iter().try_for_each(|&length| listing.add("a/x.wit", length, Ok(Vec::new())))
        };
        let file = TooMuch::File { file: "a/x.wit".to_owned() };
        assert_eq!(added(&[MAX_FILE_BYTES]), Ok(()));
        assert_eq!(added(&[MAX_FILE_BYTES + 1]), Err(file));
        assert_eq!(added(&vec![0; MAX_FILES]), Ok(()));
        assert_eq!(added(&vec![0; MAX_FILES + 1]), Err(TooMuch::Files));
        let full = usize::try_from(MAX_SOURCE_BYTES / MAX_FILE_BYTES).unwrap();
        assert_eq!(added(&vec![MAX_FILE_BYTES; full]), Ok(()));
        let mut lengths = vec![MAX_FILE_BYTES; full];
        lengths.push(1);
        assert_eq!(added(&lengths), Err(TooMuch::Bytes));
    }
}
