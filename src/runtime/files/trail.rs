//! The directories that a walk has entered, by name and by handle.
//!
//! It opens directories again by their names, one by one and without following links; it resolves nothing.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;

use cap_fs_ext::DirExt;
use cap_std::fs::Dir;

/// How many of the last directories stay open: a path may be 2048 names deep, a process may have 1024 files open. A
/// `..` back over more of them opens the way again.
const MAX_HANDLES: usize = 16;

/// A way down from a root.
#[derive(Debug)]
pub(super) struct Trail {
    root: Arc<Dir>,
    names: Vec<String>,
    /// Those of the last names.
    handles: VecDeque<Arc<Dir>>,
}

impl Trail {
    pub(super) fn new(root: &Arc<Dir>) -> Self {
        Self { root: Arc::clone(root), names: Vec::new(), handles: VecDeque::new() }
    }

    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    pub(super) fn push(&mut self, name: String, handle: Dir) {
        self.names.push(name);
        keep(&mut self.handles, Arc::new(handle));
    }

    /// One up; the root is its own parent.
    pub(super) fn pop(&mut self) {
        self.names.pop();
        self.handles.pop_back();
    }

    pub(super) fn back_to_root(&mut self) {
        self.names.clear();
        self.handles.clear();
    }

    /// How many directories [`Trail::handle`] would open.
    pub(super) fn cost(&self) -> usize {
        if self.handles.is_empty() { self.names.len() } else { 0 }
    }

    /// The directory where the way ends.
    ///
    /// # Errors
    /// Those of opening the way again; then something on it has changed.
    pub(super) fn handle(&mut self) -> io::Result<Arc<Dir>> {
        if self.handles.is_empty() {
            let mut handles = VecDeque::new();
            for name in &self.names {
                let parent = handles.back().unwrap_or(&self.root);
                let handle = Arc::new(parent.open_dir_nofollow(name)?);
                keep(&mut handles, handle);
            }
            self.handles = handles;
        }
        Ok(Arc::clone(self.handles.back().unwrap_or(&self.root)))
    }
}

fn keep(handles: &mut VecDeque<Arc<Dir>>, handle: Arc<Dir>) {
    if handles.len() == MAX_HANDLES {
        handles.pop_front();
    }
    handles.push_back(handle);
}
