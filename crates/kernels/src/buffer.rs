//! Scratch memory that is kept for the next kernel call.

use std::cell::RefCell;
use std::ops::{Deref, DerefMut};

/// A cache line. Scratch memory is aligned to it so that no vector load or store crosses two lines.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct CacheLine {
    _values: [f32; LINE_FLOATS],
}

const LINE_FLOATS: usize = 16;

thread_local! {
    static POOL: RefCell<Vec<Vec<CacheLine>>> = const { RefCell::new(Vec::new()) };
}

/// Scratch memory from a pool of this thread, returned to the pool on drop. The contents are
/// whatever the previous user left.
pub(crate) struct Buffer {
    lines: Vec<CacheLine>,
    len: usize,
}

impl Buffer {
    /// A buffer of `len` floats with arbitrary contents.
    pub(crate) fn new(len: usize) -> Buffer {
        let count = len.div_ceil(LINE_FLOATS);
        let mut lines = POOL
            .with_borrow_mut(|pool| take_fitting(pool, count))
            .unwrap_or_default();
        if lines.len() < count {
            lines.clear();
            lines.resize(
                count,
                CacheLine {
                    _values: [0.0; LINE_FLOATS],
                },
            );
        }
        Buffer { lines, len }
    }

    /// A buffer of `len` zeros.
    pub(crate) fn zeros(len: usize) -> Buffer {
        let mut buffer = Buffer::new(len);
        buffer.fill(0.0);
        buffer
    }
}

/// Takes the smallest memory of at least `count` lines out of the pool or, if all are smaller, the
/// largest.
fn take_fitting(pool: &mut Vec<Vec<CacheLine>>, count: usize) -> Option<Vec<CacheLine>> {
    let smallest_fitting = (0..pool.len())
        .filter(|&i| pool[i].len() >= count)
        .min_by_key(|&i| pool[i].len());
    smallest_fitting
        .or_else(|| (0..pool.len()).max_by_key(|&i| pool[i].len()))
        .map(|i| pool.swap_remove(i))
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let memory = std::mem::take(&mut self.lines);
        // The pool may already be destroyed when the thread exits.
        let _ = POOL.try_with(|pool| pool.borrow_mut().push(memory));
    }
}

impl Deref for Buffer {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        // SAFETY: the lines hold at least `len` floats, all of which are initialised.
        unsafe { std::slice::from_raw_parts(self.lines.as_ptr().cast(), self.len) }
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [f32] {
        // SAFETY: as above.
        unsafe { std::slice::from_raw_parts_mut(self.lines.as_mut_ptr().cast(), self.len) }
    }
}
