//! The workloads of `airssys-wasm perf`, for people: criterion draws either side and compares it with its last run.
//!
//! The gate is `airssys-wasm perf --gate`, which measures both sides in turns. What is no time is left to it.

use std::sync::Arc;

use airssys_wasm::perf::{Prepared, Side, of_driver, workloads};
use airssys_wasm::suite::DriverFactory;
use airssys_wasm::suite::driver::reference::Reference;
use criterion::{Criterion, criterion_group, criterion_main};

fn all(criterion: &mut Criterion) {
    let reference = Reference::new().unwrap();
    let factory: Arc<DriverFactory> = Arc::new(move || Ok(Box::new(reference.driver())));
    for workload in workloads().into_iter().chain(of_driver(&factory)) {
        for cores in workload.on {
            let mut group = criterion.benchmark_group(format!("{}/{cores}", workload.id));
            let mut bench = |name: &str, mut side: Box<dyn Side>| {
                group.bench_function(name, |bencher| bencher.iter_custom(|times| side.run(times).unwrap()));
            };
            match workload.prepare(*cores) {
                Ok(Prepared::Pair(subject, baseline)) => {
                    bench("runtime", subject);
                    bench("baseline", baseline);
                }
                Ok(Prepared::Alone(subject)) => bench("runtime", subject),
                Ok(Prepared::Value(_)) => {}
                Err(why) => panic!("{}: {why}", workload.id),
            }
        }
    }
}

criterion_group!(benches, all);
criterion_main!(benches);
