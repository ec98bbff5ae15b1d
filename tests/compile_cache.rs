//! The cache of machine code: what is loaded from it, what is refused and replaced, its size, and several processes at
//! it.
#![cfg(all(feature = "runtime", feature = "suite", feature = "cli", target_os = "linux"))]

#[path = "compile_cache/bench.rs"]
mod bench;
#[path = "compile_cache/damage.rs"]
mod damage;
#[path = "compile_cache/order.rs"]
mod order;
#[path = "compile_cache/processes.rs"]
mod processes;
#[path = "compile_cache/reach.rs"]
mod reach;
#[path = "compile_cache/size.rs"]
mod size;
#[path = "compile_cache/unusable.rs"]
mod unusable;
