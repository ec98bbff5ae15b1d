//! A manifest as TOML, from what it holds alone: what is read again must be the same.

use std::fmt::Display;

use airssys_wasm::manifest::{Capabilities, FourActions, Manifest, WitDependency, WitSource};

/// Writes every key of the schema, in quotes where it is the author's.
pub fn print(manifest: &Manifest) -> String {
    let mut lines = Lines::default();
    let component = &manifest.component;
    lines.table("component");
    lines.key("name", text(component.name.as_str()));
    lines.key("version", text(&component.version.to_string()));
    lines.key("api-version", text(&component.api_version.to_string()));
    lines.key("description", text(&component.description));
    lines.key("authors", list(&component.authors));
    lines.key("license", text(&component.license));
    lines.key("language", text(&component.language));
    lines.option("homepage", component.homepage.as_deref().map(text));
    lines.option("repository", component.repository.as_deref().map(text));
    lines.key("tags", list(&component.tags));
    lines.key("wasm", text(&component.wasm));

    lines.table("wit-dependencies");
    for (name, dependency) in &manifest.wit_dependencies {
        lines.key(&text(name), self::dependency(dependency));
    }

    lines.table("multicodec");
    lines.option("primary-format", manifest.multicodec.primary_format.map(|codec| text(codec.as_str())));
    let formats = manifest.multicodec.supported_formats.iter().map(|codec| codec.to_string());
    lines.key("supported-formats", list(&formats.collect::<Vec<_>>()));

    capabilities(&mut lines, "capabilities", &manifest.capabilities);
    capabilities(&mut lines, "capabilities.optional", &manifest.optional_capabilities);

    let resources = &manifest.resources;
    lines.table("resources");
    lines.option("fuel", resources.fuel);
    lines.key("timeout-ms", resources.timeout_ms);
    lines.key("max-message-bytes", resources.max_message_bytes);
    lines.key("mailbox-capacity", resources.mailbox_capacity);
    lines.option("storage", resources.storage_bytes);
    lines.table("resources.memory");
    lines.key("min", resources.memory.min);
    lines.key("preferred", resources.memory.preferred);
    lines.key("max", resources.memory.max);

    let runtime = &manifest.runtime;
    lines.table("runtime");
    lines.key("stateful", runtime.stateful);
    lines.key("supported-operations", list(&runtime.supported_operations));
    lines.key("restart", text(runtime.restart.as_str()));
    lines.key("max-restarts", runtime.max_restarts);
    lines.key("window-ms", runtime.window_ms);

    lines.pairs("env", manifest.env.iter().map(|(key, value)| (key, value)));
    lines.pairs("config", manifest.config.iter());
    lines.pairs("custom-metadata", manifest.custom_metadata.iter().map(|(key, value)| (key, value)));
    lines.text
}

fn capabilities(lines: &mut Lines, table: &str, capabilities: &Capabilities) {
    lines.table(&format!("{table}.filesystem"));
    lines.four_actions(&capabilities.filesystem, 0);
    for rule in &capabilities.network {
        lines.table(&format!("[{table}.network]"));
        lines.key("action", text(rule.action.as_str()));
        lines.key("host", text(&rule.host));
        lines.option("port", rule.port);
    }
    lines.table(&format!("{table}.storage"));
    lines.key("namespaces", list(&capabilities.storage.read[..capabilities.storage_everywhere]));
    lines.four_actions(&capabilities.storage, capabilities.storage_everywhere);
    lines.option("max-size", capabilities.storage_max_bytes);
    lines.table(&format!("{table}.process"));
    lines.key("spawn", list(&capabilities.process_spawn));
    lines.table(&format!("{table}.messaging"));
    lines.key("send", list(&capabilities.messaging_send));
    lines.key("request", list(&capabilities.messaging_request));
    let (publish, subscribe) = (&capabilities.topics_publish, &capabilities.topics_subscribe);
    // Contract 1.0 has no such table, not even an empty one.
    if !publish.is_empty() || !subscribe.is_empty() {
        lines.table(&format!("{table}.topics"));
        lines.key("publish", list(publish));
        lines.key("subscribe", list(subscribe));
    }
    lines.table(&format!("{table}.host-functions"));
    lines.key("call", list(&capabilities.host_functions));
}

fn dependency(dependency: &WitDependency) -> String {
    // Without carets, which are the default, and blanks: the manifest's bound is that of what its author wrote.
    let version = dependency.version.to_string().replace(['^', ' '], "");
    let mut keys = vec![format!("version = {}", text(&version))];
    match &dependency.source {
        Some(WitSource::Path(path)) => keys.push(format!("path = {}", text(path))),
        Some(WitSource::Git { url, tag, rev }) => {
            let given = [("git", Some(url)), ("tag", tag.as_ref()), ("rev", rev.as_ref())];
            keys.extend(given.iter().filter_map(|(key, value)| Some(format!("{key} = {}", text((*value)?)))));
        }
        None => {}
    }
    format!("{{ {} }}", keys.join(", "))
}

#[derive(Default)]
struct Lines {
    text: String,
}

impl Lines {
    fn table(&mut self, name: &str) {
        self.text += &format!("[{name}]\n");
    }

    fn key(&mut self, key: &str, value: impl Display) {
        self.text += &format!("{key} = {value}\n");
    }

    fn option(&mut self, key: &str, value: Option<impl Display>) {
        value.into_iter().for_each(|value| self.key(key, value));
    }

    fn pairs<'a>(&mut self, table: &str, pairs: impl Iterator<Item = (&'a String, &'a String)>) {
        self.table(table);
        pairs.for_each(|(key, value)| self.key(&text(key), text(value)));
    }

    fn four_actions(&mut self, actions: &FourActions, from: usize) {
        let FourActions { read, write, delete, list } = actions;
        for (key, patterns) in [("read", read), ("write", write), ("delete", delete), ("list", list)] {
            self.key(key, self::list(&patterns[from..]));
        }
    }
}

fn list(texts: &[String]) -> String {
    format!("[{}]", texts.iter().map(|one| text(one)).collect::<Vec<_>>().join(", "))
}

/// A basic string of TOML, which is also a quoted key.
pub fn text(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            _ if character.is_control() => quoted += &format!("\\u{:04x}", u32::from(character)),
            _ => quoted.push(character),
        }
    }
    quoted + "\""
}
