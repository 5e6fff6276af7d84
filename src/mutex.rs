//! A mutex that a panic does not poison: each value here is whole between two statements.

use std::sync::{MutexGuard, PoisonError};

/// [`std::sync::Mutex`], whose lock is as good after a panic elsewhere.
#[derive(Debug, Default)]
pub(crate) struct Mutex<T>(std::sync::Mutex<T>);

impl<T> Mutex<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(std::sync::Mutex::new(value))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
