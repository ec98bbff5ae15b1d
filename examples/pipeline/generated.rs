//! The components without a toolchain: their guest programs become wasm, beside their manifests.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::{Path, PathBuf};

use airssys_wasm::manifest::Manifest;
use airssys_wasm::suite::guest::{Program, compile};

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
    let guest = compile(&program, &metadata(&parsed))?;
    let directory = place.join(parsed.component.name.as_str());
    std::fs::create_dir(&directory)?;
    std::fs::write(directory.join("component.toml"), manifest)?;
    std::fs::write(directory.join(parsed.component.wasm), guest.wasm)?;
    Ok(directory)
}

/// What `metadata` answers, as WAVE. It must say what the manifest says.
fn metadata(manifest: &Manifest) -> BTreeMap<String, String> {
    let (component, memory) = (&manifest.component, manifest.resources.memory.max);
    let quoted = |text: &str| format!("{text:?}");
    let fields = [
        ("name", quoted(component.name.as_str())),
        ("version", quoted(&component.version.to_string())),
        ("api-version", quoted(&component.api_version.to_string())),
        ("description", quoted("")),
        ("author", quoted("")),
        ("license", quoted("")),
        ("language", quoted("")),
        (
            "requested-permissions",
            "{filesystem: [], network: [], storage: [], process: [], messaging: [], host-functions: []}".to_owned(),
        ),
        ("supported-operations", "[]".to_owned()),
        ("supported-codecs", "[]".to_owned()),
        (
            "memory-requirements",
            format!("{{min-memory-bytes: 0, max-memory-bytes: {memory}, preferred-memory-bytes: {memory}}}"),
        ),
        ("stateful", manifest.runtime.stateful.to_string()),
        ("tags", "[]".to_owned()),
    ];
    fields.map(|(name, value)| (name.to_owned(), value)).into()
}
