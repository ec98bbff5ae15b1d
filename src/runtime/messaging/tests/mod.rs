//! Mailboxes and the table of requests against naive models. They are here and not in the files they test, which
//! `tests/interleavings.rs` compiles once more.

mod mail;
mod requests;
