//! Which keys, values and namespaces the store takes.

use super::StoreError;
use crate::manifest::pattern;

/// The longest key, in bytes: the contract's.
pub(super) const MAX_KEY_BYTES: usize = 1024;

/// The largest value, in bytes: 16 MiB, as much as a guest can pass to the host in one call. What comes from elsewhere
/// is held to it too, so that every value can also be handed out.
pub(super) const MAX_VALUE_BYTES: usize = 16 << 20;

/// Checks a key: 1 to [`MAX_KEY_BYTES`] bytes without NUL.
pub(super) fn check_key(key: &str) -> Result<(), StoreError> {
    let invalid = |how: String| Err(StoreError::InvalidKey(how));
    match key.len() {
        0 => invalid("the key is empty".to_owned()),
        bytes if bytes > MAX_KEY_BYTES => {
            invalid(format!("the key has {bytes} bytes, at most {MAX_KEY_BYTES} are allowed"))
        }
        _ if key.contains('\0') => invalid("the key contains NUL".to_owned()),
        _ => Ok(()),
    }
}

/// Checks the size of a value.
pub(super) fn check_value(value: &[u8]) -> Result<(), StoreError> {
    if value.len() > MAX_VALUE_BYTES { Err(StoreError::ValueTooLarge(value.len())) } else { Ok(()) }
}

/// Checks a namespace that no permission was decided on.
pub(super) fn check_namespace(namespace: &str) -> Result<(), StoreError> {
    let named = !namespace.ends_with('*') && pattern::check_namespace(namespace).is_ok();
    if named { Ok(()) } else { Err(StoreError::InvalidNamespace) }
}
