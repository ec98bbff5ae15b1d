//! What this process holds: descriptors, tasks, memory.

use airssys_wasm::runtime::{Residue, Runtime};

/// What is held at one moment.
#[derive(Debug)]
pub(crate) struct Held {
    descriptors: usize,
    tasks: usize,
    residue: Residue,
    pub(crate) memory_bytes: u64,
}

impl Held {
    pub(crate) fn now(runtime: &Runtime, threads: &tokio::runtime::Runtime) -> Self {
        Self {
            descriptors: std::fs::read_dir("/proc/self/fd").unwrap().count(),
            tasks: threads.metrics().num_alive_tasks(),
            residue: runtime.residue(),
            memory_bytes: memory_bytes(),
        }
    }

    /// What must not change by one.
    pub(crate) fn counts(&self) -> (usize, usize, Residue) {
        (self.descriptors, self.tasks, self.residue)
    }
}

/// The memory that is resident, in bytes.
pub(crate) fn memory_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    let kibibytes: u64 = resident.trim().trim_end_matches("kB").trim().parse().unwrap();
    kibibytes * 1024
}

/// How many threads there are whose name starts so.
pub(crate) fn threads(name: &str) -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap().flatten();
    let named =
        tasks.filter(|task| std::fs::read_to_string(task.path().join("comm")).is_ok_and(|comm| comm.starts_with(name)));
    named.count()
}
