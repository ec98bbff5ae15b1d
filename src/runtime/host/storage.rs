//! `airssys:ext-storage/storage`: durable key-value storage.

use super::super::bindings::storage::{Host as Storage, KeyPage, StorageError, StorageUsage};
use super::Host;
use super::gate::{Access, Denied};

impl From<Denied> for StorageError {
    fn from(Denied(text): Denied) -> Self {
        StorageError::PermissionDenied(text)
    }
}

impl Host {
    /// Decides an action on a namespace. Nothing passes, so there is nothing yet that could follow.
    fn namespace<T>(&self, actions: &[&'static str], namespace: &str) -> Result<T, StorageError> {
        self.gate(Access::Storage(actions, namespace))?;
        Err(StorageError::IoError("this runtime stores nothing".to_owned()))
    }
}

impl Storage for Host {
    async fn get(&mut self, namespace: String, _: String) -> Result<Option<Vec<u8>>, StorageError> {
        self.namespace(&["read"], &namespace)
    }

    async fn set(&mut self, namespace: String, _: String, _: Vec<u8>) -> Result<(), StorageError> {
        self.namespace(&["write"], &namespace)
    }

    async fn delete(&mut self, namespace: String, _: String) -> Result<bool, StorageError> {
        self.namespace(&["delete"], &namespace)
    }

    async fn exists(&mut self, namespace: String, _: String) -> Result<bool, StorageError> {
        self.namespace(&["read"], &namespace)
    }

    async fn list_keys(
        &mut self,
        namespace: String,
        _: Option<String>,
        _: Option<String>,
    ) -> Result<KeyPage, StorageError> {
        self.namespace(&["list"], &namespace)
    }

    async fn usage(&mut self, namespace: String) -> Result<StorageUsage, StorageError> {
        self.namespace(&["read", "list"], &namespace)
    }
}
