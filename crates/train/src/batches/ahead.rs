//! What is made of items one after the other, ahead of time where that helps.

use crate::error::TrainError;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::Builder;

/// Batches that may wait to be taken. More would only take memory.
const WAITING: usize = 3;

/// What is made of items, one after the other.
pub(crate) enum BatchesAhead<I, T> {
    /// When it is asked for.
    OnDemand(MakeBatch<I, T>),
    /// By a thread.
    ByThread(Receiver<Result<T, TrainError>>),
}

/// Makes a batch of an item.
pub(crate) type MakeBatch<I, T> = Box<dyn FnMut(I) -> Result<T, TrainError> + Send>;

impl<I: Send + 'static, T: Send + 'static> BatchesAhead<I, T> {
    /// Applies `make` to the items, in their order, by a thread of its own.
    ///
    /// # Errors
    /// If no thread can be started.
    pub(crate) fn by_thread(items: Vec<I>, mut make: MakeBatch<I, T>) -> Result<Self, TrainError> {
        let (sender, receiver) = sync_channel(WAITING);
        let run = move || {
            for item in items {
                // Nobody waits for the rest once the receiver is gone.
                if sender.send(make(item)).is_err() {
                    break;
                }
            }
        };
        let started = Builder::new().name("batches".into()).spawn(run);
        started.map_err(TrainError::BatchThread)?;
        Ok(BatchesAhead::ByThread(receiver))
    }

    /// What is made of `item`, the next one.
    ///
    /// # Errors
    /// If it could not be made, or a thread has made less.
    pub(crate) fn take(&mut self, item: I) -> Result<T, TrainError> {
        match self {
            BatchesAhead::OnDemand(make) => make(item),
            BatchesAhead::ByThread(made) => made.recv().unwrap_or(Err(TrainError::NoBatch)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn a_thread_makes_the_same_in_the_same_order_and_not_too_far_ahead() {
        for by_thread in [false, true] {
            let made = Arc::new(AtomicUsize::new(0));
            let count = Arc::clone(&made);
            let square: MakeBatch<u32, u32> = Box::new(move |item| {
                count.fetch_add(1, Ordering::SeqCst);
                match item {
                    7 => Err(TrainError::NoWeights),
                    item => Ok(item * item),
                }
            });
            let mut squares = match by_thread {
                true => BatchesAhead::by_thread((0..100).collect(), square).expect("a thread"),
                false => BatchesAhead::OnDemand(square),
            };
            for item in 0..7 {
                assert_eq!(squares.take(item).expect("a square"), item * item);
                let ahead = made.load(Ordering::SeqCst) - (item as usize + 1);
                assert!(ahead <= WAITING + 1, "{ahead} were made ahead");
            }
            assert!(matches!(squares.take(7), Err(TrainError::NoWeights)));
            assert_eq!(squares.take(8).expect("a square"), 64);
        }
    }

    #[test]
    fn a_thread_that_has_made_less_is_an_error() {
        let mut none = BatchesAhead::by_thread(vec![()], Box::new(Ok)).expect("a thread");
        none.take(()).expect("the only one");
        assert!(matches!(none.take(()), Err(TrainError::NoBatch)));
    }
}
