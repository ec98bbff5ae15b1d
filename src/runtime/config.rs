//! What `get-config` sees: the manifest's `[config]`, overlaid by the component's own values, overlaid by the host's.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::residue::Held;

/// The longest key, in bytes.
const MAX_KEY_BYTES: usize = 128;
/// The most keys a component sets for itself: configuration, not a database.
const MAX_OWN_KEYS: usize = 1_024;
/// The most bytes, keys and values together, that a component sets for itself; they stay in the host's memory.
const MAX_OWN_BYTES: usize = 1 << 20;

/// The configuration of one component, from load to uninstall.
#[derive(Debug)]
pub(crate) struct Config {
    manifest: BTreeMap<String, String>,
    host: BTreeMap<String, String>,
    own: Mutex<BTreeMap<String, String>>,
    _held: Held,
}

/// Why a value was not read or written.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum ConfigError {
    InvalidKey(String),
    ReadOnly(String),
    Full(String),
}

impl Config {
    pub(crate) fn new(manifest: BTreeMap<String, String>, host: BTreeMap<String, String>, held: Held) -> Self {
        Self { manifest, host, own: Mutex::default(), _held: held }
    }

    pub(crate) fn get(&self, key: &str) -> Result<Option<String>, ConfigError> {
        check_key(key)?;
        let own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(self.host.get(key).or_else(|| own.get(key)).or_else(|| self.manifest.get(key)).cloned())
    }

    pub(crate) fn set(&self, key: String, value: String) -> Result<(), ConfigError> {
        check_key(&key)?;
        if self.host.contains_key(&key) {
            return Err(ConfigError::ReadOnly(format!("the host set `{key}`")));
        }
        let mut own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        let others = own.iter().filter(|(other, _)| **other != key);
        let (keys, bytes) =
            others.fold((1, key.len() + value.len()), |(keys, bytes), (k, v)| (keys + 1, bytes + k.len() + v.len()));
        if keys > MAX_OWN_KEYS || bytes > MAX_OWN_BYTES {
            return Err(ConfigError::Full(format!(
                "a component sets at most {MAX_OWN_KEYS} keys and {MAX_OWN_BYTES} bytes"
            )));
        }
        own.insert(key, value);
        Ok(())
    }
}

fn check_key(key: &str) -> Result<(), ConfigError> {
    let of_form = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'.' | b'-');
    if (1..=MAX_KEY_BYTES).contains(&key.len()) && key.bytes().all(of_form) {
        return Ok(());
    }
    let shown: String = key.chars().take(MAX_KEY_BYTES).collect();
    Err(ConfigError::InvalidKey(format!("`{}` is not 1 to 128 of a-z 0-9 _ . -", super::log::escape(&shown))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> Config {
        let pairs = |pairs: &[(&str, &str)]| pairs.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect();
        Config::new(
            pairs(&[("a", "manifest"), ("b", "manifest")]),
            pairs(&[("b", "host")]),
            Held::of(&Default::default()),
        )
    }

    #[test]
    fn the_host_wins_over_the_component_and_the_component_over_the_manifest() {
        let config = config();
        assert_eq!(config.get("a"), Ok(Some("manifest".into())));
        assert_eq!(config.get("b"), Ok(Some("host".into())));
        assert_eq!(config.get("c"), Ok(None));
        assert_eq!(config.set("a".into(), "own".into()), Ok(()));
        assert_eq!(config.get("a"), Ok(Some("own".into())));
        assert!(matches!(config.set("b".into(), "own".into()), Err(ConfigError::ReadOnly(_))));
    }

    #[test]
    fn keys_have_a_form() {
        let config = config();
        for key in ["", "A", "a b", "ä", "a/b", "a\n", &"k".repeat(129)] {
            assert!(matches!(config.get(key), Err(ConfigError::InvalidKey(_))), "{key:?}");
            assert!(matches!(config.set(key.into(), String::new()), Err(ConfigError::InvalidKey(_))), "{key:?}");
        }
        assert_eq!(config.get(&"k".repeat(128)), Ok(None));
        assert_eq!(config.get("a-b_c.9"), Ok(None));
    }

    #[test]
    fn what_a_component_sets_is_bounded_in_keys_and_bytes() {
        let config = config();
        for index in 0..MAX_OWN_KEYS {
            assert_eq!(config.set(format!("k{index}"), String::new()), Ok(()));
        }
        assert!(matches!(config.set("one-more".into(), String::new()), Err(ConfigError::Full(_))));
        assert_eq!(config.set("k0".into(), "x".repeat(1_000_000)), Ok(()));
        assert!(matches!(config.set("k1".into(), "x".repeat(100_000)), Err(ConfigError::Full(_))));
        assert_eq!(config.set("k0".into(), "x".repeat(1_000)), Ok(()), "replacing gives the old bytes back");
    }
}
