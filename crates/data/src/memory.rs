//! Memory that threads share: each waits until there is room for what it is about to allocate.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Bytes that may be in use at a time.
pub(crate) struct MemoryBudget {
    total: u64,
    used: Mutex<u64>,
    freed: Condvar,
}

/// A share of a [`MemoryBudget`], given back when it is dropped.
pub(crate) struct MemoryShare<'a> {
    budget: &'a MemoryBudget,
    bytes: u64,
}

impl MemoryBudget {
    pub(crate) const fn new(total: u64) -> MemoryBudget {
        MemoryBudget {
            total,
            used: Mutex::new(0),
            freed: Condvar::new(),
        }
    }

    /// Waits until there is room for `bytes`. More than the whole budget is given to a thread that
    /// has it alone.
    pub(crate) fn take(&self, bytes: u64) -> MemoryShare<'_> {
        let bytes = bytes.min(self.total);
        let mut used = self.used();
        while *used + bytes > self.total {
            used = self
                .freed
                .wait(used)
                .unwrap_or_else(PoisonError::into_inner);
        }
        *used += bytes;
        MemoryShare {
            budget: self,
            bytes,
        }
    }

    fn used(&self) -> MutexGuard<'_, u64> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for MemoryShare<'_> {
    fn drop(&mut self) {
        *self.budget.used() -= self.bytes;
        self.budget.freed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU64, Ordering};

    #[test]
    fn no_more_is_in_use_than_there_is() {
        let budget = MemoryBudget::new(100);
        let (in_use, most) = (AtomicU64::new(0), AtomicU64::new(0));
        std::thread::scope(|scope| {
            for i in 0..8u64 {
                let (budget, in_use, most) = (&budget, &in_use, &most);
                scope.spawn(move || {
                    for k in 0..50 {
                        let bytes = (i * 13 + k * 7) % 60 + 1;
                        let share = budget.take(bytes);
                        most.fetch_max(
                            in_use.fetch_add(bytes, Ordering::SeqCst) + bytes,
                            Ordering::SeqCst,
                        );
                        std::thread::yield_now();
                        in_use.fetch_sub(bytes, Ordering::SeqCst);
                        drop(share);
                    }
                });
            }
        });
        assert!((60..=100).contains(&most.load(Ordering::SeqCst)));
        drop(budget.take(u64::MAX));
        assert_eq!(*budget.used(), 0);
    }
}
