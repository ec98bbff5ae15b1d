//! How the permission decision grows with the number of patterns, beside the scan.

use super::Report;
use crate::perf::judge::Row;
use crate::perf::workload::{Cores, show_ns};

/// How wide the longest bar is.
const WIDTH: f64 = 40.0;

/// A bar for either side at each number of patterns, on a logarithmic scale. Nothing if there are no two points.
pub(super) fn curve(report: &Report) -> String {
    let points: Vec<(u64, f64, f64)> = report.rows.iter().filter_map(point).collect();
    if points.len() < 2 {
        return String::new();
    }
    let times = || points.iter().flat_map(|(_, ours, scan)| [*ours, *scan]);
    let least = times().fold(f64::INFINITY, f64::min);
    let most = times().fold(0.0, f64::max);
    let bar = |time: f64| {
        let share = if most > least { (time / least).ln() / (most / least).ln() } else { 0.0 };
        "#".repeat(1 + (share * (WIDTH - 1.0)).round() as usize)
    };
    let mut out = "\npermission decision by the number of patterns, time on a logarithmic scale\n".to_owned();
    for (patterns, ours, scan) in &points {
        out.push_str(&format!("{patterns:>8}  decision {:>10}  {}\n", show_ns(*ours), bar(*ours)));
        out.push_str(&format!("{:>8}  scan     {:>10}  {}\n", "", show_ns(*scan), bar(*scan)));
    }
    out
}

fn point(row: &Row) -> Option<(u64, f64, f64)> {
    let patterns = row.workload.strip_prefix("permission/")?.split('-').next()?.parse().ok()?;
    (row.cores == Cores::One).then_some((patterns, row.subject_ns?, row.baseline_ns?))
}
