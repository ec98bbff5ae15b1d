//! Cursors: the last key of a page, behind a mark of the listing that the page is of.
//!
//! The mark makes a mistake an error, such as a cursor of another namespace. It is no secret: who forges one reads
//! nothing that a listing from the start would not show.

use sha2::{Digest as _, Sha256};

use super::StoreError;
use super::keys::{MAX_KEY_BYTES, check_key};

/// Letters of the mark: 64 bits in hexadecimal.
const MARK_LETTERS: usize = 16;

/// The cursor behind a key.
pub(super) fn after(namespace: &str, prefix: &str, key: &str) -> String {
    format!("{}{key}", mark(namespace, prefix, key))
}

/// The key that a cursor stands behind.
pub(super) fn parse<'a>(namespace: &str, prefix: &str, cursor: &'a str) -> Result<&'a str, StoreError> {
    let invalid = || StoreError::InvalidKey("the cursor is of no page of this listing".to_owned());
    if cursor.len() > MARK_LETTERS + MAX_KEY_BYTES {
        return Err(invalid());
    }
    let (found, key) = cursor.split_at_checked(MARK_LETTERS).ok_or_else(invalid)?;
    let fits = check_key(key).is_ok() && key.starts_with(prefix) && found == mark(namespace, prefix, key);
    if fits { Ok(key) } else { Err(invalid()) }
}

/// Neither a namespace nor a key holds NUL, so the parts cannot be taken for one another.
fn mark(namespace: &str, prefix: &str, key: &str) -> String {
    let digest = Sha256::new().chain_update(namespace).chain_update([0]).chain_update(prefix).chain_update([0]);
    let digest = digest.chain_update(key).finalize();
    digest.iter().take(MARK_LETTERS / 2).map(|byte| format!("{byte:02x}")).collect()
}
