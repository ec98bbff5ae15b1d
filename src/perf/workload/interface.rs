//! The check of what a component imports and exports, before it is linked.

use std::sync::Arc;

use super::guests::{self, Guest, Place};
use super::lanes::loops;
use super::{Cores, Prepare, Prepared, Statistic, Workload};
use crate::perf::PerfError;
use crate::runtime::probe::Interfaces;

pub(super) const ALL: &[Workload] = &[
    Workload {
        id: "interface/cold",
        about: "names, versions and shapes of a component's imports and exports, checked for the first time",
        against: None,
        statistic: Statistic::Nanoseconds,
        on: &[Cores::One],
        prepare: Prepare::Plain(|cores| prepare(cores, true)),
    },
    Workload {
        id: "interface/cached",
        about: "the same for bytes that were checked before",
        against: None,
        statistic: Statistic::Nanoseconds,
        on: &[Cores::One],
        prepare: Prepare::Plain(|cores| prepare(cores, false)),
    },
];

/// A component that imports every interface of the contract.
const IMPORTS: Guest<'static> = Guest {
    program: r#"imports = [
        "host-services.log", "host-services.send-message", "host-services.send-request", "host-services.send-response",
        "host-services.get-config", "host-services.current-time-millis", "host-services.call-host-function",
        "multicodec.encode", "capabilities.is-granted", "filesystem.read-file", "filesystem.list-directory",
        "network.http-request", "process.spawn-process", "storage.get", "storage.list-keys",
    ]"#,
    tables: "",
};

fn prepare(cores: Cores, cold: bool) -> Result<Prepared, PerfError> {
    let place = Place::new()?;
    let engine = guests::engine(8)?;
    let built = place.build("importer", IMPORTS)?;
    let interfaces = Arc::new(Interfaces::compile(&engine, &built.wasm).map_err(PerfError::from_error)?);
    interfaces.check().map_err(PerfError::from_error)?;
    let subject = loops(cores, |_| {
        let interfaces = Arc::clone(&interfaces);
        Ok(move || if cold { interfaces.check().is_ok() } else { interfaces.link().is_ok() })
    })?;
    Ok(Prepared::Alone(subject))
}
