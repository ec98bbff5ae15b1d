//! The steps: what each tries, and what to do where it fails.

/// One step.
pub(super) struct Step {
    /// A word for it.
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    pub(super) trial: Trial,
    /// Nothing behind it can work without it.
    pub(super) is_vital: bool,
    pub(super) mend: &'static str,
}

/// How it is tried.
pub(super) enum Trial {
    /// A process comes to be.
    Starts,
    /// It says hello in this version of the protocol.
    SaysHello,
    /// What it declares is known.
    Declares,
    /// An empty case begins and ends, twice.
    BeginsAndEnds,
    /// Lines that are nonsense are answered, and the next request is, too.
    OutlivesNonsense,
    /// A case passes.
    Case { area: &'static str, text: &'static str },
}

pub(super) const STEPS: &[Step] = &[
    Step {
        name: "starts",
        title: "the adapter starts",
        trial: Trial::Starts,
        is_vital: true,
        mend: "give a program that can be run and its arguments, as one word of the shell; it is looked for in PATH and started without a shell, where `suite doctor` is run",
    },
    Step {
        name: "says-hello",
        title: "it answers `hello`",
        trial: Trial::SaysHello,
        is_vital: true,
        mend: "read a line from standard input, write one line with the same `id` to standard output, and flush; write nothing else there: logs belong to standard error. See docs/src/protocol.md, and conformance/protocol/reply.json",
    },
    Step {
        name: "declares",
        title: "it declares features and hooks that there are",
        trial: Trial::Declares,
        is_vital: false,
        mend: "name in `features` the areas that the runtime implements, and in `hooks` what the adapter can do beyond calling components; begin with [\"lifecycle\"] and [\"inspect\"]",
    },
    Step {
        name: "begins-and-ends",
        title: "a case begins and ends, one after another, in one process",
        trial: Trial::BeginsAndEnds,
        is_vital: true,
        mend: "at `case.begin` make a directory, write the files of the world into it and start a fresh runtime; at `case.end` end all of it, remove the directory, and answer `done`, or `ended` with what is left",
    },
    Step {
        name: "outlives-nonsense",
        title: "it outlives what it does not understand",
        trial: Trial::OutlivesNonsense,
        is_vital: false,
        mend: "answer a line that is no request with `not-understood`, and `what` is wrong with it, and read the next",
    },
    Step {
        name: "loads",
        title: "a component is loaded",
        trial: Trial::Case {
            area: "lifecycle",
            text: r#"title = "a component is loaded"
requirements = ["lifecycle.states"]
[components.a]
[[steps]]
load = "a"
expect = {}
"#,
        },
        is_vital: true,
        mend: "at `load` read component.toml in that directory, compile and instantiate the wasm that it names, call `metadata` and `init`, and answer `loaded` with the component's name",
    },
    Step {
        name: "executes",
        title: "`execute` returns the guest's bytes",
        trial: Trial::Case {
            area: "lifecycle",
            text: r#"title = "an operation is returned verbatim"
requirements = ["lifecycle.execute-verbatim"]
[components.a]
[[steps]]
load = "a"
[[steps]]
execute = "a"
operation = 'json:{"add":2}'
expect.output = 'json:{"add":2}'
"#,
        },
        is_vital: false,
        mend: "hand the operation to the guest's `execute` as it is, multicodec prefix included, and answer `returned` with what it returns, in base64",
    },
    Step {
        name: "fails",
        title: "an error of the guest arrives as itself",
        trial: Trial::Case {
            area: "lifecycle",
            text: r#"title = "an error arrives as itself"
requirements = ["lifecycle.execute-errors"]
[components.a.guest]
execute = ['return err(invalid-input("not a number"))']
[[steps]]
load = "a"
[[steps]]
execute = "a"
expect.error = 'invalid-input("not a number")'
"#,
        },
        is_vital: false,
        mend: "answer `failed` with the name of the error's case in `case` and its payload in `value`",
    },
    Step {
        name: "refuses",
        title: "a faulty manifest is refused with phase and code",
        trial: Trial::Case {
            area: "manifest",
            text: r#"title = "an unknown field is refused"
requirements = ["manifest.strict"]
[components.a.manifest.component]
nmae = "x"
[[steps]]
load = "a"
expect.refused = { phase = "manifest", code = "manifest-unknown-field" }
"#,
        },
        is_vital: false,
        mend: "validate the manifest whole before anything else, and answer `refused` with the phase and the code of docs/src/lifecycle.md",
    },
    Step {
        name: "traps",
        title: "a trap ends its instance alone",
        trial: Trial::Case {
            area: "isolation",
            text: r#"title = "a trap ends its instance alone"
requirements = ["isolation.trap"]
[components.a.guest]
execute = ["trap unreachable"]
[components.b]
[[steps]]
load = "a"
[[steps]]
load = "b"
[[steps]]
execute = "a"
expect.trapped = "unreachable"
[[steps]]
execute = "b"
operation = "raw:b"
expect.output = "raw:b"
"#,
        },
        is_vital: false,
        mend: "answer `trapped` with the kind of the trap, discard that instance, and let the others be",
    },
    Step {
        name: "denies",
        title: "what is not granted is denied",
        trial: Trial::Case {
            area: "permission",
            text: r#"title = "a file that is not granted is denied"
requirements = ["perm.denial-explains"]
features = ["filesystem"]
files = { "root/data/a" = "text:a" }
[components.a.guest]
execute = ['call filesystem.read-file("/data/a")', "return ok($transcript)"]
[[steps]]
load = "a"
[[steps]]
execute = "a"
expect.transcript = ["read-file -> err(permission-denied(_))"]
"#,
        },
        is_vital: false,
        mend: "offer every host function to every component, and answer its typed `permission-denied` unless the manifest grants the access",
    },
    Step {
        name: "delivers",
        title: "a message is handled",
        trial: Trial::Case {
            area: "messaging",
            text: r#"title = "a message from outside is handled"
requirements = ["msg.delivery"]
[components.a.guest]
handle-message = ["record message"]
execute = ["return ok($transcript)"]
[[steps]]
load = "a"
[[steps]]
deliver = "a"
payload = "raw:hi"
[[steps]]
execute = "a"
expect.transcript = ['message -> {sender: "outside", payload: [85, 104, 105], request-id: none}']
"#,
        },
        is_vital: false,
        mend: "at `deliver` have the guest's `handle-message` handle the message, and answer `done` when it has",
    },
];
