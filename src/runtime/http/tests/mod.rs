//! The client against peers of every kind, on real sockets.

mod bodies;
mod encrypted;
mod http2;
mod peer;
mod redirects;
mod requests;
mod responses;
mod targets;
