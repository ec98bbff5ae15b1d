//! JSON Schema of the adapter protocol, made from its types. What it says stands in `conformance/protocol/`.

use schemars::{JsonSchema, Schema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Value, json};

use super::{Reply, Stimulus, wire::Event};

/// A schema: the name of its file, and its text.
pub type Named = (&'static str, Value);

/// Every schema of the protocol.
pub fn all() -> [Named; 3] {
    [
        ("request.json", numbered::<Stimulus>("request", "What the suite writes: one such object a line.", true)),
        ("reply.json", numbered::<Reply>("reply", "What an adapter answers: one such object a line.", false)),
        (
            "event.json",
            document("event", "What an adapter may tell unasked: one such object a line.", schema::<Event>()),
        ),
    ]
}

fn schema<T: JsonSchema>() -> Schema {
    SchemaGenerator::new(SchemaSettings::draft2020_12()).into_root_schema_for::<T>()
}

/// The schema of messages that have a number beside what the type has.
fn numbered<T: JsonSchema>(name: &str, description: &str, always: bool) -> Value {
    let mut document = document(name, description, schema::<T>());
    // What is inside of a message has no number: where the message itself stands in it, another schema does.
    let inner = json!({ "oneOf": document["oneOf"] });
    if refer(&mut document, &format!("#/$defs/{}", T::schema_name())) {
        let mut inner = inner;
        refer(&mut inner, &format!("#/$defs/{}", T::schema_name()));
        document["$defs"][T::schema_name().as_ref()] = inner;
    }
    let id = json!({
        "description": "The number of the request: 1 is the first of a process, and the next is one more.",
        "type": "integer",
        "minimum": 1,
    });
    for kind in document["oneOf"].as_array_mut().into_iter().flatten() {
        kind["properties"]["id"] = id.clone();
        if always {
            kind["required"].as_array_mut().into_iter().for_each(|required| required.push("id".into()));
        }
    }
    document
}

/// Has all references to the whole document lead elsewhere. Whether there are any.
fn refer(value: &mut Value, place: &str) -> bool {
    match value {
        Value::Object(object) => {
            let mut found = false;
            for (key, value) in object.iter_mut() {
                if key == "$ref" && value == "#" {
                    *value = place.into();
                    found = true;
                } else {
                    found |= refer(value, place);
                }
            }
            found
        }
        // All of them, whatever the first says.
        Value::Array(items) => items.iter_mut().filter_map(|item| refer(item, place).then_some(())).count() > 0,
        _ => false,
    }
}

fn document(name: &str, description: &str, schema: Schema) -> Value {
    let mut document = Value::from(schema);
    document["$id"] = format!("https://github.com/airsstack/airssys/conformance/protocol/{name}.json").into();
    document["title"] = format!("Adapter protocol {}: {name}", super::PROTOCOL).into();
    document["description"] = description.into();
    document
}
