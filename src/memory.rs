//! Large allocations that go back to the system as soon as they are freed.
//!
//! glibc's allocator keeps most of what is freed for later, so that megabytes which were needed for a moment
//! would stay. Pieces of 32 MiB and more it maps and unmaps one by one (`DEFAULT_MMAP_THRESHOLD_MAX` in its
//! `malloc.c`), and only the part of them that is written to takes memory.

/// Bytes from which on a piece is mapped by itself.
const MAPPED: usize = 32 * 1024 * 1024;
/// Bytes below which nothing is worth a piece of its own.
const SMALL: usize = 1024 * 1024;

/// An empty vector with room for `length` items, and for 32 MiB of them if they are many. Shrink what is
/// kept for long to its length: it stays a piece of its own.
pub(crate) fn roomy<T>(length: usize) -> Vec<T> {
    let mapped = if length.saturating_mul(size_of::<T>()) < SMALL { 0 } else { MAPPED };
    Vec::with_capacity(length.max(mapped / size_of::<T>().max(1) + 1))
}
