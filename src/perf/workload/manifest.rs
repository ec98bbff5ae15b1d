//! A manifest, from its text to values that are in range.

use super::lanes::loops;
use super::{Cores, Prepare, Prepared, Statistic, Workload};
use crate::manifest::Manifest;
use crate::perf::PerfError;

pub(super) const ALL: &[Workload] = &[Workload {
    id: "manifest/parse",
    about: "a manifest of forty lines, parsed and checked",
    against: Some("toml, into a table"),
    statistic: Statistic::Ratio,
    on: &[Cores::One],
    prepare: Prepare::Plain(prepare),
}];

const TEXT: &str = r#"
[component]
name = "reports"
version = "1.4.2"
api-version = "1.0.0"
description = "Makes reports of what others store"
authors = ["A <a@example.org>", "B <b@example.org>"]
license = "MIT"
tags = ["report", "example"]

[runtime]
stateful = true
restart = "on-failure"
max-restarts = 5
window-ms = 60_000

[resources]
timeout-ms = 5_000
mailbox-capacity = 512
[resources.memory]
min = "1MiB"
max = "64MiB"

[capabilities.filesystem]
read = ["/data/reports/**", "/etc/reports/*.toml", "/var/lib/*/state.db"]
write = ["/data/reports/out/**"]
list = ["/data/reports"]

[[capabilities.network]]
action = "outbound"
host = "api.example.org"
port = 443

[capabilities.storage]
namespaces = ["reports:cache"]
read = ["app:*"]
max-size = "16MiB"

[capabilities.messaging]
send = ["printer", "mailer"]

[env]
MODE = "production"

[config]
"page.size" = "a4"
"#;

fn prepare(cores: Cores) -> Result<Prepared, PerfError> {
    Manifest::parse(TEXT).map_err(PerfError::from_error)?;
    let subject = loops(cores, |_| Ok(|| Manifest::parse(TEXT).is_ok()))?;
    let baseline = loops(cores, |_| Ok(|| toml::from_str::<toml::Table>(TEXT).is_ok()))?;
    Ok(Prepared::Pair(subject, baseline))
}
