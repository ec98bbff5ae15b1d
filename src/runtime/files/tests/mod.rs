//! Tests of the file service, each a function of a world on the disk, so that they run again where `openat2` is missing.

mod atomic;
mod between;
mod bounds;
mod fallback;
mod forest;
mod race;
mod special;
mod table;
mod world;
