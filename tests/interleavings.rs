//! Mailboxes and the table of requests under every interleaving of the threads that use them.
//!
//! The two files of the runtime are compiled once more, on a lock whose every taking is a choice of who goes on; all
//! choices are tried. A model answers what came of one execution, and its test compares all that may come of any.

#[path = "interleavings/sync.rs"]
mod sync;

#[path = "../src/runtime/messaging/correlation.rs"]
mod correlation;
#[path = "../src/runtime/messaging/mailbox.rs"]
mod mailbox;

#[path = "interleavings/both.rs"]
mod both;
#[path = "interleavings/explore.rs"]
mod explore;
#[path = "interleavings/mail.rs"]
mod mail;
#[path = "interleavings/requests.rs"]
mod requests;
#[path = "interleavings/served.rs"]
mod served;
