//! Rebuilds the crate when a file comes into `conformance/` or `wit/` or leaves it: both are embedded.

fn main() {
    println!("cargo:rerun-if-changed=conformance");
    println!("cargo:rerun-if-changed=wit");
}
