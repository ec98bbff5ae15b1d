//! Mailboxes, the table of requests and subscriptions against naive models. They are here and not in the files they test, which
//! `tests/interleavings.rs` compiles once more.

mod mail;
mod requests;
mod topics;
