//! The example `pipeline`: what it prints, that no order of its components changes what they say, and how its stage in C
//! deals with counters that do not do their part.
#![cfg(all(feature = "runtime", feature = "suite"))]

#[path = "../examples/pipeline/main.rs"]
#[expect(dead_code, reason = "its `main` prints what is compared here")]
mod pipeline;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use airssys_wasm::contract::{ComponentId, payload};
use airssys_wasm::runtime::{CallError, Engine, EngineOptions, Residue, Runtime, Timestamp, VirtualClock};
use futures_util::future::join_all;
use rstest::rstest;
use tempfile::TempDir;

const PAGE: &str = include_str!("../docs/src/pipeline.md");

static ENGINE: LazyLock<Engine> = LazyLock::new(|| Engine::new(&EngineOptions::default()).unwrap());

fn run(seed: u64) -> String {
    pipeline::run(&ENGINE, seed).unwrap_or_else(|why| panic!("seed {seed}: {why}"))
}

#[test]
fn the_whole_output() {
    insta::assert_snapshot!(run(pipeline::SEED));
}

#[test]
fn the_page_shows_what_is_printed() {
    let (_, behind) = PAGE.split_once("```text\n").expect("the page shows what is printed");
    let (shown, _) = behind.split_once("```").expect("the block is closed");
    let printed = run(pipeline::SEED);
    assert!(printed.contains(shown), "not printed:\n{shown}\nbut:\n{printed}");
}

/// The rows of a kind: who and whom, the identifier, and what was said.
fn rows<'a>(output: &'a str, kind: &str) -> Vec<(&'a str, &'a str, &'a str)> {
    let rows = output.lines().filter_map(|line| {
        let (before, behind) = line.split_once(&format!("  {kind} "))?;
        let (_, parties) = before.split_once(" ms  ")?;
        // A request of the host has no identifier.
        let said = behind.trim_start();
        let (id, said) = if said.starts_with("raw:") || said.starts_with("json:") || said.starts_with("=>") {
            ("", said)
        } else {
            said.split_once("  ")?
        };
        Some((parties.trim(), id.trim(), said.trim()))
    });
    rows.collect()
}

#[test]
fn in_every_order_each_text_is_counted_once_and_answered_to_who_asked() {
    let mut orders = BTreeSet::new();
    for seed in 0..32 {
        let output = run(seed);
        assert_eq!(output, run(seed), "seed {seed}");
        let (asked, answered) = (rows(&output, "is asked"), rows(&output, "answers"));
        let heard: Vec<_> = rows(&output, "hears").into_iter().filter(|(.., said)| said.starts_with("raw:")).collect();
        assert_eq!((asked.len(), answered.len(), heard.len()), (4, 4, 3), "seed {seed}:\n{output}");

        // Every answer has the number of words of the text that came under its identifier.
        let mut totals = Vec::new();
        for (parties, id, said) in answered.iter().filter(|(parties, ..)| parties.starts_with("words")) {
            let (from, _, text) = asked.iter().find(|(_, other, _)| other == id).expect("it was asked");
            assert_eq!(parties.replace("->", "<-"), *from, "seed {seed}");
            let words = text.trim_start_matches("raw:").split_whitespace().count();
            let total: usize = said.rsplit(' ').next().unwrap().parse().unwrap();
            assert_eq!(*said, format!("raw:words: {words}, in all: {total}"), "seed {seed}");
            assert!(heard.iter().any(|(_, heard_id, heard)| heard == said && ["", id].contains(heard_id)));
            totals.push((total, words));
        }
        // The totals are the sums of these numbers, in some order.
        totals.sort_unstable();
        let sums = totals.iter().scan(0, |sum, (_, words)| {
            *sum += words;
            Some(*sum)
        });
        assert!(sums.eq(totals.iter().map(|(total, _)| *total)), "seed {seed}: {totals:?}");
        orders.insert(output);
    }
    assert!(orders.len() > 8, "the seeds make no difference");
}

/// The stage in C, with a counter that does as told, or none.
struct Stage {
    runtime: Runtime,
    clock: VirtualClock,
    words: ComponentId,
    _counter: TempDir,
}

impl Stage {
    async fn new(counter: Option<&str>) -> Self {
        let clock = VirtualClock::new(Timestamp::from_millis(1_000_000));
        let runtime = Runtime::builder().engine(ENGINE.clone()).clock(Arc::new(clock.clone())).build().unwrap();
        let place = tempfile::tempdir().unwrap();
        if let Some(program) = counter {
            let manifest = r#"
                component = { name = "counter", version = "1.0.0", api-version = "1.0.0" }
                resources.memory.max = "1MiB"
                runtime.stateful = true
            "#;
            runtime.load(pipeline::generated::write(manifest, program, place.path()).unwrap()).await.unwrap();
        }
        let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/words");
        let words = runtime.load(fixture).await.unwrap();
        Self { runtime, clock, words, _counter: place }
    }

    /// What it answers to a request, or why it does not.
    async fn ask(&self, text: &str) -> String {
        let bytes = payload::parse(text).unwrap();
        match self.runtime.request(&self.words, "front", bytes, Duration::from_secs(5)).await {
            Ok(answer) => payload::render(&answer),
            Err(CallError::DeliveryFailed(why)) => why,
            Err(other) => other.code().to_owned(),
        }
    }

    async fn end(self) {
        for component in self.runtime.components() {
            self.runtime.unload(&component.id).await.unwrap();
        }
        self.clock.quiesce().await;
        assert_eq!(self.runtime.residue(), Residue::default());
    }
}

/// A counter that answers with this.
fn answering(response: &str) -> Option<String> {
    Some(format!(
        "handle-message = ['remember message.request-id.some as id', 'invoke host-services.send-response($id, {response})']"
    ))
}

#[rstest]
#[case::a_total(answering(r#"ok("json:{\"total\":12}")"#), "raw:words: 2, in all: 12")]
#[case::the_least_total(
    answering(r#"ok("json:{\"total\":-9223372036854775808}")"#),
    "raw:words: 2, in all: -9223372036854775808"
)]
#[case::no_number(answering(r#"ok("json:{\"total\":x}")"#), "the counter answered no total")]
#[case::a_sign_alone(answering(r#"ok("json:{\"total\":-}")"#), "the counter answered no total")]
#[case::nothing(answering(r#"ok("json:{\"total\":}")"#), "the counter answered no total")]
#[case::too_long(answering(r#"ok("json:{\"total\":100000000000000000000}")"#), "the counter answered no total")]
#[case::another_member(answering(r#"ok("json:{\"sum\":12}")"#), "the counter answered no total")]
#[case::another_codec(answering(r#"ok("raw:12")"#), "the counter answered no total")]
#[case::an_error(answering(r#"err("not now")"#), "delivery-failed")]
#[case::a_rejection(Some("handle-message = ['return err(mailbox-full)']".to_owned()), "delivery-failed")]
#[case::a_trap(Some("handle-message = ['trap unreachable']".to_owned()), "delivery-failed")]
#[case::silence(Some(String::new()), "timeout-exceeded")]
#[case::no_counter(None, "component-not-found")]
#[tokio::test]
async fn the_stage_answers_whatever_the_counter_does(#[case] counter: Option<String>, #[case] expected: &str) {
    let stage = Stage::new(counter.as_deref()).await;
    let (answer, ()) = tokio::join!(stage.ask("raw:two words"), stage.clock.advance(Duration::from_secs(2)));
    assert_eq!(answer, expected);
    // Nothing is owed any more.
    assert_eq!(stage.runtime.health(&stage.words).await.unwrap().reason, None);
    stage.end().await;
}

#[tokio::test]
async fn the_stage_knows_whom_an_answer_is_for_whatever_came_first() {
    let counter = r#"
        [on-message]
        'json:{"add":1}' = ['remember message.request-id.some as first']
        'json:{"add":2}' = [
            'remember message.request-id.some as second',
            'invoke host-services.send-response($second, ok("json:{\"total\":2}"))',
            'invoke host-services.send-response($first, ok("json:{\"total\":3}"))',
        ]
    "#;
    let stage = Stage::new(Some(counter)).await;
    let answers = tokio::join!(stage.ask("raw:one"), stage.ask("raw:and another"));
    assert_eq!((&*answers.0, &*answers.1), ("raw:words: 1, in all: 3", "raw:words: 2, in all: 2"));
    stage.end().await;
}

#[tokio::test]
async fn the_stage_refuses_more_than_it_can_keep_in_mind() {
    let stage = Stage::new(Some("")).await;
    let asking = join_all((0..10).map(|_| stage.ask("raw:x")));
    let watching = async {
        stage.clock.quiesce().await;
        let reason = stage.runtime.health(&stage.words).await.unwrap().reason;
        stage.clock.advance(Duration::from_secs(2)).await;
        reason
    };
    let (answers, reason) = tokio::join!(asking, watching);
    assert_eq!(reason.as_deref(), Some("requests open: 8"));
    let count = |text: &str| answers.iter().filter(|answer| *answer == text).count();
    assert_eq!((count("timeout-exceeded"), count("too many requests at a time")), (8, 2), "{answers:?}");
    stage.end().await;
}

#[tokio::test]
async fn the_stage_refuses_what_is_no_text() {
    let stage = Stage::new(None).await;
    assert!(stage.ask("json:{}").await.contains("only raw text has words"));
    // Bytes that are no UTF-8 do not get into its log.
    assert_eq!(stage.ask("hex:55ff20fe").await, "component-not-found");
    stage.end().await;
}
