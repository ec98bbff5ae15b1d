//! The components without a toolchain: their guest programs become wasm, beside their manifests.

use std::error::Error;
use std::path::{Path, PathBuf};

use airssys_wasm::manifest::Manifest;
use airssys_wasm::suite::guest::{Program, compile};
use airssys_wasm::suite::metadata_fields;

/// Makes a component of the `component.toml` and the `guest.toml` of a directory, and returns its own directory, below
/// `place`.
pub(crate) fn component(source: &Path, place: &Path) -> Result<PathBuf, Box<dyn Error>> {
    let manifest = std::fs::read_to_string(source.join("component.toml"))?;
    write(&manifest, &std::fs::read_to_string(source.join("guest.toml"))?, place)
}

/// As [`component`], from the texts themselves.
pub(crate) fn write(manifest: &str, program: &str, place: &Path) -> Result<PathBuf, Box<dyn Error>> {
    let parsed = Manifest::parse(manifest)?;
    let program: Program = toml::from_str(program)?;
    let guest = compile(&program, &metadata_fields(&toml::from_str(manifest)?))?;
    let directory = place.join(parsed.component.name.as_str());
    std::fs::create_dir(&directory)?;
    std::fs::write(directory.join("component.toml"), manifest)?;
    std::fs::write(directory.join(parsed.component.wasm), guest.wasm)?;
    Ok(directory)
}
