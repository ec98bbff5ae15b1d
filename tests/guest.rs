//! Generated guests: every program compiles to a valid component with the same bytes each time, and a
//! program that makes no sense says why.
#![cfg(feature = "suite")]

use std::collections::BTreeMap;
use std::sync::LazyLock;

use airssys_wasm::suite::guest::{Guest, Program, Size, compile};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::Union;
use rstest::rstest;
use wit_parser::{Function, Resolve, Type, TypeDefKind, WorldItem};

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

fn program(text: &str) -> Program {
    toml::from_str(text).unwrap()
}

/// Compiles twice, compares, and has the component validated as an engine would.
fn compile_well(program: &Program) -> Guest {
    let guest = compile(program, &metadata()).unwrap_or_else(|why| panic!("{why}\n{program:#?}"));
    assert_eq!(guest.sha256(), compile(program, &metadata()).unwrap().sha256());
    let features = wasmparser::WasmFeatures::default();
    assert!(features.component_model());
    let validated = wasmparser::Validator::new_with_features(features).validate_all(&guest.wasm);
    validated.unwrap_or_else(|why| panic!("{why}\n{program:#?}"));
    guest
}

/// The platform's WIT.
static RESOLVE: LazyLock<Resolve> = LazyLock::new(|| {
    let mut resolve = Resolve::default();
    resolve.push_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/wit")).unwrap();
    resolve
});

/// Every function that a component may import, as `interface.function`.
static IMPORTS: LazyLock<Vec<(String, &'static Function)>> = LazyLock::new(|| {
    let world = RESOLVE.worlds.iter().map(|(_, world)| world).max_by_key(|world| world.imports.len()).unwrap();
    let mut imports = Vec::new();
    for item in world.imports.values() {
        let WorldItem::Interface { id, .. } = item else { continue };
        let interface = &RESOLVE.interfaces[*id];
        let name = interface.name.as_deref().unwrap();
        imports.extend(interface.functions.values().map(|function| (format!("{name}.{}", function.name), function)));
    }
    imports
});

type Text = BoxedStrategy<String>;

/// A WAVE string literal with everything that a scanner of holes could trip over.
fn literal() -> Text {
    let part =
        select(&["a", "$", "$x", "\\\"", "\\\\", "\\n", "\\u{e4}", "ö", "'", "{", ")", ", ", "zhole0", "_", "//"]);
    proptest::collection::vec(part, 0..6).prop_map(|parts| format!("\"{}\"", parts.concat())).boxed()
}

/// A value of the type as WAVE, now and then with a hole.
fn value(ty: &Type) -> Text {
    let number = |max: u64| (0..=max).prop_map(|number| number.to_string()).boxed();
    match ty {
        Type::Bool => any::<bool>().prop_map(|value| value.to_string()).boxed(),
        Type::U8 => number(u8::MAX.into()),
        Type::U16 => number(u16::MAX.into()),
        Type::U32 => number(u32::MAX.into()),
        Type::U64 => prop_oneof![4 => number(u64::MAX), 1 => Just("$counter".to_owned())].boxed(),
        Type::S32 => any::<i32>().prop_map(|value| value.to_string()).boxed(),
        Type::String => {
            let holes = ["$transcript", "$counter", "$bulk.7", "$bad-utf8", "$bad-pointer"];
            prop_oneof![6 => literal(), 1 => select(holes.to_vec()).prop_map(str::to_owned)].boxed()
        }
        Type::Id(id) => defined(&RESOLVE.types[*id].kind),
        other => panic!("the contract has no {other:?}"),
    }
}

fn defined(kind: &'static TypeDefKind) -> Text {
    let case = |name: String, ty: &Option<Type>| match ty {
        None => Just(name).boxed(),
        Some(ty) => value(ty).prop_map(move |value| format!("{name}({value})")).boxed(),
    };
    match kind {
        TypeDefKind::Type(ty) => value(ty),
        TypeDefKind::List(element) => {
            let items = proptest::collection::vec(value(element), 0..4);
            let list = items.prop_map(|items| format!("[{}]", items.join(", ")));
            let bulk = select(&["$bulk.0", "$bulk.3", "$bulk.70000", "$bad-pointer"]).prop_map(str::to_owned);
            match element {
                Type::U8 => {
                    let notation =
                        select(&["\"json:{}\"", "\"hex:80 04\"", "\"text*9:$ab\"", "\"raw:\"", "$transcript"]);
                    prop_oneof![3 => list, 3 => notation.prop_map(str::to_owned), 1 => bulk].boxed()
                }
                _ => prop_oneof![6 => list, 1 => bulk].boxed(),
            }
        }
        TypeDefKind::Option(some) => {
            with_bad_case(vec![Just("none".to_owned()).boxed(), case("some".into(), &Some(*some))])
        }
        TypeDefKind::Result(result) => {
            with_bad_case(vec![case("ok".into(), &result.ok), case("err".into(), &result.err)])
        }
        TypeDefKind::Variant(variant) => {
            with_bad_case(variant.cases.iter().map(|named| case(named.name.clone(), &named.ty)).collect())
        }
        TypeDefKind::Enum(cases) => {
            with_bad_case(cases.cases.iter().map(|named| case(named.name.clone(), &None)).collect())
        }
        TypeDefKind::Tuple(tuple) => {
            let items: Vec<Text> = tuple.types.iter().map(value).collect();
            items.prop_map(|items| format!("({})", items.join(", "))).boxed()
        }
        TypeDefKind::Record(record) => {
            let fields: Vec<Text> = record
                .fields
                .iter()
                .map(|field| value(&field.ty).prop_map(|value| format!("{}: {value}", field.name)).boxed())
                .collect();
            // Fields that are none may be left out, and the order is free.
            let written = |fields: Vec<String>, leave_out: bool| {
                let kept = fields.into_iter().filter(|field| !(leave_out && field.ends_with(": none")));
                format!("{{{}}}", kept.rev().collect::<Vec<_>>().join(", "))
            };
            (fields, any::<bool>()).prop_map(move |(fields, leave_out)| written(fields, leave_out)).boxed()
        }
        other => panic!("the contract has no {other:?}"),
    }
}

fn with_bad_case(cases: Vec<Text>) -> Text {
    prop_oneof![9 => Union::new(cases), 1 => Just("$bad-case".to_owned())].boxed()
}

/// A call of any host function with any arguments.
fn call() -> Text {
    let calls = IMPORTS.iter().map(|(name, function)| {
        let arguments: Vec<Text> = function.params.iter().map(|param| value(&param.ty)).collect();
        let kept = if function.result.is_some() { format!(" as {}", name.replace('.', "-")) } else { String::new() };
        (select(&["call", "invoke"]), arguments, select(vec![String::new(), kept]))
            .prop_map(move |(verb, arguments, kept)| format!("{verb} {name}({}){kept}", arguments.join(", ")))
            .boxed()
    });
    Union::new(calls).boxed()
}

const TRAPS: [&str; 9] = [
    "unreachable",
    "memory-out-of-bounds",
    "table-out-of-bounds",
    "indirect-call-mismatch",
    "null-reference",
    "integer-overflow",
    "divide-by-zero",
    "bad-conversion",
    "stack-overflow",
];

/// An action that may stand in any export. There are three memories and three tables.
fn action() -> Text {
    let fixed = ["record", "count", "spin", "fill", "recurse", "recurse-call host-services.current-time-millis"];
    let simple = prop_oneof![
        1 => select(fixed.to_vec()).prop_map(str::to_owned),
        1 => "note [ -~äö]{1,12}x",
        1 => any::<u32>().prop_map(|n| format!("count {n}")),
        1 => any::<u32>().prop_map(|n| format!("spin {n}")),
        1 => (0..100u32).prop_map(|n| format!("recurse {n}")),
        1 => select(&TRAPS).prop_map(|kind| format!("trap {kind}")),
        1 => (0..100u32, 0..3u32).prop_map(|(pages, index)| format!("grow-memory {pages} {index}")),
        1 => (0..100u32, 0..3u32).prop_map(|(elements, index)| format!("grow-table {elements} {index}")),
        3 => call(),
    ];
    simple
        .prop_recursive(2, 4, 1, |inner| (0..9u32, inner).prop_map(|(n, inner)| format!("repeat {n} {inner}")))
        .boxed()
}

/// The actions of an export: any, then those that fit it, then perhaps an end.
fn export(own: &'static [&'static str]) -> BoxedStrategy<Vec<String>> {
    let own = prop_oneof![Just(None), select(own).prop_map(|text| Some(text.to_owned()))];
    (proptest::collection::vec(action(), 0..4), own)
        .prop_map(|(mut actions, own)| {
            actions.extend(own);
            actions
        })
        .boxed()
}

const EXECUTE: [&str; 10] = [
    "record operation",
    "remember operation as payload",
    "remember context.caller.external as sender",
    "record context.caller",
    "record context.trace-context.some.tracestate",
    "return ok($transcript)",
    "return ok($operation)",
    "return err(invalid-input($context.request-id))",
    "return $bad-case",
    "return-pointer 4294967295",
];
const INIT: [&str; 4] =
    ["record config.env", "record config.config-data.some", "return err(not-found(\"$\"))", "return ok"];
const MESSAGE: [&str; 6] = [
    "record message.sender",
    "remember message.payload as payload",
    "remember message.sender as sender",
    "call host-services.send-response($message.request-id.some, ok($message.payload))",
    "return err(delivery-failed($message.sender))",
    "return $bad-case",
];
const HEALTH: [&str; 3] = [
    "return {healthy: false, reason: some(\"$counter\")}",
    "return {healthy: true, reason: some($counter)}",
    "return-pointer 0",
];
const NOTHING: [&str; 1] = ["record"];

fn size() -> impl Strategy<Value = Size> {
    (0u64..4, proptest::option::of(4u64..9)).prop_map(|(min, max)| Size { min, max })
}

fn programs() -> impl Strategy<Value = Program> {
    let exports =
        (export(&EXECUTE), export(&INIT), export(&MESSAGE), export(&HEALTH), export(&NOTHING), export(&NOTHING));
    let helpers = (export(&NOTHING), export(&NOTHING), export(&NOTHING));
    let operation = select(&["raw:a", "json:{}", "hex:", "text:$x", "raw*9:b"]).prop_map(str::to_owned);
    let on = proptest::collection::btree_map(operation.clone(), export(&EXECUTE), 0..3);
    let on_message = proptest::collection::btree_map(operation, export(&MESSAGE), 0..3);
    let sizes = (proptest::collection::vec(size(), 2), proptest::collection::vec(size(), 2));
    (exports, helpers, on, on_message, sizes).prop_map(|(exports, helpers, on, on_message, (memories, tables))| {
        let (execute, init, handle_message, health, shutdown, metadata) = exports;
        let (start, post_execute, realloc) = helpers;
        Program {
            execute,
            init,
            handle_message,
            health,
            shutdown,
            metadata,
            start,
            post_execute,
            realloc,
            on,
            on_message,
            memories,
            tables,
            ..Program::default()
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn any_program_compiles_to_the_same_valid_component(program in programs()) {
        compile_well(&program);
    }
}

proptest! {
    #[test]
    fn no_text_makes_the_compiler_panic(
        verb in select(&["call", "invoke", "repeat 2 call", "return", "record", "recurse-call", "note", "x", ""]),
        text in r#"(host-services\.|multicodec\.)?(log|encode|sleep-millis|get-config)?[ a-z0-9$.,"(){}\[\]:äöü\\-]{0,24}\)?"#,
    ) {
        let _ = compile(&Program { execute: vec![format!("{verb} {text}")], ..Program::default() }, &metadata());
    }
}

#[test]
fn every_import_is_called_in_the_properties() {
    let interfaces: Vec<&str> = IMPORTS.iter().map(|(name, _)| name.split('.').next().unwrap()).collect();
    let count = |interface: &str| interfaces.iter().filter(|name| **name == interface).count();
    let counts =
        ["host-services", "multicodec", "capabilities", "filesystem", "network", "process", "storage"].map(count);
    assert_eq!((counts, IMPORTS.len()), ([12, 4, 2, 6, 1, 4, 6], 35));
}

/// Programs whose bytes are held, so that a change of them is seen, and seen on every machine.
const HELD: [(&str, &str); 7] = [
    ("least", ""),
    (
        "every kind of action",
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
    ),
    (
        "every trap",
        r#"
        [on]
        "raw:1" = ["trap unreachable"]
        "raw:2" = ["trap memory-out-of-bounds"]
        "raw:3" = ["trap table-out-of-bounds"]
        "raw:4" = ["trap indirect-call-mismatch"]
        "raw:5" = ["trap null-reference"]
        "raw:6" = ["trap integer-overflow"]
        "raw:7" = ["trap divide-by-zero"]
        "raw:8" = ["trap bad-conversion"]
        "raw:9" = ["trap stack-overflow"]
        "raw:a" = ["spin"]
        "raw:b" = ["fill"]
        "raw:c" = ["return ok($bad-pointer)"]
        "raw:d" = ["return err(invalid-input($bad-utf8))"]
        "#,
    ),
    (
        "other versions",
        r#"
        [wit]
        versions = {"airssys:core" = "1.4.0"}
        replace = [{find = "shutdown: func()", with = "shutdown: func(x: u32)"}]
        imports = ["wasi:cli/environment@0.2.0"]
        packages = ["package wasi:cli@0.2.0 { interface environment { get: func() -> string; } }"]
        "#,
    ),
    (
        "messages",
        r#"
        handle-message = ["remember message.request-id.some as id", "call host-services.send-message(\"b\", $message.payload)",
          "call host-services.send-message($message.sender, $message.payload)"]
        handle-callback = ["record", "record outcome", "record request-id", "record outcome.err", "remember request-id as answered", "call host-services.cancel-request($r.ok)"]
        execute = ["call host-services.send-request(\"b\", \"raw:x\", 0) as r", "call host-services.send-response($id, ok($operation))", "record answered"]
        on."raw:cancel" = ["call host-services.cancel-request($r.ok)", "return ok($transcript)"]
        [on-message]
        "raw:ping" = ["call host-services.send-response($message.request-id.some, ok(\"raw:pong\"))"]
        "raw:no" = ["return err(mailbox-full)"]
        "#,
    ),
    ("core module", "form = \"core-module\"\nmemory = {min = 3, max = 4}\npadding = 10"),
    ("cut short", "truncate = 100"),
];

#[test]
fn the_bytes_of_held_programs_do_not_change() {
    let lines = HELD.map(|(name, text)| {
        let guest = compile(&program(text), &metadata()).unwrap();
        format!("{name}: {} bytes, sha256 {}", guest.wasm.len(), guest.sha256())
    });
    insta::assert_snapshot!(lines.join("\n"));
}

#[rstest]
#[case::least(0)]
#[case::every_kind_of_action(1)]
#[case::every_trap(2)]
#[case::other_versions(3)]
#[case::messages(4)]
fn held_programs_are_valid(#[case] index: usize) {
    let guest = compile_well(&program(HELD[index].1));
    assert!(guest.wat().unwrap().starts_with("(module"));
}

#[rstest]
#[case("form = \"text\"", b"(component)")]
#[case("form = \"empty\"", b"")]
#[case("form = \"garbage\"", b"this is no WebAssembly at all")]
#[case("form = \"elf\"\ntruncate = 5", b"\x7fELF\x02")]
#[case("form = \"garbage-body\"\ntruncate = 10", b"\0asm\x0d\0\x01\0\xff\xff")]
#[case("form = \"core-module\"\ntruncate = 8", b"\0asm\x01\0\0\0")]
#[case("truncate = 8", b"\0asm\x0d\0\x01\0")]
#[case("form = \"empty\"\npadding = 2", b"\0\x0a\x07padding\0\0")]
fn forms(#[case] text: &str, #[case] bytes: &[u8]) {
    assert_eq!(compile(&program(text), &metadata()).unwrap().wasm, bytes);
}

/// A `$` in a string is a letter, whatever stands around it.
#[rstest]
#[case(r#""costs $5""#, "costs $5")]
#[case(r#""$transcript""#, "$transcript")]
#[case(r#""a \" $b""#, "a \" $b")]
#[case(r#""a \\\" $b \\""#, "a \\\" $b \\")]
#[case(r#""\u{24}x""#, "$x")]
#[case(r#""it's $x""#, "it's $x")]
#[case(r#""zhole0""#, "zhole0")]
#[case(r#""f($x) as y)""#, "f($x) as y)")]
fn a_dollar_in_a_string_is_no_hole(#[case] literal: &str, #[case] text: &str) {
    let action = format!("invoke host-services.log(info, {literal}, some([({literal}, $transcript)]))");
    let guest = compile_well(&Program { execute: vec![action], ..Program::default() });
    let found = guest.module.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(found, "{text} is not in the guest's data");
}

/// Actions that make no sense where they stand, in `execute`.
const BAD_ACTIONS: [&str; 94] = [
    "jump",
    "",
    "note",
    "record a b",
    "count x",
    "count -1",
    "count 1 2",
    "spin 18446744073709551616",
    "recurse 1.5",
    "fill 1",
    "grow-memory",
    "grow-memory 4294967296",
    "grow-memory 1 2 3",
    "grow-memory 1 7",
    "grow-table",
    "grow-table x",
    "grow-table 1 7",
    "repeat 3",
    "repeat x note a",
    "repeat 2 jump",
    "trap",
    "trap out-of-fuel",
    "trap invalid-value",
    "trap nonsense",
    "call",
    "call host-services.log",
    "call host-services.log(info, \"x\", none",
    "call host-services.log(info, \"x\", none) and more",
    "call log(info, \"x\", none)",
    "call host-services.shout(info)",
    "call host-service.log(info, \"x\", none)",
    "call component-lifecycle.health()",
    "call host-services.log()",
    "call host-services.log(info, \"x\")",
    "call host-services.log(info, \"x\", none, 1)",
    "call host-services.log(loud, \"x\", none)",
    "call host-services.log(info, 5, none)",
    "call host-services.log(info, \"x\", [])",
    "call host-services.log(info, \"x\", some([\"a\"]))",
    "call host-services.log(info, \"x\", some([(\"a\", \"b\", \"c\")]))",
    "call host-services.log(info, \"x, none)",
    "call host-services.sleep-millis(-1)",
    "call host-services.sleep-millis(\"1\")",
    "call host-services.sleep-millis(18446744073709551616)",
    "call multicodec.encode(85, \"hello\")",
    "call multicodec.encode(85, [256])",
    "call capabilities.is-granted(filesystem)",
    "call capabilities.is-granted(process)",
    "call capabilities.is-granted(files((read, \"/x\")))",
    "call network.http-request({method: get})",
    "call network.http-request({method: get, url: \"\", headers: [], uri: \"\"})",
    "call host-services.get-config($nope)",
    "call host-services.get-config($)",
    "call host-services.get-config($context.nope)",
    "call host-services.get-config($context.caller.nope)",
    "call host-services.get-config($operation.0)",
    "call host-services.get-config($context)",
    "call host-services.get-config($context.timeout-ms)",
    "call host-services.get-config($bulk)",
    "call host-services.get-config($bulk.x)",
    "call host-services.get-config($bulk.-1)",
    "call host-services.sleep-millis($bulk.3)",
    "call host-services.sleep-millis($transcript)",
    "call host-services.sleep-millis($bad-case)",
    "call host-services.sleep-millis($bad-utf8)",
    "call host-services.sleep-millis($bad-pointer)",
    "call multicodec.encode(85, $bad-utf8)",
    "call host-services.log($counter, \"x\", none)",
    "call host-services.log(info, \"x\", $bulk.3)",
    "call host-services.log(info, \"x\", some($bulk.4294967295))",
    "call host-services.log(info, \"x\", none) as",
    "record nope",
    "record context.nope",
    "remember",
    "remember operation",
    "remember operation as",
    "remember operation as a.b",
    "remember operation as transcript",
    "remember context.nope as x",
    "remember x as x",
    "recurse-call",
    "recurse-call host-services.nope",
    "recurse-call host-services.sleep-millis",
    "recurse-call host-services.list-components",
    "return",
    "return ok",
    "return ok(5)",
    "return err",
    "return err(lost)",
    "return err(timeout-exceeded(1))",
    "return err(invalid-input)",
    "return {a: 1}",
    "return ok($operation",
    "return-pointer x",
];

#[test]
fn a_bad_action_says_what_it_lacks() {
    let error = |action: &&str| error(Program { execute: vec![(*action).to_owned()], ..Program::default() });
    let errors: Vec<String> = BAD_ACTIONS.iter().map(|action| format!("{action}\n    {}", error(action))).collect();
    insta::assert_snapshot!(errors.join("\n"));
}

/// Faults of a program besides single actions of `execute`.
const BAD_PROGRAMS: [&str; 27] = [
    "init = [\"jump\"]",
    "start = [\"return ok\"]",
    "start = [\"return-pointer 0\"]",
    "start = [\"record operation\"]",
    "realloc = [\"count x\"]",
    "post-execute = [\"call host-services.get-config($operation)\"]",
    "handle-message = [\"return {ok: 1}\"]",
    "health = [\"return {healthy: 1, reason: none}\"]",
    "health = [\"record operation\"]",
    "metadata = [\"return {name: \\\"a\\\"}\"]",
    "on.\"add\" = []",
    "on.\"xml:\" = []",
    "on.\"raw:a\" = [\"return 5\"]",
    "on-message.\"add\" = []",
    "on-message.\"raw:a\" = [\"return ok($message.payload)\"]",
    "on-message.\"raw:a\" = [\"record operation\"]",
    "start = [\"remember operation as x\"]",
    "execute = [\"remember operation as x\"]\nhandle-message = [\"remember message as x\"]",
    "metadata-fields = {nickname = \"\\\"a\\\"\"}",
    "metadata-fields = {stateful = \"yes\"}",
    "imports = [\"host-services.shout\"]",
    "memory = {min = 1}",
    "memory = {min = 2, max = 1}",
    "transcript-bytes = 4294967295\nmemory = {min = 2}",
    "wit.versions = {\"airssys:nope\" = \"1.0.0\"}",
    "wit.replace = [{find = \"nowhere to be found\", with = \"\"}]",
    "wit.imports = [\"wasi:cli/environment@0.2.0\"]",
];

#[test]
fn a_bad_program_says_what_it_lacks() {
    let errors: Vec<String> = BAD_PROGRAMS.iter().map(|text| format!("{text}\n    {}", error(program(text)))).collect();
    insta::assert_snapshot!(errors.join("\n"));
}

/// Why the program does not compile.
fn error(program: Program) -> String {
    match compile(&program, &metadata()) {
        Ok(_) => panic!("{program:#?} compiles"),
        Err(why) => why.to_string().replace('\n', "\n    "),
    }
}
