//! How often the database may be read: what took long is done more rarely.

use std::time::{Duration, Instant};

/// Time between two times at most.
const LONGEST_PAUSE: Duration = Duration::from_secs(120);
/// Each kind of work takes at most one part in so many of a core: the three kinds
/// together less than two per cent.
const SHARE: u32 = 180;

/// When work of one kind may be done again.
#[derive(Debug)]
pub struct Budget {
    next: Instant,
    pause: Duration,
}

impl Default for Budget {
    /// Work that may be done now.
    fn default() -> Budget {
        Budget::new()
    }
}

impl Budget {
    /// Time between two times at least.
    pub const SHORTEST_PAUSE: Duration = Duration::from_millis(500);

    /// Work that may be done now.
    pub fn new() -> Budget {
        Budget {
            next: Instant::now(),
            pause: Self::SHORTEST_PAUSE,
        }
    }

    /// Whether it may be done now.
    pub fn allows(&self) -> bool {
        Instant::now() >= self.next
    }

    /// Does it, and measures how long it takes.
    pub fn spend<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let begin = Instant::now();
        let done = work();
        let took = begin.elapsed();
        self.pause = (took * SHARE).clamp(Self::SHORTEST_PAUSE, LONGEST_PAUSE);
        self.next = begin + took + self.pause;
        done
    }

    /// Time between two times.
    pub fn pause(&self) -> Duration {
        self.pause
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_work_is_done_rarely() {
        let mut budget = Budget::new();
        assert!(budget.allows());
        budget.spend(|| std::thread::sleep(Duration::from_millis(20)));
        assert!(!budget.allows());
        assert!(budget.pause() >= Duration::from_millis(3600) && budget.pause() <= LONGEST_PAUSE);
        budget.spend(|| ());
        assert_eq!(budget.pause(), Budget::SHORTEST_PAUSE);
    }
}
