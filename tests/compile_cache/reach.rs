//! What a guest could write it could have the host execute: the cache is out of reach for guests, whatever their
//! grants.

use std::fs;

use airssys_wasm::contract::payload;
use airssys_wasm::runtime::{Call, Runtime};

use super::bench::{Bench, hit, names, with_program};

const GRANTS: &str =
    "[capabilities.filesystem]\nread = [\"/**\"]\nwrite = [\"/**\"]\ndelete = [\"/**\"]\nlist = [\"/**\"]\n";

const OWN: &str = "permission-denied(\"the file is the runtime's own, which no rule reaches\")";

#[test]
fn no_grant_reaches_the_cache() {
    let bench = Bench::new();
    bench.block_on(try_all(&bench));
}

async fn try_all(bench: &Bench) {
    // The cache is in the root, under two names.
    std::os::unix::fs::symlink("cache", bench.dir.path().join("other")).unwrap();
    let denied = |call: &str| (call.to_owned(), format!("err({OWN})"));
    let mut table: Vec<(String, String)> = ["/cache", "/other"]
        .iter()
        .flat_map(|cache| {
            [
                denied(&format!("read-file(\"{cache}/ENTRY\")")),
                denied(&format!("write-file(\"{cache}/ENTRY\", \"text:x\")")),
                denied(&format!("write-file(\"{cache}/new\", \"text:x\")")),
                denied(&format!("delete-file(\"{cache}/ENTRY\")")),
                denied(&format!("stat-file(\"{cache}/ENTRY\")")),
                denied(&format!("stat-file(\"{cache}/absent\")")),
                denied(&format!("create-directory(\"{cache}/new\")")),
                denied(&format!("list-directory(\"{cache}\")")),
            ]
        })
        .collect();
    table.push(("write-file(\"/beside\", \"text:x\")".to_owned(), "ok".to_owned()));
    // The name of an entry is known once there is one.
    let first = bench.component("first");
    let runtime = Runtime::builder().engine(bench.engine.clone()).root(bench.dir.path()).build().unwrap();
    let id = runtime.load(&first).await.unwrap();
    runtime.unload(&id).await.unwrap();
    let entry = names(&bench.cache()).remove(0);
    let whole = fs::read(bench.cache().join(&entry)).unwrap();
    let calls = table.iter().enumerate().map(|(n, (call, _))| {
        let call = call.replace("ENTRY", &entry);
        format!("on.\"raw:{n}\" = ['call filesystem.{call}', 'return ok($transcript)']\n")
    });
    let program: String = calls.collect();
    let directory = with_program(bench.dir.path(), "guest", GRANTS, &program);
    let guest = runtime.load(&directory).await.unwrap();
    for (n, (call, expected)) in table.iter().enumerate() {
        let operation = payload::parse(&format!("raw:{n}")).unwrap();
        let output = runtime.execute(&guest, operation, Call::default()).await.unwrap().output;
        let said = String::from_utf8_lossy(&output);
        assert!(said.contains(expected), "{call}: {said}");
    }
    assert_eq!((names(&bench.cache()).len(), fs::read(bench.cache().join(&entry)).unwrap() == whole), (2, true));
    let before = bench.engine.cache_stats().from_disk;
    runtime.load(&first).await.unwrap();
    assert_eq!(bench.engine.cache_stats().from_disk - before, hit().from_disk);
}
