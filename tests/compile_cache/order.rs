//! Whether code was compiled, was on the disk or in memory makes no difference but in time.

use std::collections::BTreeSet;
use std::path::Path;

use airssys_wasm::contract::LoadCode;
use airssys_wasm::runtime::{CacheOptions, CacheStats, Engine, EngineOptions, Runtime};

use super::bench::{Bench, counts, hit, miss, since};

#[path = "../../examples/pipeline/main.rs"]
#[expect(dead_code, reason = "its `main` prints what is compared here")]
mod pipeline;

#[test]
fn a_schedule_goes_on_the_same_way_wherever_code_comes_from() {
    let dir = tempfile::tempdir().unwrap();
    let remembering = |cache: bool| {
        let mut options = EngineOptions::default();
        options.cache = cache.then(|| CacheOptions::new(dir.path().join("cache")));
        Engine::new(&options).unwrap()
    };
    for seed in [2, 7, 1 << 40] {
        let (without, cold) = (remembering(false), remembering(true));
        let warm = remembering(true);
        let said: Vec<String> =
            [&without, &cold, &cold, &warm, &warm].map(|engine| pipeline::run(engine, seed).unwrap()).into();
        assert_eq!(said.iter().collect::<BTreeSet<_>>().len(), 1, "seed {seed}");
        let (without, warm) = (without.cache_stats(), warm.cache_stats());
        assert_eq!((without.from_disk, warm.compiled, warm.refused), (0, 0, 0));
        assert_eq!((without.compiled, without.from_memory == 0), (warm.from_disk, true), "{warm:?}");
    }
}

/// What was valid once is in the cache by its own hash: no other bytes are taken for it, and what is no wasm is refused
/// as it always was, be it the very file of the cache.
#[test]
fn what_is_not_loaded_without_a_cache_is_not_loaded_with_one() {
    let bench = Bench::new();
    let directory = bench.component("yes");
    let wasm = directory.join("yes.wasm");
    let good = std::fs::read(&wasm).unwrap();
    bench.load(&directory);
    let entry = std::fs::read(bench.entry()).unwrap();
    let table = [
        ("its machine code", entry.clone(), LoadCode::PrecompiledRefused, 0),
        ("its machine code without a trailer", entry[..entry.len() - 100].to_vec(), LoadCode::PrecompiledRefused, 0),
        ("half of it", good[..good.len() / 2].to_vec(), LoadCode::InvalidComponent, 1),
        ("nothing", Vec::new(), LoadCode::NotAComponent, 0),
    ];
    for (what, bytes, code, compiled) in table {
        std::fs::write(&wasm, bytes).unwrap();
        assert_eq!(refusal(&bench, &[&directory]), (code, counts(&[("compiled", compiled)])), "{what}");
    }
    std::fs::write(&wasm, good).unwrap();
    assert_eq!(bench.load(&directory), ("raw:yes".to_owned(), hit()));
}

/// What an earlier phase refuses is not compiled, and that phase's code is told whatever is wrong with the wasm.
#[test]
fn an_earlier_phase_comes_before_the_cache() {
    let bench = Bench::new();
    let known = bench.component("a");
    let wasm = known.join("a.wasm");
    let manifest = known.join("component.toml");
    let text = std::fs::read_to_string(&manifest).unwrap();
    let table = [
        ("[resources]\ntimeout-ms = 86400000\n", LoadCode::LimitExceedsPolicy),
        ("unknown = 1\n", LoadCode::ManifestUnknownField),
    ];
    for (more, code) in table {
        std::fs::write(&manifest, format!("{text}{more}")).unwrap();
        assert_eq!(refusal(&bench, &[&known]), (code, counts(&[])));
    }
    let good = std::fs::read(&wasm).unwrap();
    std::fs::write(&wasm, "no wasm").unwrap();
    for (more, code) in table {
        std::fs::write(&manifest, format!("{text}{more}")).unwrap();
        assert_eq!(refusal(&bench, &[&known]), (code, counts(&[])));
    }
    std::fs::write(&manifest, text).unwrap();
    std::fs::write(&wasm, good).unwrap();
    assert_eq!(bench.load(&known).1, miss());
    let twice = counts(&[("trusted", 2), ("from_disk", 2)]);
    assert_eq!(refusal(&bench, &[&known, &known]), (LoadCode::AlreadyLoaded, twice));
}

/// Why the last of these is not loaded where the others are, and what the engine did for it all.
fn refusal(bench: &Bench, directories: &[&Path]) -> (LoadCode, CacheStats) {
    let before = bench.engine.cache_stats();
    let code = bench.block_on(async {
        let runtime = Runtime::builder().engine(bench.engine.clone()).build().unwrap();
        let (last, others) = directories.split_last().unwrap();
        for other in others {
            runtime.load(*other).await.unwrap();
        }
        runtime.load(*last).await.unwrap_err().code
    });
    (code, since(before, bench.engine.cache_stats()))
}
