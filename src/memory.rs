//! Room for much at once, which goes back to the system as soon as it is freed.
//!
//! Most of what glibc's allocator is given back it keeps for later, and megabytes that were needed for
//! a moment would stay. Pieces from 32 MiB on it maps and unmaps one by one (`DEFAULT_MMAP_THRESHOLD_MAX` in its
//! `malloc.c`), and of these only what is written to takes memory.

/// In bytes.
const MAPPED: usize = 32 * 1024 * 1024;
/// What is smaller, in bytes, is not worth a piece of its own.
const SMALL: usize = 1024 * 1024;

/// An empty vector with room for `length` items, and for 32 MiB of them where they are many. What is
/// kept for long is to be shrunk to its length: it stays a piece of its own.
pub(crate) fn roomy<T>(length: usize) -> Vec<T> {
    let mapped = if length.saturating_mul(size_of::<T>()) < SMALL { 0 } else { MAPPED };
    Vec::with_capacity(length.max(mapped / size_of::<T>().max(1) + 1))
}
