//! Functions that the embedder offers to components, by name.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use crate::contract::ComponentId;
use crate::manifest::pattern::{self, PatternError};

/// A call of a function that the embedder registered. It was granted, and its arguments are in a format that the
/// component declares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostCall {
    /// Who calls.
    pub component: ComponentId,
    /// The name under which the function was registered.
    pub function: String,
    /// The arguments, starting with their multicodec code.
    pub args: Vec<u8>,
}

/// Why a host function has no answer. The text reaches the component.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HostFunctionError {
    /// The arguments are not what the function takes.
    #[error("{0}")]
    InvalidInput(String),
    /// Anything else.
    #[error("{0}")]
    Internal(String),
}

type HostFunction = Arc<dyn Fn(HostCall) -> BoxFuture<'static, Result<Vec<u8>, HostFunctionError>> + Send + Sync>;

/// What the embedder offers.
#[derive(Default)]
pub(crate) struct HostFunctions(BTreeMap<String, HostFunction>);

impl HostFunctions {
    /// Registers a function; one of the same name is replaced.
    pub(crate) fn insert<F, A>(&mut self, name: &str, function: F)
    where
        F: Fn(HostCall) -> A + Send + Sync + 'static,
        A: Future<Output = Result<Vec<u8>, HostFunctionError>> + Send + 'static,
    {
        self.0.insert(name.to_owned(), Arc::new(move |call| function(call).boxed()));
    }

    /// The first name that no manifest could grant.
    pub(crate) fn misnamed(&self) -> Option<(&str, PatternError)> {
        self.0.keys().find_map(|name| Some((name.as_str(), pattern::check_function(name).err()?)))
    }

    /// Calls a function, which runs as the future is polled; none if there is none of that name.
    pub(crate) fn call(&self, call: HostCall) -> Option<BoxFuture<'static, Result<Vec<u8>, HostFunctionError>>> {
        let function = Arc::clone(self.0.get(&call.function)?);
        Some(async move { function(call).await }.boxed())
    }
}

impl std::fmt::Debug for HostFunctions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}
