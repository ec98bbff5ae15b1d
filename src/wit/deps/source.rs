//! Where a package comes from, as the lock writes it.

use std::fmt;
use std::str::FromStr;

use crate::contract::ContractVersion;

/// Where a package comes from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// A directory at or below the component's `wit`, from the component's directory.
    Local(String),
    /// A directory that the manifest names by `path`.
    Path(String),
    /// A commit of a repository that the manifest names by `git`.
    Git {
        /// Its URL.
        url: String,
        /// The whole hash of the commit.
        commit: String,
    },
    /// The contract's own packages, which are part of this program.
    Contract(ContractVersion),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local(directory) => write!(f, "local {directory}"),
            Self::Path(path) => write!(f, "path {path}"),
            Self::Git { url, commit } => write!(f, "git {url}#{commit}"),
            Self::Contract(version) => write!(f, "contract {version}"),
        }
    }
}

impl FromStr for Source {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("`{text}` is no source: it is `local DIR`, `path DIR`, `git URL#COMMIT` or `contract VERSION`");
        let (kind, rest) = text.split_once(' ').ok_or_else(wrong)?;
        match kind {
            "local" if rest == "wit" || rest.strip_prefix("wit/").is_some_and(is_inside) => {
                Ok(Self::Local(rest.to_owned()))
            }
            "path" => Ok(Self::Path(rest.to_owned())),
            "git" => {
                let (url, commit) = rest.rsplit_once('#').ok_or_else(wrong)?;
                match is_commit(commit) {
                    true => Ok(Self::Git { url: url.to_owned(), commit: commit.to_owned() }),
                    false => Err(wrong()),
                }
            }
            "contract" => rest.parse().map(Self::Contract).map_err(|_| wrong()),
            _ => Err(wrong()),
        }
    }
}

/// Whether a path with `/` stays below the directory that it starts from.
pub(super) fn is_inside(path: &str) -> bool {
    path.split('/').all(|part| !part.is_empty() && part != "." && part != ".." && !part.contains(['\\', ':', '\0']))
}

/// Whether the text is the whole hash of a commit, as git writes it.
pub(super) fn is_commit(text: &str) -> bool {
    [40, 64].contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::Source;

    #[rstest]
    #[case("local wit")]
    #[case("local wit/deps/x")]
    #[case("path ../x y")]
    #[case("git https://x/y#z#0123456789abcdef0123456789abcdef01234567")]
    #[case("contract 1.1")]
    fn a_source_is_read_as_it_is_written(#[case] text: &str) {
        assert_eq!(text.parse::<Source>().unwrap().to_string(), text);
    }

    #[rstest]
    #[case("local ../x")]
    #[case("local wit/../x")]
    #[case("local /wit")]
    #[case("local wit/")]
    #[case("git https://x")]
    #[case("git https://x#main")]
    #[case("git https://x#-123456789abcdef0123456789abcdef01234567")]
    #[case("contract 0.9")]
    #[case("ftp x")]
    #[case("")]
    fn what_is_no_source(#[case] text: &str) {
        let expected =
            format!("`{text}` is no source: it is `local DIR`, `path DIR`, `git URL#COMMIT` or `contract VERSION`");
        assert_eq!(text.parse::<Source>(), Err(expected));
    }
}
