//! What is rejected: code, key and place of every error, whole.

use airssys_wasm::manifest::Manifest;
use rstest::rstest;

use super::LEAST;

/// Every error as `code key line:column`.
fn errors(text: &str) -> Vec<String> {
    match Manifest::parse(text) {
        Ok(_) => Vec::new(),
        Err(errors) => errors
            .into_iter()
            .map(|error| format!("{} {} {}:{}", error.code, error.key, error.line, error.column))
            .collect(),
    }
}

/// `rest` behind the least manifest: its first line is line 7.
fn behind_least(rest: &str) -> Vec<String> {
    errors(&format!("{LEAST}{rest}"))
}

#[test]
fn nothing_is_missing_thrice() {
    assert_eq!(
        errors(""),
        [
            "manifest-missing-field component.name 1:1",
            "manifest-missing-field component.version 1:1",
            "manifest-missing-field component.api-version 1:1",
            "manifest-missing-field resources.memory.max 1:1",
        ]
    );
    assert_eq!(
        errors("\n\n[component]\nname = 'a'\nversion='1.0.0'\n [resources]\nfuel = 1"),
        ["manifest-missing-field component.api-version 3:1", "manifest-missing-field resources.memory.max 6:2"]
    );
    assert_eq!(
        errors("component = 1\nresources.memory = []"),
        ["manifest-invalid-value component 1:13", "manifest-invalid-value resources.memory 2:20"]
    );
}

#[rstest]
#[case("name = 'Upper'", "manifest-invalid-value component.name 2:8")]
#[case("name = 'a--b'", "manifest-invalid-value component.name 2:8")]
#[case("name = 'a:b:c'", "manifest-invalid-value component.name 2:8")]
#[case("name = ''", "manifest-invalid-value component.name 2:8")]
#[case("name = 3", "manifest-invalid-value component.name 2:8")]
#[case("# ä\u{1F600}\nname = 'Ä'", "manifest-invalid-value component.name 3:8")]
fn names(#[case] line: &str, #[case] expected: &str) {
    assert_eq!(errors(&LEAST.replace("name = \"a\"", line)), [expected]);
}

#[rstest]
#[case::longest(64, &[])]
#[case::longer(65, &["manifest-invalid-value component.name 2:8"])]
fn names_are_bounded(#[case] bytes: usize, #[case] expected: &[&str]) {
    let name = format!("name = '{}'", "a".repeat(bytes));
    assert_eq!(errors(&LEAST.replace("name = \"a\"", &name)), expected);
}

#[rstest]
#[case("1.2")]
#[case("v1.2.3")]
#[case("01.2.3")]
#[case("1.2.3.4")]
#[case("18446744073709551616.0.0")]
#[case("1.2.3-")]
#[case("")]
#[case(" 1.2.3")]
fn versions(#[case] version: &str) {
    let text = LEAST.replace("version = \"1.0.0\"\napi", &format!("version = {version:?}\napi"));
    assert_eq!(errors(&text), ["manifest-invalid-value component.version 3:11"], "{version}");
}

#[test]
fn versions_are_bounded() {
    let text = LEAST.replace("api-version = \"1.0.0\"", &format!("api-version = \"1.0.0-{}\"", "a".repeat(10_000)));
    assert_eq!(errors(&text), ["manifest-invalid-value component.api-version 4:15"]);
}

#[rstest]
#[case::typo_of_a_table("[enw]\nA = '1'", &["manifest-unknown-field enw 7:2"])]
#[case::typo_of_a_key("[resources]\nfule = 1", &["manifest-unknown-field resources.fule 8:1"])]
#[case::quoted_key("[runtime]\n\"a b\" = 1", &["manifest-unknown-field runtime.\"a b\" 8:1"])]
#[case::terminal_escape("\"\\u001b[31m\" = 1", &["manifest-unknown-field resources.memory.\"\\u{1b}[31m\" 7:1"])]
#[case::duplicate_key("[env]\nA = '1'\nA = '2'", &["manifest-syntax env.A 9:1"])]
#[case::duplicate_table("[component]", &["manifest-syntax component 7:2"])]
#[case::duplicate_in_array_table(
    "[[capabilities.network]]\naction = 'outbound'\nhost = 'a'\n[[capabilities.network]]\naction = 'outbound'\nhost = 'b'\nhost = 'c'",
    &["manifest-syntax capabilities.network[1].host 13:1"]
)]
#[case::duplicate_inline("[wit-dependencies]\n'a:b' = { version = '1', version = '2' }", &["manifest-syntax wit-dependencies.'a:b'.version 8:26"])]
#[case::duplicate_and_other("[env]\nA = '1'\nA = '2'\n[resources]\nfule = 1", &["manifest-syntax env.A 9:1", "manifest-unknown-field resources.fule 11:1"])]
#[case::broken("[env]\nA = '1\nB = 2", &["manifest-syntax  8:7"])]
#[case::broken_after_a_fault("[env]\nA = 1\nB = = 2\n[enw]", &["manifest-invalid-value env.A 8:5", "manifest-syntax  9:5"])]
#[case::old_permissions("[permissions.filesystem]\nread = ['/x']", &["manifest-unknown-field permissions 7:2"])]
#[case::old_metadata("[metadata]\nmemory-limit = '1MB'", &["manifest-unknown-field metadata 7:2"])]
#[case::old_required("[capabilities]\nrequired = ['fs:read:/x']", &["manifest-unknown-field capabilities.required 8:1"])]
#[case::old_optional("[capabilities]\noptional = ['fs:read:/x']", &["manifest-invalid-value capabilities.optional 8:12"])]
#[case::nested_optional("[capabilities.optional.optional]", &["manifest-unknown-field capabilities.optional.optional 7:24"])]
#[case::fuel_0("[resources]\nfuel = 0", &["manifest-invalid-value resources.fuel 8:8"])]
#[case::fuel_text("[resources]\nfuel = '5'", &["manifest-invalid-value resources.fuel 8:8"])]
#[case::fuel_float("[resources]\nfuel = 1.0", &["manifest-invalid-value resources.fuel 8:8"])]
#[case::fuel_huge("[resources]\nfuel = 18446744073709551616", &["manifest-invalid-value resources.fuel 8:8"])]
#[case::fuel_largest("[resources]\nfuel = 0xffff_ffff_ffff_ffff", &[])]
#[case::timeout_0("[resources]\ntimeout-ms = 0", &["manifest-invalid-value resources.timeout-ms 8:14"])]
#[case::timeout_over_a_day("[resources]\ntimeout-ms = 86_400_001", &["manifest-invalid-value resources.timeout-ms 8:14"])]
#[case::mailbox_0("[resources]\nmailbox-capacity = 0", &["manifest-invalid-value resources.mailbox-capacity 8:20"])]
#[case::message_0("[resources]\nmax-message-bytes = '0B'", &["manifest-invalid-value resources.max-message-bytes 8:21"])]
#[case::storage_negative("[resources]\nstorage = -1", &["manifest-invalid-value resources.storage 8:11"])]
#[case::restart_typo("[runtime]\nrestart = 'onfailure'", &["manifest-invalid-value runtime.restart 8:11"])]
#[case::restarts("[runtime]\nmax-restarts = 1001", &["manifest-invalid-value runtime.max-restarts 8:16"])]
#[case::stateful_text("[runtime]\nstateful = 'yes'", &["manifest-invalid-value runtime.stateful 8:12"])]
#[case::codec_unknown("[multicodec]\nsupported-formats = ['json', 'jsn', 'json']", &["manifest-invalid-value multicodec.supported-formats[1] 8:30", "manifest-invalid-value multicodec.supported-formats[2] 8:37"])]
#[case::codec_primary("[multicodec]\nprimary-format = 'raw'\nsupported-formats = ['json']", &["manifest-invalid-value multicodec.primary-format 8:18"])]
#[case::codec_none("[multicodec]\nsupported-formats = []", &["manifest-invalid-value multicodec.supported-formats 8:21"])]
#[case::env_number("[env]\nPORT = 80", &["manifest-invalid-value env.PORT 8:8"])]
#[case::env_name("[env]\n'A=B' = 'x'\n'' = ''", &["manifest-invalid-value env.\"A=B\" 8:1", "manifest-invalid-value env.\"\" 9:1"])]
#[case::env_nul("[env]\nA = \"\\u0000\"", &["manifest-invalid-value env.A 8:5"])]
#[case::config_key("[config]\nUpper = '1'\nlimits.max = '2'", &["manifest-invalid-value config.Upper 8:1", "manifest-invalid-value config.limits 9:1"])]
#[case::metadata_number("[custom-metadata]\na = 1.5", &["manifest-invalid-value custom-metadata.a 8:5"])]
#[case::dependency_forms(
    "[wit-dependencies]\nairssys-component-core = '1.0.0'\n'a:b' = 'x.y'\n'a:c' = 1\n'a:d' = {}\n'a:e' = { version = '1', git = 'u' }\n'a:f' = { version = '1', git = 'u', tag = 'a', rev = 'b' }\n'a:g' = { version = '1', git = '--upload-pack=x', tag = 'a' }\n'a:h' = { version = '1', path = 'x', git = 'u', tag = 'a' }\n'a:i' = { version = '1', tag = 'a' }\n'a:j' = { version = '*', path = '/x' }",
    &[
        "manifest-invalid-value wit-dependencies.airssys-component-core 8:1",
        "manifest-invalid-value wit-dependencies.\"a:b\" 9:9",
        "manifest-invalid-value wit-dependencies.\"a:c\" 10:9",
        "manifest-missing-field wit-dependencies.\"a:d\".version 11:9",
        "manifest-invalid-value wit-dependencies.\"a:e\".git 12:32",
        "manifest-invalid-value wit-dependencies.\"a:f\".git 13:32",
        "manifest-invalid-value wit-dependencies.\"a:g\".git 14:32",
        "manifest-invalid-value wit-dependencies.\"a:h\".git 15:44",
        "manifest-invalid-value wit-dependencies.\"a:i\".tag 16:32",
        "manifest-invalid-value wit-dependencies.\"a:j\".path 17:33",
    ]
)]
#[case::network(
    "[[capabilities.network]]\naction = 'outbond'\nhost = 'a'\nport = 0\n[[capabilities.network]]\naction = 'outbound'\nhost = 'a:80'\nport = 80\n[[capabilities.network]]\nport = 'x'\n[[capabilities.network]]\naction = 'outbound'\nhost = 'a:70000'",
    &[
        "manifest-invalid-value capabilities.network[0].action 8:10",
        "manifest-invalid-value capabilities.network[0].port 10:8",
        "manifest-invalid-value capabilities.network[1].port 14:8",
        "manifest-missing-field capabilities.network[2].action 15:1",
        "manifest-missing-field capabilities.network[2].host 15:1",
        "manifest-invalid-value capabilities.network[2].port 16:8",
        "manifest-invalid-value capabilities.network[3].host 19:8",
    ]
)]
#[case::network_repeated("[capabilities]\nnetwork = [{ action = 'outbound', host = 'a:1' }, { action = 'outbound', host = 'A', port = 1 }]", &["manifest-invalid-value capabilities.network[1] 8:51"])]
#[case::network_table("[capabilities.network]\nhost = 'a'", &["manifest-invalid-value capabilities.network 7:1"])]
#[case::patterns(
    "[capabilities.filesystem]\nread = ['/a', 'b', '/a/../b', 5, '/a']\nwrite = '/x'\n[capabilities.optional.process]\nspawn = ['git']",
    &[
        "invalid-pattern capabilities.filesystem.read[1] 8:15",
        "invalid-pattern capabilities.filesystem.read[2] 8:20",
        "manifest-invalid-value capabilities.filesystem.read[3] 8:31",
        "manifest-invalid-value capabilities.filesystem.read[4] 8:34",
        "manifest-invalid-value capabilities.filesystem.write 9:9",
        "invalid-pattern capabilities.optional.process.spawn[0] 11:10",
    ]
)]
fn keys(#[case] rest: &str, #[case] expected: &[&str]) {
    assert_eq!(behind_least(rest), expected, "{rest}");
}

#[test]
fn capability_strings_of_an_earlier_draft() {
    let text = format!("capabilities = ['fs:read:/x']\n{LEAST}");
    let errors = Manifest::parse(&text).unwrap_err();
    assert_eq!(errors.as_slice().len(), 1);
    assert_eq!(errors.first().key, "capabilities");
    assert!(errors.first().help.as_deref().unwrap_or_default().contains("airssys-wasm manifest migrate DIR"));
}

#[rstest]
#[case("max = '0B'", &["resources.memory.max 6:7"])]
#[case("max = 0", &["resources.memory.max 6:7"])]
#[case("max = -1", &["resources.memory.max 6:7"])]
#[case("max = 1.5", &["resources.memory.max 6:7"])]
#[case("max = '64'", &[])]
#[case("max = '1MB'\nmin = '2MB'", &["resources.memory.min 7:7"])]
#[case("max = '1MB'\npreferred = '2MB'", &["resources.memory.preferred 7:13"])]
#[case("max = '3MB'\npreferred = '1MB'\nmin = '2MB'", &["resources.memory.preferred 7:13"])]
#[case("max = '3MB'\npreferred = '2MB'\nmin = '2MB'", &[])]
#[case("max = '20EB'", &["resources.memory.max 6:7"])]
fn memory(#[case] lines: &str, #[case] expected: &[&str]) {
    let text = LEAST.replace("max = \"1MB\"", lines);
    let expected: Vec<_> = expected.iter().map(|rest| format!("manifest-invalid-value {rest}")).collect();
    assert_eq!(errors(&text), expected);
}

#[rstest]
#[case("a.wasm", true)]
#[case("./a.wasm", true)]
#[case("out/b/a.wasm", true)]
#[case("/a.wasm", false)]
#[case("../a.wasm", false)]
#[case("out/../a.wasm", false)]
#[case("out//a.wasm", false)]
#[case("out/", false)]
#[case("out\\\\a.wasm", false)]
#[case("a\\u0000.wasm", false)]
#[case("", false)]
#[case::longest(&"a".repeat(4096), true)]
#[case::longer(&"a".repeat(4097), false)]
#[case::much_longer(&"a".repeat(5000), false)]
fn wasm(#[case] path: &str, #[case] valid: bool) {
    let text = LEAST.replace("[resources", &format!("wasm = \"{path}\"\n[resources"));
    let expected: &[&str] = if valid { &[] } else { &["manifest-invalid-value component.wasm 5:8"] };
    assert_eq!(errors(&text), expected, "{path}");
}

#[rstest]
#[case::exact("filesystem.read", "/etc/app.toml", true)]
#[case::star("filesystem.read", "/tmp/*.json", true)]
#[case::globstar("filesystem.read", "/dir/**/config.toml", true)]
#[case::all("filesystem.read", "/**", true)]
#[case::braces("filesystem.read", "/d/*.{txt,json}", true)]
#[case::class("filesystem.read", "/d/[!ab]?[cd]", true)]
#[case::class_in_braces("filesystem.read", "/d/{[ab],c}", true)]
#[case::dots("filesystem.read", "/d/...", true)]
#[case::newline("filesystem.read", "/d/\n", false)]
#[case::nul("filesystem.read", "/d/\0", false)]
#[case::empty("filesystem.read", "", false)]
#[case::root("filesystem.read", "/", false)]
#[case::relative("filesystem.read", "tmp", false)]
#[case::home("filesystem.read", "~/x", false)]
#[case::dotdot("filesystem.read", "/a/..", false)]
#[case::dot("filesystem.read", "/./a", false)]
#[case::doubled("filesystem.read", "/a//b", false)]
#[case::trailing("filesystem.read", "/a/", false)]
#[case::globstar_joined("filesystem.read", "/a/**b", false)]
#[case::three_stars("filesystem.read", "/a/***", false)]
#[case::globstar_in_braces("filesystem.read", "/a/{**,b}", false)]
#[case::unclosed_class("filesystem.read", "/a/[b", false)]
#[case::class_over_segments("filesystem.read", "/a/[b/c]", false)]
#[case::empty_class("filesystem.read", "/a/[]", false)]
#[case::empty_negation("filesystem.read", "/a/[!]", false)]
#[case::range("filesystem.read", "/a/[a-z]", false)]
#[case::caret("filesystem.read", "/a/[^a]", false)]
#[case::unclosed_brace("filesystem.read", "/a/{b,c", false)]
#[case::empty_brace("filesystem.read", "/a/{}", false)]
#[case::empty_alternative("filesystem.read", "/a/{b,}", false)]
#[case::nested_brace("filesystem.read", "/a/{b,{c}}", false)]
#[case::stray_bracket("filesystem.read", "/a/b]", false)]
#[case::stray_brace("filesystem.read", "/a/b}", false)]
#[case::backslash("filesystem.read", "/a/\\*", false)]
#[case::spawn("process.spawn", "/usr/bin/git", true)]
#[case::spawn_by_name("process.spawn", "git", false)]
#[case::namespace("storage.namespaces", "my-app:cache1", true)]
#[case::category("storage.namespaces", "shared:*", true)]
#[case::any_namespace("storage.namespaces", "*", false)]
#[case::half_namespace("storage.namespaces", "my*", false)]
#[case::no_colon("storage.read", "myapp", false)]
#[case::half_star("storage.read", "myapp:c*", false)]
#[case::any_category("storage.read", "*:x", false)]
#[case::upper_namespace("storage.read", "My:x", false)]
#[case::three_parts("storage.read", "a:b:c", false)]
#[case::target("messaging.send", "logger", true)]
#[case::target_in_namespace("messaging.send", "acme:logger", true)]
#[case::target_namespace("messaging.request", "db:*", true)]
#[case::any_target("messaging.request", "*", true)]
#[case::half_target("messaging.request", "log*", false)]
#[case::deep_target("messaging.request", "a:b:*", false)]
#[case::empty_target("messaging.request", "", false)]
#[case::function("host-functions.call", "geo.look_up-2", true)]
#[case::function_star("host-functions.call", "geo.*", false)]
#[case::function_gap("host-functions.call", "geo..x", false)]
#[case::function_empty("host-functions.call", "", false)]
fn patterns(#[case] key: &str, #[case] pattern: &str, #[case] valid: bool) {
    let (table, key) = key.split_once('.').unwrap();
    let quoted = pattern.replace('\\', "\\\\").replace('\0', "\\u0000").replace('\n', "\\n");
    let expected = format!("invalid-pattern capabilities.{table}.{key}[0] 8:{}", key.len() + 5);
    let found = behind_least(&format!("[capabilities.{table}]\n{key} = [\"{quoted}\"]"));
    assert_eq!(found, if valid { Vec::new() } else { vec![expected] }, "{pattern}");
}

#[test]
fn an_empty_pattern_is_called_empty() {
    for (table, key) in [("filesystem", "read"), ("host-functions", "call")] {
        let errors = Manifest::parse(&format!("{LEAST}[capabilities.{table}]\n{key} = ['']")).unwrap_err();
        let told: Vec<&str> = errors.as_slice().iter().map(|error| error.message.as_str()).collect();
        assert_eq!(told, ["the pattern is empty"], "{table}");
    }
}

#[rstest]
#[case("filesystem", "/", "", 4096)]
#[case("storage", "a:", "", 128)]
#[case("storage", "", ":*", 128)]
fn patterns_are_bounded(#[case] table: &str, #[case] start: &str, #[case] end: &str, #[case] longest: usize) {
    let of = |bytes: usize| {
        let filler = "a".repeat(bytes - start.len() - end.len());
        behind_least(&format!("[capabilities.{table}]\nread = ['{start}{filler}{end}']"))
    };
    assert_eq!(of(longest), Vec::<String>::new());
    assert_eq!(of(longest + 1), [format!("invalid-pattern capabilities.{table}.read[0] 8:9")]);
}

#[rstest]
#[case("example.com", true)]
#[case("EXAMPLE.com.", true)]
#[case("*.example.com", true)]
#[case("bücher.example", true)]
#[case("localhost:8080", true)]
#[case("127.0.0.1", true)]
#[case("10.0.0.*", true)]
#[case("10.0.*.*:80", true)]
#[case("[::1]", true)]
#[case("[2001:db8::1]:443", true)]
#[case("*", true)]
#[case("*:443", true)]
#[case("", false)]
#[case(".", false)]
#[case("a..b", false)]
#[case("a.b..", false)]
#[case("-a.b", false)]
#[case("*a.b", false)]
#[case("a.*.b", false)]
#[case("*.*", false)]
#[case("*.", false)]
#[case("*.1.2.3.4", false)]
#[case("10.*", false)]
#[case("10.*.0.1", false)]
#[case("*.*.*.*", false)]
#[case("2130706433", false)]
#[case("0x7f.1", false)]
#[case("127.1", false)]
#[case("0177.0.0.1", false)]
#[case("127.0.0.1.", false)]
#[case("256.0.0.1", false)]
#[case("::1", false)]
#[case("[::1", false)]
#[case("[fe80::1%eth0]", false)]
#[case("[127.0.0.1]", false)]
#[case("a.b:", false)]
#[case("a.b:http", false)]
#[case("a.b:-1", false)]
#[case("user@a.b", false)]
#[case("http://a.b", false)]
#[case("a.b/c", false)]
#[case("a b", false)]
fn hosts(#[case] host: &str, #[case] valid: bool) {
    let found = behind_least(&format!("[[capabilities.network]]\naction = 'outbound'\nhost = '{host}'"));
    let expected: &[&str] = if valid { &[] } else { &["invalid-pattern capabilities.network[0].host 9:8"] };
    assert_eq!(found, expected, "{host}");
}
