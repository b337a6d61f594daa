//! Memory that kernels use again and again.

use std::cell::RefCell;
use std::ops::{Deref, DerefMut};

thread_local! {
    static POOL: RefCell<Vec<Vec<f32>>> = const { RefCell::new(Vec::new()) };
}

/// Scratch memory from this thread's pool; it goes back there. Its contents are whatever was there before.
pub(crate) struct Buffer(Vec<f32>);

impl Buffer {
    /// `len` floats of any value.
    pub(crate) fn new(len: usize) -> Buffer {
        let fitting = |pool: &mut Vec<Vec<f32>>| {
            let best = (0..pool.len()).filter(|&i| pool[i].len() >= len).min_by_key(|&i| pool[i].len());
            best.or_else(|| (0..pool.len()).max_by_key(|&i| pool[i].len())).map(|i| pool.swap_remove(i))
        };
        let mut memory = POOL.with_borrow_mut(fitting).unwrap_or_default();
        if memory.len() < len {
            memory.clear();
            memory.resize(len, 0.0);
        }
        Buffer(memory)
    }

    /// `len` zeros.
    pub(crate) fn zeros(len: usize) -> Buffer {
        let mut buffer = Buffer::new(len);
        buffer[..len].fill(0.0);
        buffer
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let memory = std::mem::take(&mut self.0);
        // The pool may be gone when the thread ends.
        let _ = POOL.try_with(|pool| pool.borrow_mut().push(memory));
    }
}

impl Deref for Buffer {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        &self.0
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut self.0
    }
}
