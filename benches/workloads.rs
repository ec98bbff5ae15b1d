//! The workloads of `airssys-wasm perf`, for people: criterion draws either side and compares it with its last run.
//!
//! The gate is `airssys-wasm perf --gate`, which measures both sides in turns. What is no time is left to it.

use std::sync::Arc;
use std::time::Duration;

use airssys_wasm::perf::{Prepared, Side, Statistic, of_driver, workloads};
use airssys_wasm::suite::DriverFactory;
use airssys_wasm::suite::driver::reference::Reference;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

fn all(criterion: &mut Criterion) {
    let reference = Reference::new().unwrap();
    let factory: Arc<DriverFactory> = Arc::new(move || Ok(Box::new(reference.driver())));
    for workload in workloads().into_iter().chain(of_driver(&factory)) {
        // What is found and not timed takes long, and has nothing to draw.
        if matches!(workload.statistic, Statistic::Bytes) || ["memory/growth", "suite/cases"].contains(&workload.id) {
            continue;
        }
        for cores in workload.on {
            let mut group = criterion.benchmark_group(format!("{}/{cores}", workload.id));
            let mut bench = |name: &str, mut side: Box<dyn Side>| {
                // Criterion counts by steps, so that a side is asked for what it can do.
                let step = side.step();
                group.throughput(Throughput::Elements(step));
                group.bench_function(name, |bencher| bencher.iter_custom(|times| side.run(times * step).unwrap()));
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

/// Enough to see a change by; the gate measures for as long as it has to.
fn briefly() -> Criterion {
    let (warm_up, measurement) = (Duration::from_millis(300), Duration::from_millis(1_200));
    Criterion::default().warm_up_time(warm_up).measurement_time(measurement).sample_size(20)
}

criterion_group! {
    name = benches;
    config = briefly();
    targets = all
}
criterion_main!(benches);
