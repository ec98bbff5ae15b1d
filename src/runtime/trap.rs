//! From an error of the engine to the kind of trap that it stands for.
//!
//! The engine reports three sorts of error from a call: a `wasmtime::Trap`, an error that a host function or a
//! callback raised (ours are the types below, WASI has its own), and untyped failures to read or write the guest's
//! values: bad UTF-8, discriminants, pointers, handles. The last are the bulk, and `invalid-value`.

use wasmtime::{PoolConcurrencyLimitError, Trap};

use crate::contract::TrapKind;

/// Raised by the epoch callback in a guest that computes past its deadline.
#[derive(Debug, thiserror::Error)]
#[error("the call passed its deadline")]
pub(crate) struct DeadlinePassed;

/// What the engine says when a guest passes more than its hostcall fuel; the type itself is private to the engine.
const HOSTCALL_FUEL_EXHAUSTED: &str = "fuel allocated for hostcalls has been exhausted";

/// The kind of trap that an error of a guest call is.
pub(crate) fn classify(error: &wasmtime::Error) -> TrapKind {
    if let Some(trap) = error.downcast_ref::<Trap>() {
        return classify_trap(*trap);
    }
    if error.is::<DeadlinePassed>() {
        return TrapKind::Deadline;
    }
    // `exit` of WASI ends the program, which for an instance that lives on is an abort.
    if error.is::<wasmtime_wasi::I32Exit>() {
        return TrapKind::Unreachable;
    }
    let host_limit = error.is::<PoolConcurrencyLimitError>()
        || error.is::<wasmtime::error::OutOfMemory>()
        || error.chain().any(|cause| cause.to_string().contains(HOSTCALL_FUEL_EXHAUSTED));
    if host_limit { TrapKind::HostLimit } else { TrapKind::InvalidValue }
}

fn classify_trap(trap: Trap) -> TrapKind {
    match trap {
        Trap::UnreachableCodeReached => TrapKind::Unreachable,
        // An unaligned atomic access is an access to memory that is not allowed; the contract has no kind of its own.
        Trap::MemoryOutOfBounds | Trap::HeapMisaligned => TrapKind::MemoryOutOfBounds,
        Trap::TableOutOfBounds | Trap::ArrayOutOfBounds => TrapKind::TableOutOfBounds,
        Trap::BadSignature | Trap::CastFailure => TrapKind::IndirectCallMismatch,
        Trap::IndirectCallToNull | Trap::NullReference => TrapKind::NullReference,
        Trap::IntegerOverflow => TrapKind::IntegerOverflow,
        Trap::IntegerDivisionByZero => TrapKind::DivideByZero,
        Trap::BadConversionToInteger => TrapKind::BadConversion,
        Trap::StackOverflow => TrapKind::StackOverflow,
        Trap::OutOfFuel => TrapKind::OutOfFuel,
        Trap::Interrupt => TrapKind::Deadline,
        Trap::AllocationTooLarge => TrapKind::HostLimit,
        // What is left breaks the canonical ABI: characters, discriminants, bounds, alignment, leaving a component
        // where that is forbidden, misuse of asynchronous built-ins.
        _ => TrapKind::InvalidValue,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_an_error_that_becomes_it() {
        let table: &[(wasmtime::Error, TrapKind)] = &[
            (Trap::UnreachableCodeReached.into(), TrapKind::Unreachable),
            (Trap::MemoryOutOfBounds.into(), TrapKind::MemoryOutOfBounds),
            (Trap::TableOutOfBounds.into(), TrapKind::TableOutOfBounds),
            (Trap::BadSignature.into(), TrapKind::IndirectCallMismatch),
            (Trap::IndirectCallToNull.into(), TrapKind::NullReference),
            (Trap::IntegerOverflow.into(), TrapKind::IntegerOverflow),
            (Trap::IntegerDivisionByZero.into(), TrapKind::DivideByZero),
            (Trap::BadConversionToInteger.into(), TrapKind::BadConversion),
            (Trap::StackOverflow.into(), TrapKind::StackOverflow),
            (Trap::OutOfFuel.into(), TrapKind::OutOfFuel),
            (wasmtime::Error::from(DeadlinePassed).context("while calling"), TrapKind::Deadline),
            (Trap::InvalidChar.into(), TrapKind::InvalidValue),
            (wasmtime::Error::msg("list pointer is not aligned"), TrapKind::InvalidValue),
            (wasmtime::Error::msg(HOSTCALL_FUEL_EXHAUSTED).context("lifting"), TrapKind::HostLimit),
            (wasmtime_wasi::I32Exit(3).into(), TrapKind::Unreachable),
        ];
        for (error, kind) in table {
            assert_eq!(classify(error), *kind, "{error:?}");
        }
        for kind in TrapKind::ALL {
            assert!(table.iter().any(|(_, covered)| covered == kind), "{kind} has no case");
        }
    }
}
