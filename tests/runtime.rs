//! The reference runtime against generated guests: codes, states, limits, and nothing left behind.
#![cfg(all(feature = "runtime", feature = "suite"))]

use std::path::PathBuf;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use airssys_wasm::contract::{ComponentId, LoadCode, State, TrapKind, payload};
use airssys_wasm::runtime::{
    Call, CallError, Clock, Engine, EngineOptions, EventKind, HostFunctionError, HostLimits, LoadOptions, LogRecord,
    Message, Residue, Runtime, Timestamp, VirtualClock,
};
use airssys_wasm::suite::guest::{Program, compile};
use airssys_wasm::suite::metadata_fields;

static ENGINE: LazyLock<Engine> = LazyLock::new(|| Engine::new(&EngineOptions::default()).unwrap());

const MAX: u64 = 8 << 20;

/// A runtime on a virtual clock, and a directory for its components.
struct Bench {
    runtime: Runtime,
    clock: VirtualClock,
    logs: Arc<Mutex<Vec<LogRecord>>>,
    dir: tempfile::TempDir,
}

impl Bench {
    fn new() -> Self {
        Self::with(HostLimits::default())
    }

    fn with(mut limits: HostLimits) -> Self {
        // Time stands here unless a test moves it, so that a restart would wait for ever.
        limits.back_off_ms = 0;
        let clock = VirtualClock::new(Timestamp::from_millis(1_000_000));
        let logs = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&logs);
        let runtime = Runtime::builder()
            .engine(ENGINE.clone())
            .clock(Arc::new(clock.clone()))
            .limits(limits)
            .on_log(move |record| sink.lock().unwrap().push(record.clone()))
            .build()
            .unwrap();
        Self { runtime, clock, logs, dir: tempfile::tempdir().unwrap() }
    }

    fn write(&self, name: &str, manifest: &str, program: &str) -> PathBuf {
        let program: Program = toml::from_str(program).unwrap();
        let directory = self.dir.path().join(name);
        std::fs::create_dir_all(&directory).unwrap();
        let text = format!(
            "[component]\nname = \"{name}\"\nversion = \"1.0.0\"\napi-version = \"1.0.0\"\n[resources.memory]\nmax = {MAX}\n{manifest}"
        );
        let wasm = compile(&program, &metadata_fields(&toml::from_str(&text).unwrap())).unwrap().wasm;
        std::fs::write(directory.join("component.toml"), text).unwrap();
        std::fs::write(directory.join(format!("{name}.wasm")), wasm).unwrap();
        directory
    }

    async fn load(&self, name: &str, manifest: &str, program: &str) -> Result<ComponentId, LoadCode> {
        let directory = self.write(name, manifest, program);
        self.runtime.load(directory).await.map_err(|error| {
            assert_eq!(error.phase, error.code.phase());
            eprintln!("{error}");
            error.code
        })
    }

    async fn execute(&self, id: &ComponentId, operation: &str) -> Result<String, CallError> {
        let operation = payload::parse(operation).unwrap();
        let executed = self.runtime.execute(id, operation, Call::default()).await?;
        Ok(String::from_utf8_lossy(&executed.output).into_owned())
    }

    fn state(&self, id: &ComponentId) -> State {
        self.runtime.status(id).unwrap().state
    }
}

#[tokio::test]
async fn a_component_answers_verbatim_and_ends_in_order() {
    let bench = Bench::new();
    let mut events = bench.runtime.events();
    let id = bench.load("echo", "[runtime]\nstateful = true", "").await.unwrap();
    let operation = payload::parse("json:{\"a\":1}").unwrap();
    let executed = bench.runtime.execute(&id, operation.clone(), Call::default()).await.unwrap();
    assert_eq!(executed.output, operation);
    assert!(executed.fuel_used > 0);
    let again = bench.runtime.execute(&id, operation, Call::default()).await.unwrap();
    assert_eq!(again.fuel_used, executed.fuel_used);
    assert!(bench.runtime.health(&id).await.unwrap().healthy);
    let held = bench.runtime.residue();
    assert_eq!((held.instances, held.actors, held.overlays, held.names), (1, 1, 1, 1));
    assert!(held.memory_bytes >= 65_536);

    assert_eq!(bench.load("echo", "", "").await, Err(LoadCode::AlreadyLoaded));
    assert_eq!(bench.state(&id), State::Running);
    bench.runtime.shutdown(&id).await.unwrap();
    assert_eq!(bench.execute(&id, "json:{}").await, Err(CallError::NotRunning(State::Stopped)));
    assert_eq!(bench.runtime.shutdown(&id).await, Err(CallError::NotRunning(State::Stopped)));
    bench.runtime.start(&id).await.unwrap();
    assert_eq!(bench.runtime.start(&id).await, Err(CallError::NotStartable(State::Running)));
    assert_eq!(bench.runtime.status(&id).unwrap().instance, 2);
    bench.runtime.unload(&id).await.unwrap();
    assert_eq!(bench.execute(&id, "json:{}").await, Err(CallError::NotFound));
    bench.clock.quiesce().await;
    assert_eq!(bench.runtime.residue(), Residue::default());

    let mut states = Vec::new();
    while let Some(event) = events.try_next() {
        if let EventKind::StateChanged { to, .. } = event.kind {
            states.push(to);
        }
    }
    use State::*;
    let life = [
        Installing,
        Installed,
        Starting,
        Running,
        Stopping,
        Stopped,
        Starting,
        Running,
        Stopping,
        Stopped,
        Uninstalled,
    ];
    assert_eq!(states, life);
}

#[tokio::test]
async fn refused_loads_have_their_code_and_leave_nothing() {
    let small = HostLimits::default();
    let bench = Bench::with(small);
    let table: &[(&str, &str, LoadCode)] = &[
        ("bogus = 1", "", LoadCode::ManifestUnknownField),
        ("[resources]\ntimeout-ms = 900000", "", LoadCode::LimitExceedsPolicy),
        ("", "form = 'core-module'", LoadCode::NotAComponent),
        ("", "form = 'text'", LoadCode::NotAComponent),
        ("", "form = 'empty'", LoadCode::NotAComponent),
        ("", "form = 'garbage'", LoadCode::NotAComponent),
        ("", "form = 'elf'", LoadCode::PrecompiledRefused),
        ("", "form = 'garbage-body'", LoadCode::InvalidComponent),
        ("", "truncate = 300", LoadCode::InvalidComponent),
        ("", "memory = {min = 200}", LoadCode::MemoryExceedsLimit),
        ("", "memories = [{min = 70}, {min = 70}]", LoadCode::MemoryExceedsLimit),
        ("", "tables = [{min = 600000}, {min = 600000}]", LoadCode::MemoryExceedsLimit),
        ("", "memory = {min = 17}\ntables = [{min = 1000001}]", LoadCode::MemoryExceedsLimit),
        (
            "",
            "wit = {versions = {'airssys:core' = '1.9.0'}}\nimports = ['host-services.log']",
            LoadCode::IncompatibleVersion,
        ),
        ("", "wit = {versions = {'airssys:core' = '2.0.0'}}", LoadCode::IncompatibleVersion),
        ("", "wit = {versions = {'airssys:core' = ''}}", LoadCode::UnversionedInterface),
        (
            "",
            "wit = {replace = [{find = 'health: func() -> health-status;', with = 'condition: func() -> health-status;'}]}",
            LoadCode::MissingExport,
        ),
        (
            "",
            "imports = ['host-services.sleep-millis']\nwit = {replace = [{find = 'sleep-millis: func(duration: u64);', with = 'sleep-millis: func(duration: u32);'}]}",
            LoadCode::SignatureMismatch,
        ),
        ("[wit-dependencies]\n'airssys:core' = '^1.2'", "", LoadCode::IncompatibleVersion),
        ("[wit-dependencies]\n'airssys:ext-ai' = '^0.5'", "", LoadCode::UnsupportedInterface),
        ("", "start = ['trap unreachable']", LoadCode::InstantiationTrapped),
        ("", "metadata = ['trap unreachable']", LoadCode::MetadataTrapped),
        ("", "metadata-fields = {version = '\"1.0.1\"'}", LoadCode::MetadataMismatch),
        ("", "init = ['trap unreachable']", LoadCode::InitTrapped),
        ("", "init = ['return err(internal-error(\"no\"))']", LoadCode::InitFailed),
    ];
    for (manifest, program, code) in table {
        assert_eq!(bench.load("subject", manifest, program).await, Err(*code), "{manifest} {program}");
        assert_eq!(bench.runtime.residue(), Residue::default(), "{manifest} {program}");
    }
}

#[tokio::test]
async fn endless_guests_end_at_their_deadline() {
    let bench = Bench::new();
    for (program, code) in [
        ("start = ['spin']", LoadCode::InstantiationTimeout),
        ("metadata = ['spin']", LoadCode::MetadataTimeout),
        ("init = ['spin']", LoadCode::InitTimeout),
        ("init = ['call host-services.sleep-millis(18446744073709551615)']", LoadCode::InitTimeout),
    ] {
        let (loaded, ()) =
            tokio::join!(bench.load("subject", "", program), bench.clock.advance(Duration::from_secs(2)));
        assert_eq!(loaded, Err(code), "{program}");
        assert_eq!(bench.runtime.residue(), Residue::default(), "{program}");
    }
    let program = r#"
        handle-message = ['call host-services.sleep-millis(1000)']
        [on]
        "raw:spin" = ["spin"]
        "raw:fill" = ["fill"]
        "raw:sleep" = ["call host-services.sleep-millis(18446744073709551615)"]
        "raw:nap" = ["call host-services.sleep-millis(500)", "call host-services.current-time-millis()", "return ok($transcript)"]
    "#;
    let id =
        bench.load("subject", "[resources]\ntimeout-ms = 5000\n[runtime]\nmax-restarts = 10", program).await.unwrap();
    for operation in ["raw:spin", "raw:fill", "raw:sleep"] {
        let started = bench.clock.now().millis();
        let advance = async {
            bench.clock.advance(Duration::from_millis(4_999)).await;
            assert_eq!(bench.runtime.status(&id).unwrap().state, State::Running);
            bench.clock.advance(Duration::from_millis(1)).await;
        };
        let (result, ()) = tokio::join!(bench.execute(&id, operation), advance);
        assert_eq!(result, Err(CallError::TimeoutExceeded), "{operation}");
        assert_eq!(bench.clock.now().millis() - started, 5_000);
        assert_eq!(bench.state(&id), State::Running, "restarted");
    }
    let (result, ()) = tokio::join!(bench.execute(&id, "raw:nap"), bench.clock.advance(Duration::from_millis(700)));
    let now = bench.clock.now().millis() - 200;
    assert!(result.as_ref().unwrap().contains(&now.to_string()), "{result:?} {now}");
    assert_eq!(bench.runtime.status(&id).unwrap().restarts, 3);
}

#[tokio::test]
async fn traps_have_their_kind_and_end_one_instance() {
    let bench = Bench::new();
    let other = bench.load("other", "", "").await.unwrap();
    let program = r#"
        [on]
        "raw:unreachable" = ["trap unreachable"]
        "raw:memory" = ["trap memory-out-of-bounds"]
        "raw:table" = ["trap table-out-of-bounds"]
        "raw:call" = ["trap indirect-call-mismatch"]
        "raw:null" = ["trap null-reference"]
        "raw:overflow" = ["trap integer-overflow"]
        "raw:zero" = ["trap divide-by-zero"]
        "raw:conversion" = ["trap bad-conversion"]
        "raw:stack" = ["recurse"]
        "raw:hoststack" = ["recurse-call host-services.current-time-millis"]
        "raw:fuel" = ["spin"]
        "raw:utf8" = ["call host-services.get-config($bad-utf8)"]
        "raw:pointer" = ["return-pointer 4294967292"]
        "raw:unaligned" = ["return-pointer 3"]
        "raw:bulk" = ["invoke host-services.log(info, $bulk.17000000, none)"]
        "raw:grow" = ["grow-memory 10", "grow-memory 1000", "return ok($transcript)"]
    "#;
    let manifest = "[resources]\nfuel = 100000000\n[runtime]\nmax-restarts = 100";
    let id = bench.load("subject", manifest, program).await.unwrap();
    for (operation, kind) in [
        ("raw:unreachable", TrapKind::Unreachable),
        ("raw:memory", TrapKind::MemoryOutOfBounds),
        ("raw:table", TrapKind::TableOutOfBounds),
        ("raw:call", TrapKind::IndirectCallMismatch),
        ("raw:null", TrapKind::NullReference),
        ("raw:overflow", TrapKind::IntegerOverflow),
        ("raw:zero", TrapKind::DivideByZero),
        ("raw:conversion", TrapKind::BadConversion),
        ("raw:stack", TrapKind::StackOverflow),
        ("raw:hoststack", TrapKind::StackOverflow),
        ("raw:fuel", TrapKind::OutOfFuel),
        ("raw:utf8", TrapKind::InvalidValue),
        ("raw:pointer", TrapKind::InvalidValue),
        ("raw:unaligned", TrapKind::InvalidValue),
    ] {
        assert_eq!(bench.execute(&id, operation).await, Err(CallError::Trapped(kind)), "{operation}");
        assert_eq!(bench.execute(&other, "raw:x").await.unwrap(), "\x55x");
    }
    let grown = bench.execute(&id, "raw:grow").await.unwrap();
    assert!(grown.contains("-1"), "{grown}");
    assert_eq!(bench.runtime.residue().instances, 2);
}

#[tokio::test]
async fn a_giant_argument_is_a_host_limit() {
    let limits = HostLimits::default();
    let bench = Bench::with(limits);
    let program = "execute = ['invoke host-services.log(info, $bulk.5000000, none)']";
    let id = bench.load("subject", "", program).await.unwrap();
    bench.execute(&id, "raw:").await.unwrap();
    assert!(bench.logs.lock().unwrap()[0].message.contains("bytes cut]"));
    let mut limits = HostLimits::default();
    limits.hostcall_bytes = 1 << 20;
    let bench = Bench::with(limits);
    let id = bench.load("subject", "", program).await.unwrap();
    assert_eq!(bench.execute(&id, "raw:").await, Err(CallError::Trapped(TrapKind::HostLimit)));
}

#[tokio::test]
async fn restarts_are_counted_and_end() {
    let bench = Bench::new();
    let program = "[on]\n\"raw:trap\" = ['trap unreachable']";
    let manifest = "[runtime]\nmax-restarts = 2\nwindow-ms = 1000";
    let id = bench.load("subject", manifest, program).await.unwrap();
    let trapped = Err(CallError::Trapped(TrapKind::Unreachable));
    for _ in 0..2 {
        assert_eq!(bench.execute(&id, "raw:trap").await, trapped);
        bench.clock.advance(Duration::from_millis(500)).await;
    }
    assert_eq!(bench.execute(&id, "raw:trap").await, trapped, "the first restart has left the window");
    assert_eq!(bench.state(&id), State::Running);
    assert_eq!(bench.execute(&id, "raw:trap").await, trapped);
    assert_eq!(bench.state(&id), State::Failed);
    assert_eq!(bench.execute(&id, "raw:x").await, Err(CallError::NotRunning(State::Failed)));
    assert_eq!(bench.runtime.residue().instances, 0);
    bench.runtime.start(&id).await.unwrap();
    bench.execute(&id, "raw:x").await.unwrap();

    let id = bench.load("never", "[runtime]\nrestart = 'never'", program).await.unwrap();
    assert_eq!(bench.execute(&id, "raw:trap").await, trapped);
    assert_eq!(bench.state(&id), State::Failed);
    bench.runtime.unload(&id).await.unwrap();
}

#[tokio::test]
async fn stateless_instances_are_fresh_for_every_call() {
    let bench = Bench::new();
    let program =
        "execute = ['count', 'return ok($counter)']\nshutdown = ['call host-services.log(info, \"bye\", none)']";
    let id = bench.load("stateful", "[runtime]\nstateful = true", program).await.unwrap();
    let one = bench.execute(&id, "raw:").await.unwrap();
    assert_ne!(bench.execute(&id, "raw:").await.unwrap(), one);
    let id = bench.load("stateless", "[runtime]\nstateful = false", program).await.unwrap();
    for _ in 0..3 {
        assert_eq!(bench.execute(&id, "raw:").await.unwrap(), one);
    }
    assert_eq!(bench.runtime.status(&id).unwrap().instance, 3);
    bench.runtime.shutdown(&id).await.unwrap();
    assert_eq!(bench.logs.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn errors_and_payloads_arrive_as_themselves() {
    let bench = Bench::new();
    let program = r#"
        handle-message = ["record", "return err(message-too-large(7))"]
        shutdown = ["return err(internal-error(\"tired\"))"]
        [on]
        "raw:denied" = ["return err(capability-denied(\"x\"))"]
        "raw:codec" = ["return err(unsupported-codec(9))"]
    "#;
    let manifest =
        "[multicodec]\nprimary-format = 'raw'\nsupported-formats = ['raw']\n[resources]\nmax-message-bytes = 10";
    let id = bench.load("subject", manifest, program).await.unwrap();
    let code = |result: Result<String, CallError>| result.unwrap_err().code();
    assert_eq!(code(bench.execute(&id, "raw:denied").await), "capability-denied");
    assert_eq!(code(bench.execute(&id, "raw:codec").await), "unsupported-codec");
    assert_eq!(bench.execute(&id, "json:{}").await, Err(CallError::UnsupportedCodec(0x200)));
    for malformed in ["hex:", "hex:80", "hex:8100", "hex:ffffffffffffffffff01"] {
        assert_eq!(code(bench.execute(&id, malformed).await), "malformed-multicodec", "{malformed}");
    }
    let message = |payload: &str| Message {
        sender: "somebody".into(),
        payload: payload::parse(payload).unwrap(),
        request_id: None,
    };
    assert_eq!(bench.runtime.deliver(&id, message("raw:hi")).await.unwrap_err().code(), "message-too-large");
    let large = bench.runtime.deliver(&id, message("raw:0123456789")).await;
    assert_eq!(large, Err(CallError::MessageTooLarge(10)));
    assert_eq!(bench.state(&id), State::Running);
    let error = bench.runtime.shutdown(&id).await.unwrap_err();
    assert_eq!(error.to_string(), "the component answered internal-error(\"tired\")");
    assert_eq!(bench.state(&id), State::Stopped);
}

#[tokio::test]
async fn accepted_calls_are_served_before_shutdown_and_none_after() {
    let bench = Bench::new();
    let program =
        "execute = ['call host-services.sleep-millis(100)']\nshutdown = ['call host-services.sleep-millis(9999)']";
    let id = bench.load("subject", "", program).await.unwrap();
    let late = async {
        tokio::task::yield_now().await;
        bench.execute(&id, "raw:late").await
    };
    let (first, second, stopped, late, ()) = tokio::join!(
        bench.execute(&id, "raw:1"),
        bench.execute(&id, "raw:2"),
        bench.runtime.shutdown(&id),
        late,
        bench.clock.advance(Duration::from_secs(6)),
    );
    assert!(first.is_ok() && second.is_ok(), "{first:?} {second:?}");
    assert_eq!(late, Err(CallError::NotRunning(State::Stopping)));
    assert_eq!(stopped, Err(CallError::TimeoutExceeded));
    assert_eq!(bench.state(&id), State::Stopped);
    assert_eq!(bench.runtime.residue().instances, 0);
}

#[tokio::test]
async fn an_unhealthy_component_says_why() {
    let bench = Bench::new();
    let manifest = "[runtime]\nmax-restarts = 9";
    for (program, reason) in [
        ("health = ['return {healthy: false, reason: some(\"ill\")}']", "ill"),
        ("health = ['trap unreachable']", "health trapped: unreachable"),
        ("health = ['call host-services.sleep-millis(5000)']", "health took longer than 1000 ms"),
    ] {
        let id = bench.load("subject", manifest, program).await.unwrap();
        let (health, ()) = tokio::join!(bench.runtime.health(&id), bench.clock.advance(Duration::from_secs(1)));
        let health = health.unwrap();
        assert!(!health.healthy);
        assert_eq!(health.reason.as_deref(), Some(reason));
        bench.runtime.unload(&id).await.unwrap();
    }
}

#[tokio::test]
async fn configuration_is_overlaid_and_forgotten_at_uninstall() {
    let bench = Bench::new();
    let program = r#"
        [on]
        "raw:get" = ["call host-services.get-config(\"a\")", "call host-services.get-config(\"h\")", "call process.get-env(\"E\")", "return ok($transcript)"]
        "raw:set" = ["call host-services.set-config(\"a\", \"own\")", "call host-services.set-config(\"h\", \"own\")", "return ok($transcript)"]
        "raw:trap" = ["trap unreachable"]
    "#;
    let directory = bench.write("subject", "[config]\na = 'manifest'\nh = 'manifest'\n[env]\nE = 'manifest'", program);
    let options = LoadOptions {
        directory,
        env: vec![("E".into(), "host".into())],
        config: [("h".to_owned(), "host".to_owned())].into(),
        config_data: None,
    };
    let id = bench.runtime.load_with(options.clone()).await.unwrap();
    let before = bench.execute(&id, "raw:get").await.unwrap();
    assert!(before.contains("manifest") && before.matches("host").count() == 2, "{before}");
    let set = bench.execute(&id, "raw:set").await.unwrap();
    assert!(set.contains("ok") && set.contains("read-only"), "{set}");
    bench.execute(&id, "raw:trap").await.unwrap_err();
    assert!(bench.execute(&id, "raw:get").await.unwrap().contains("own"));
    bench.runtime.unload(&id).await.unwrap();
    let id = bench.runtime.load_with(options).await.unwrap();
    assert_eq!(bench.execute(&id, "raw:get").await.unwrap(), before);
}

/// Cases have a clock that goes by milliseconds, and cannot tell.
#[tokio::test]
async fn a_component_is_told_the_time_to_the_nanosecond() {
    let bench = Bench::new();
    let program = r#"
        contract = "1.1"
        execute = ["call host-services.current-time-nanos()", "call host-services.current-time-millis()", "return ok($transcript)"]
    "#;
    let id = bench.load("subject", "[runtime]\nstateful = false", program).await.unwrap();
    // Before each call so much passes.
    for (passes, nanos, millis) in [
        (1, 1_000_000_000_001_u64, 1_000_000),
        (999_998, 1_000_000_999_999, 1_000_000),
        (1, 1_000_001_000_000, 1_000_001),
        (1_234_567_891, 1_001_235_567_891, 1_001_235),
    ] {
        bench.clock.advance(Duration::from_nanos(passes)).await;
        // The answer begins with its codec, `raw`.
        let told = format!("Ucurrent-time-nanos -> {nanos}\ncurrent-time-millis -> {millis}\n");
        assert_eq!(bench.execute(&id, "raw:x").await, Ok(told));
    }
}

#[tokio::test]
async fn what_needs_a_permission_is_denied_with_the_line_that_would_grant_it() {
    let bench = Bench::new();
    let program = r#"
        execute = [
          "call filesystem.read-file(\"/var/x\")",
          "call filesystem.stat-file(\"/var/x\")",
          "call storage.set(\"a:b\", \"k\", \"raw:v\")",
          "call network.http-request({method: get, url: \"http://x/\", headers: [], body: none, timeout-ms: none})",
          "call process.spawn-process(\"/bin/ls\", [], none)",
          "call process.kill-process(3)",
          "call host-services.send-message(\"db\", \"raw:x\")",
          "call host-services.call-host-function(\"geo\", \"raw:x\")",
          "call host-services.cancel-request(\"r\")",
          "call capabilities.is-granted(host-function(\"geo\"))",
          "call host-services.list-components()",
          "call host-services.get-component-metadata(\"nobody\")",
          "call multicodec.decode(\"hex:8004\")",
          "return ok($transcript)",
        ]
    "#;
    let id = bench.load("subject", "", program).await.unwrap();
    let transcript = bench.execute(&id, "raw:").await.unwrap();
    for expected in [
        "capabilities.filesystem.read in component.toml",
        "capabilities.filesystem.read or capabilities.filesystem.list",
        "capabilities.storage.write",
        "capabilities.network",
        "capabilities.process.spawn",
        "invalid-handle(3)",
        "capabilities.messaging.send",
        "capabilities.host-functions.call",
        "unknown-request",
        "is-granted -> false",
        "[\"subject\"]",
        "not-found(\"nobody\")",
    ] {
        assert!(transcript.contains(expected), "{expected} is not in\n{transcript}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_loads_of_one_name_cannot_both_win() {
    let bench = Bench::new();
    let directory = bench.write("subject", "", "");
    let loads = (0..8).map(|_| bench.runtime.load(directory.clone()));
    let results = futures_util::future::join_all(loads).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    let codes: Vec<_> = results.into_iter().filter_map(|result| result.err().map(|error| error.code)).collect();
    assert_eq!(codes, [LoadCode::AlreadyLoaded; 7]);
}

#[tokio::test]
async fn a_dropped_load_and_a_dropped_runtime_leave_nothing() {
    let bench = Bench::new();
    let directory = bench.write("subject", "", "init = ['call host-services.sleep-millis(100)']");
    let load = bench.runtime.load(directory.clone());
    tokio::select! {
        biased;
        result = load => panic!("{result:?}"),
        () = bench.clock.quiesce() => {}
    }
    assert_eq!(bench.runtime.residue(), Residue::default());
    let (loaded, ()) = tokio::join!(bench.runtime.load(directory), bench.clock.advance(Duration::from_millis(100)));
    loaded.unwrap();
}

#[tokio::test]
async fn a_panic_in_the_host_ends_one_instance() {
    let clock = VirtualClock::new(Timestamp::from_millis(0));
    let runtime = Runtime::builder()
        .engine(ENGINE.clone())
        .clock(Arc::new(clock.clone()))
        .on_log(|_| panic!("the embedder's sink fails"))
        .build()
        .unwrap();
    let bench = Bench { runtime, clock, logs: Arc::default(), dir: tempfile::tempdir().unwrap() };
    let program = "[on]\n\"raw:log\" = ['call host-services.log(info, \"x\", none)']";
    let id = bench.load("subject", "", program).await.unwrap();
    assert_eq!(bench.execute(&id, "raw:log").await, Err(CallError::Trapped(TrapKind::HostLimit)));
    bench.execute(&id, "raw:x").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_runtime_holds_nothing_that_runs_and_takes_nothing_more() {
    let bench = Bench::new();
    let id = bench.load("subject", "", "shutdown = ['call host-services.log(info, \"end\", none)']").await.unwrap();
    bench.runtime.close().await;
    let Residue { instances, actors, memory_bytes, .. } = bench.runtime.residue();
    assert_eq!((instances, actors, memory_bytes), (0, 0, 0));
    assert!(bench.logs.lock().unwrap().is_empty(), "no shutdown is called");
    assert!(matches!(bench.execute(&id, "raw:x").await, Err(CallError::NotRunning(_))));
    assert_eq!(bench.load("other", "", "").await, Err(LoadCode::ResourceExhausted));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_function_that_panics_at_once_ends_its_call_alone() {
    let bench = Bench::new();
    let runtime = Runtime::builder()
        .engine(ENGINE.clone())
        .host_function("f", |_| -> std::future::Ready<Result<Vec<u8>, HostFunctionError>> { panic!("at once") })
        .build()
        .unwrap();
    let bench = Bench { runtime, ..bench };
    let manifest = "[capabilities.host-functions]\ncall = [\"f\"]";
    let program = "execute = ['call host-services.call-host-function(\"f\", \"raw:\")', \"return ok($transcript)\"]";
    let id = bench.load("subject", manifest, program).await.unwrap();
    let answer = bench.execute(&id, "raw:x").await.unwrap();
    assert!(answer.contains("call-host-function -> err(internal-error("), "{answer}");
}
