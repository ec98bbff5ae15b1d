//! Target: any text as a `wit.lock`.
//!
//! What is accepted is written and read again as itself, and holds no hash, commit or directory that could not be. What
//! is refused is told on one line, of a line that the text has.

use airssys_wasm::wit::deps::{Lock, Source};

/// Panics where `input` shows that something does not hold.
pub fn check(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let lock = match Lock::parse(text) {
        Ok(lock) => lock,
        Err(error) => {
            let lines = text.split('\n').count();
            assert!(error.line.is_none_or(|line| (1..=lines).contains(&line)), "{error} is outside of the text");
            assert!(!error.what.is_empty() && !error.to_string().contains(char::is_control), "{error:?}");
            return;
        }
    };
    let written = lock.text().expect("a lock that was read can be written");
    assert_eq!(Lock::parse(&written), Ok(lock.clone()), "written as {written}");

    let digits = |text: &str| text.bytes().all(|byte| b"0123456789abcdef".contains(&byte));
    assert!(lock.requirements.is_sorted_by(|one, other| one.name < other.name));
    for (id, locked) in &lock.packages {
        assert!(locked.sha256.len() == 64 && digits(&locked.sha256), "{locked:?}");
        assert!(!id.directory().contains(['/', '\\']) && !id.directory().starts_with('.'), "{id}");
        let below =
            [locked.directory.as_str(), if let Source::Local(directory) = &locked.source { directory } else { "" }];
        assert!(
            below.iter().all(|path| !path.starts_with('/') && path.split('/').all(|part| part != "..")),
            "{locked:?}"
        );
        if let Source::Git { commit, .. } = &locked.source {
            assert!([40, 64].contains(&commit.len()) && digits(commit), "{locked:?}");
        }
    }
}
