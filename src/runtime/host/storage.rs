//! `airssys:ext-storage/storage`: durable key-value storage.

use crate::permission::FourAction;

use super::super::bindings::storage::{Host as Storage, KeyPage, StorageError, StorageUsage};
use super::super::store::{PageBounds, Store, StoreError};
use super::Host;
use super::gate::{Asked, Denied, Subject};

impl From<Denied> for StorageError {
    fn from(Denied(text): Denied) -> Self {
        StorageError::PermissionDenied(text)
    }
}

impl From<StoreError> for StorageError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::InvalidKey(why) => StorageError::InvalidKey(why),
            StoreError::QuotaExceeded(quota) => StorageError::QuotaExceeded(quota),
            other => {
                if let StoreError::Unusable { .. } = other {
                    tracing::error!(error = %other, "the store failed");
                }
                StorageError::IoError(other.for_guest())
            }
        }
    }
}

impl Host {
    /// Passes the gate with a namespace and acts on the store.
    async fn store<T: Send + 'static>(
        &mut self,
        (action, or): (FourAction, Option<FourAction>),
        namespace: String,
        act: impl FnOnce(&Store, &str) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StorageError> {
        let subject = Subject::Namespace { action, or, namespace: &namespace };
        self.gate.pass(Asked { subject, resource: &namespace, resolved: None })?;
        let store = self.gate.services.store.clone();
        let tasks = &self.gate.services.tasks;
        if !store.may_block() {
            // Under a schedule others have their turn all the same.
            tasks.turn().await;
            return Ok(act(&store, &namespace)?);
        }
        let acted = tasks.blocking(move || act(&store, &namespace)).await;
        let acted = acted.map_err(|_| StorageError::IoError("the operation was given up".to_owned()))?;
        Ok(acted?)
    }
}

impl Storage for Host {
    async fn get(&mut self, namespace: String, key: String) -> Result<Option<Vec<u8>>, StorageError> {
        self.store((FourAction::Read, None), namespace, move |store, namespace| store.get(namespace, &key)).await
    }

    async fn set(&mut self, namespace: String, key: String, value: Vec<u8>) -> Result<(), StorageError> {
        let (owner, quota) = (self.gate.component.id().clone(), self.gate.component.storage_quota);
        let set = move |store: &Store, namespace: &str| store.set(&owner, quota, namespace, &key, &value);
        self.store((FourAction::Write, None), namespace, set).await
    }

    async fn delete(&mut self, namespace: String, key: String) -> Result<bool, StorageError> {
        self.store((FourAction::Delete, None), namespace, move |store, namespace| store.delete(namespace, &key)).await
    }

    async fn exists(&mut self, namespace: String, key: String) -> Result<bool, StorageError> {
        self.store((FourAction::Read, None), namespace, move |store, namespace| store.exists(namespace, &key)).await
    }

    async fn list_keys(
        &mut self,
        namespace: String,
        prefix: Option<String>,
        cursor: Option<String>,
    ) -> Result<KeyPage, StorageError> {
        let list = move |store: &Store, namespace: &str| {
            store.list(namespace, prefix.as_deref().unwrap_or_default(), cursor.as_deref(), PageBounds::default())
        };
        let page = self.store((FourAction::List, None), namespace, list).await?;
        Ok(KeyPage { keys: page.keys, next_cursor: page.next_cursor })
    }

    async fn usage(&mut self, namespace: String) -> Result<StorageUsage, StorageError> {
        let either = (FourAction::Read, Some(FourAction::List));
        let usage = self.store(either, namespace, |store, namespace| store.usage(namespace)).await?;
        Ok(StorageUsage { used_bytes: usage.bytes, max_bytes: self.gate.component.storage_quota, keys: usage.keys })
    }
}
