//! The schema of `component.toml`: one line a key.

use super::capabilities::capabilities;
use super::error::ManifestErrors;
use super::model::{
    Execution, Formats, Identity, Manifest, MemoryBytes, Resources, RestartPolicy, WitDependency, WitSource,
};
use super::read::{
    boolean, component_id, git_word, integer, integer_u32, path_inside, relative_path, requirement, size, str_of,
    string, string_without_nul, version, word,
};
use super::sink::{self, Problem};
use super::walk::{Entry, Table, wrong_type};
use super::{migrate_hint, syntax};
use crate::contract::multicodec::Codec;
use crate::contract::{ComponentId, LoadCode};

/// The largest manifest that is read: a hundred times the largest sensible one.
pub const MAX_MANIFEST_BYTES: usize = 1 << 20;

/// The longest time that a manifest may ask for: a day.
const MAX_TIME_MS: u64 = 86_400_000;
/// The longest mailbox that a manifest may ask for; the operator's bound in bytes applies as well.
const MAX_MAILBOX: u32 = 1_000_000;
/// The most restarts per window: beyond that, a crash loop is no supervision.
const MAX_RESTARTS: u32 = 1000;

impl Manifest {
    /// Parses a manifest.
    ///
    /// # Errors
    /// [`ManifestErrors`] holds everything that is wrong with it, found in one pass. Where TOML itself
    /// is broken, faults behind the first such place are told once that is mended.
    pub fn parse(text: &str) -> Result<Manifest, ManifestErrors> {
        if text.len() > MAX_MANIFEST_BYTES {
            return Err(too_large());
        }
        let (tree, sink) = syntax::parse(text);
        let manifest = tree.as_ref().and_then(|tree| Table::document(tree, &sink, manifest));
        match (sink.into_errors(text), manifest) {
            (None, Some(manifest)) => Ok(manifest),
            (Some(errors), _) => Err(errors),
            (None, None) => {
                let message = "the manifest is incomplete";
                Err(sink::single(text, 0..0, Problem::new(LoadCode::ManifestMissingField, message)))
            }
        }
    }

    /// Parses a manifest from the bytes of its file; a leading byte order mark is ignored.
    ///
    /// # Errors
    /// As [`Manifest::parse`]; bytes that are not UTF-8 are a syntax error.
    pub fn parse_bytes(bytes: &[u8]) -> Result<Manifest, ManifestErrors> {
        if bytes.len() > MAX_MANIFEST_BYTES {
            return Err(too_large());
        }
        Self::parse(text_of(bytes)?)
    }
}

/// The bytes as text.
pub(super) fn text_of(bytes: &[u8]) -> Result<&str, ManifestErrors> {
    std::str::from_utf8(bytes).map_err(|error| {
        let valid = error.valid_up_to();
        let text = std::str::from_utf8(&bytes[..valid]).unwrap_or_default();
        let problem = Problem::new(LoadCode::ManifestSyntax, "the text is not UTF-8 from here on");
        sink::single(text, valid..valid, problem.help("save the file as UTF-8"))
    })
}

/// The error of a manifest over [`MAX_MANIFEST_BYTES`], none of which was read.
pub(super) fn too_large() -> ManifestErrors {
    let message = format!("the manifest is larger than {MAX_MANIFEST_BYTES} bytes");
    sink::single("", 0..0, Problem::new(LoadCode::ManifestTooLarge, message))
}

fn manifest(t: &mut Table<'_>) -> Option<Manifest> {
    let (component, api_version) = t.table("component", |t| (identity(t), t.peek("api-version", version)));
    let api_version = api_version.as_ref();
    let wit_dependencies = t.entries("wit-dependencies", package_name, dependency);
    let multicodec = t.table("multicodec", formats);
    let (capabilities, optional_capabilities) = t.table("capabilities", |t| {
        let required = capabilities(t, api_version);
        (required, t.table("optional", |t| capabilities(t, api_version)))
    });
    let resources = t.table("resources", resources);
    let runtime = t.table("runtime", execution);
    let env = t.entries("env", env_name, |entry| entry.scalar(string_without_nul));
    let config = t.entries("config", config_key, |entry| entry.scalar(string));
    let custom_metadata = t.entries("custom-metadata", |_| Ok(()), |entry| entry.scalar(string));
    Some(Manifest {
        component: component?,
        wit_dependencies: wit_dependencies.into_iter().collect(),
        multicodec,
        capabilities,
        optional_capabilities,
        resources: resources?,
        runtime,
        env,
        config: config.into_iter().collect(),
        custom_metadata,
    })
}

fn identity(t: &mut Table<'_>) -> Option<Identity> {
    let name = t.required("name", component_id);
    let version_ = t.required("version", version);
    let api_version = t.required("api-version", version);
    let description = t.optional("description", string).unwrap_or_default();
    let authors = t.list("authors", string);
    let license = t.optional("license", string).unwrap_or_default();
    let language = t.optional("language", string).unwrap_or_default();
    let homepage = t.optional("homepage", string);
    let repository = t.optional("repository", string);
    let tags = t.list("tags", string);
    let wasm = t.optional("wasm", path_inside);
    let name = name?;
    let wasm = wasm.unwrap_or_else(|| format!("{}.wasm", name.name()));
    let (version, api_version) = (version_?, api_version?);
    Some(Identity {
        name,
        version,
        api_version,
        description,
        authors,
        license,
        language,
        homepage,
        repository,
        tags,
        wasm,
    })
}

fn dependency(entry: &mut Entry<'_>) -> Option<WitDependency> {
    let table = entry.table(|t| {
        let version = t.required("version", requirement);
        let path = t.optional("path", relative_path);
        let url = t.optional("git", git_word);
        let tag = t.optional("tag", git_word);
        let rev = t.optional("rev", git_word);
        let source = match (path, url) {
            (Some(_), Some(_)) => {
                t.fault("git", Problem::value("`path` and `git` exclude each other"));
                None
            }
            (path, None) if !t.has("git") => {
                for key in [("tag", &tag), ("rev", &rev)].iter().filter_map(|(key, value)| value.as_ref().map(|_| *key))
                {
                    t.fault(key, Problem::value(format!("`{key}` stands without `git`")));
                }
                path.map(WitSource::Path)
            }
            (_, None) => None,
            (None, Some(url)) => {
                if tag.is_some() == rev.is_some() {
                    t.fault("git", Problem::value("`git` needs exactly one of `tag` and `rev`"));
                }
                Some(WitSource::Git { url, tag, rev })
            }
        };
        Some(WitDependency { version: version?, source })
    });
    match table {
        Some(dependency) => dependency,
        None => entry
            .scalar(|value| match str_of(value) {
                Ok(_) => requirement(value),
                Err(_) => Err(wrong_type(value, "a requirement such as \"^1.0.0\", or a table with `version`")),
            })
            .map(|version| WitDependency { version, source: None }),
    }
}

fn formats(t: &mut Table<'_>) -> Formats {
    let primary_format = t.optional("primary-format", word(Codec::ALL, Codec::as_str));
    let given = t.has("supported-formats");
    let listed = t.list("supported-formats", word(Codec::ALL, Codec::as_str));
    if given && t.is_empty_list("supported-formats") {
        t.fault(
            "supported-formats",
            Problem::value("the component accepts no format at all").help("leave the key out to accept every format"),
        );
    }
    let supported_formats = if given { listed } else { Codec::ALL.to_vec() };
    if let Some(primary) = primary_format.filter(|primary| !supported_formats.contains(primary)) {
        t.fault("primary-format", Problem::value(format!("`{primary}` is not among the supported formats")));
    }
    Formats { primary_format, supported_formats }
}

fn resources(t: &mut Table<'_>) -> Option<Resources> {
    let memory = t.table("memory", memory);
    let fuel = t.optional("fuel", integer(1..=u64::MAX));
    let timeout_ms = t.optional("timeout-ms", integer(1..=MAX_TIME_MS)).unwrap_or(Manifest::DEFAULT_TIMEOUT_MS);
    let max_message_bytes = t.optional("max-message-bytes", size(1)).unwrap_or(Manifest::DEFAULT_MAX_MESSAGE_BYTES);
    let mailbox_capacity =
        t.optional("mailbox-capacity", integer_u32(1..=MAX_MAILBOX)).unwrap_or(Manifest::DEFAULT_MAILBOX_CAPACITY);
    let storage_bytes = t.optional("storage", size(0));
    Some(Resources { memory: memory?, fuel, timeout_ms, max_message_bytes, mailbox_capacity, storage_bytes })
}

fn memory(t: &mut Table<'_>) -> Option<MemoryBytes> {
    let max = t.required("max", size(1));
    let min = t.optional("min", size(0));
    let preferred = t.optional("preferred", size(0));
    let max = max?;
    if let Some(min) = min.filter(|&min| min > max) {
        t.fault("min", Problem::value(format!("the minimum of {min} bytes is above the maximum of {max}")));
    }
    if let Some(preferred) = preferred.filter(|&preferred| preferred > max) {
        t.fault("preferred", Problem::value(format!("{preferred} bytes are above the maximum of {max}")));
    }
    if let (Some(min), Some(preferred)) = (min, preferred)
        && preferred < min
    {
        t.fault("preferred", Problem::value(format!("{preferred} bytes are below the minimum of {min}")));
    }
    Some(MemoryBytes { min: min.unwrap_or(0), preferred: preferred.unwrap_or(max), max })
}

fn execution(t: &mut Table<'_>) -> Execution {
    Execution {
        stateful: t.optional("stateful", boolean).unwrap_or(false),
        supported_operations: t.list("supported-operations", string),
        restart: t
            .optional("restart", word(RestartPolicy::ALL, RestartPolicy::as_str))
            .unwrap_or(RestartPolicy::OnFailure),
        max_restarts: t
            .optional("max-restarts", integer_u32(0..=MAX_RESTARTS))
            .unwrap_or(Manifest::DEFAULT_MAX_RESTARTS),
        window_ms: t.optional("window-ms", integer(1..=MAX_TIME_MS)).unwrap_or(Manifest::DEFAULT_WINDOW_MS),
    }
}

fn package_name(key: &str) -> Result<(), Problem> {
    let named = key.len() <= ComponentId::MAX_BYTES && ComponentId::new(key).is_ok_and(|id| id.namespace().is_some());
    if named {
        return Ok(());
    }
    let problem = Problem::value("the key is no package name of the form namespace:name");
    Err(problem.help(if key.starts_with("airssys-") {
        migrate_hint::HELP
    } else {
        "write \"airssys:core\" = \"^1.0.0\""
    }))
}

fn env_name(key: &str) -> Result<(), Problem> {
    match key.is_empty() || key.contains(['=', '\0']) {
        true => Err(Problem::value("a name in the environment is not empty and contains neither `=` nor NUL")),
        false => Ok(()),
    }
}

fn config_key(key: &str) -> Result<(), Problem> {
    let known = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_.-".contains(&byte);
    match (1..=128).contains(&key.len()) && key.bytes().all(known) {
        true => Ok(()),
        false => Err(Problem::value("a key of configuration has 1 to 128 characters of a-z, 0-9, `_`, `.` and `-`")),
    }
}
