//! The kinds of trap that a runtime tells apart.

use super::kebab_enum;

kebab_enum! {
    /// Why an instance ended. Every trap ends its instance and no other.
    pub enum TrapKind {
        /// An `unreachable` instruction: an abort, a failed assertion, an uncaught exception.
        Unreachable = "unreachable",
        /// A load, store or bulk operation outside a linear memory.
        MemoryOutOfBounds = "memory-out-of-bounds",
        /// An access outside a table.
        TableOutOfBounds = "table-out-of-bounds",
        /// An indirect call of a function of another type.
        IndirectCallMismatch = "indirect-call-mismatch",
        /// A null function or reference was used.
        NullReference = "null-reference",
        /// An integer operation overflowed.
        IntegerOverflow = "integer-overflow",
        /// An integer was divided by zero.
        DivideByZero = "divide-by-zero",
        /// A float that no integer holds was converted to one.
        BadConversion = "bad-conversion",
        /// The call stack was exhausted.
        StackOverflow = "stack-overflow",
        /// The call used up its fuel.
        OutOfFuel = "out-of-fuel",
        /// The call passed its deadline.
        Deadline = "deadline",
        /// The guest gave the host a value outside its type: bad UTF-8, a bad discriminant, a bad pointer.
        InvalidValue = "invalid-value",
        /// The guest passed the host more than one call may carry, or the host gave up on it.
        HostLimit = "host-limit",
    }
}
