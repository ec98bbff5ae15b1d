//! The states of a component and the transitions between them.

use super::kebab_enum;

kebab_enum! {
    /// Where a component is in its life.
    pub enum State {
        /// Not known to the runtime.
        Uninstalled = "uninstalled",
        /// Being read, validated and compiled.
        Installing = "installing",
        /// Validated and compiled, without an instance.
        Installed = "installed",
        /// Being instantiated and initialised.
        Starting = "starting",
        /// Serving calls.
        Running = "running",
        /// Being replaced by another version.
        Updating = "updating",
        /// Finishing accepted work, then shutting down.
        Stopping = "stopping",
        /// Without an instance, after an orderly shutdown.
        Stopped = "stopped",
        /// Without an instance, after a failure.
        Failed = "failed",
    }
}

impl State {
    /// Whether the contract allows to pass from `self` to `next`.
    pub const fn may_become(self, next: State) -> bool {
        use State::*;
        matches!(
            (self, next),
            (Uninstalled, Installing)
                | (Installing, Installed)
                | (Installed | Stopped | Failed, Starting)
                | (Starting, Running)
                | (Running, Stopping | Updating)
                | (Updating, Running)
                | (Stopping, Stopped)
                | (Installed | Stopped | Failed, Uninstalled)
                | (Installing | Starting | Updating | Stopping | Running, Failed)
        )
    }
}
