//! A sink that hands records to `tracing`.

use std::sync::Arc;

use super::super::log::escape;
use super::access::{AccessRecord, Outcome};
use super::json;
use super::record::{AuditEvent, AuditRecord};
use super::sink::{AuditError, AuditSink};

/// Hands records to `tracing`, with the target `airssys_wasm::audit`: denied accesses as warnings, all else as
/// information. Text is the value of a field, escaped, never the message. Whoever subscribes may filter and drop; this is no
/// replacement for a sink that keeps records.
#[derive(Debug, Clone, Copy, Default)]
pub struct TracingAudit;

impl AuditSink for TracingAudit {
    fn is_heard(&self) -> bool {
        tracing::enabled!(target: "airssys_wasm::audit", tracing::Level::INFO)
    }

    fn append(&self, record: &Arc<AuditRecord>) -> Result<(), AuditError> {
        let AuditRecord { sequence, time_ms, event } = &**record;
        match event {
            AuditEvent::Access(access) => trace(*sequence, *time_ms, access),
            event => {
                let record = json::text(event).map_err(|why| AuditError::Other(why.into()))?;
                // Whoever causes these is told by other means, too; a denied access is told by nothing else.
                tracing::info!(target: "airssys_wasm::audit", sequence, time_ms, record);
            }
        }
        Ok(())
    }
}

fn trace(sequence: u64, time_ms: u64, access: &AccessRecord) {
    // Nothing is escaped for nobody.
    let wanted = match access.outcome {
        Outcome::Granted => tracing::enabled!(target: "airssys_wasm::audit", tracing::Level::INFO),
        Outcome::Denied => tracing::enabled!(target: "airssys_wasm::audit", tracing::Level::WARN),
    };
    if !wanted {
        return;
    }
    let component = access.component.as_str();
    let (version, resource) = (&*escape(&access.version), &*escape(&access.resource));
    let (class, action) = (access.class.as_str(), &*escape(&access.action));
    let (instance, outcome) = (access.instance, access.outcome.as_str());
    let [resolved, rule, reason, request_id] =
        [access.resolved.as_deref(), access.rule.as_deref(), access.reason.as_deref(), access.request_id.as_deref()]
            .map(|text| text.map(escape));
    macro_rules! at {
        ($level:ident) => {
            tracing::event!(
                target: "airssys_wasm::audit", tracing::Level::$level, sequence, time_ms, component, version, instance,
                class, action, resource, resolved = resolved.as_deref(), outcome, rule = rule.as_deref(),
                reason = reason.as_deref(), request_id = request_id.as_deref()
            )
        };
    }
    match access.outcome {
        Outcome::Granted => at!(INFO),
        Outcome::Denied => at!(WARN),
    }
}
