//! What is made of a list, one after the other, if need be ahead of time.

use crate::error::TrainError;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::Builder;

/// Batches that may wait to be taken. More would only take memory.
const WAITING: usize = 3;

/// What is made of the items of a list, in their order.
pub(crate) enum BatchesAhead<T> {
    /// When it is asked for.
    OnDemand(Box<dyn Iterator<Item = Result<T, TrainError>>>),
    /// By a thread, which ends with this value.
    ByThread(Receiver<Result<T, TrainError>>),
}

impl<T: Send + 'static> BatchesAhead<T> {
    /// Applies `make` to the items, by a thread of its own if that is wanted.
    ///
    /// # Errors
    /// If no thread can be started.
    pub(crate) fn new<I: Send + 'static>(
        items: Vec<I>,
        mut make: impl FnMut(I) -> Result<T, TrainError> + Send + 'static,
        by_thread: bool,
    ) -> Result<Self, TrainError> {
        if !by_thread {
            return Ok(BatchesAhead::OnDemand(Box::new(
                items.into_iter().map(make),
            )));
        }
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

    /// The next one.
    ///
    /// # Errors
    /// If it could not be made, or there is none.
    pub(crate) fn take(&mut self) -> Result<T, TrainError> {
        let next = match self {
            BatchesAhead::OnDemand(batches) => batches.next(),
            BatchesAhead::ByThread(receiver) => receiver.recv().ok(),
        };
        next.unwrap_or(Err(TrainError::NoBatch))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn squares(by_thread: bool, made: &Arc<AtomicUsize>) -> BatchesAhead<u32> {
        let made = Arc::clone(made);
        let square = move |item: u32| {
            made.fetch_add(1, Ordering::SeqCst);
            match item {
                7 => Err(TrainError::NoWeights),
                item => Ok(item * item),
            }
        };
        BatchesAhead::new((0..100).collect(), square, by_thread).expect("a thread")
    }

    #[test]
    fn a_thread_makes_the_same_in_the_same_order_and_not_too_far_ahead() {
        for by_thread in [false, true] {
            let made = Arc::new(AtomicUsize::new(0));
            let mut squares = squares(by_thread, &made);
            for item in 0..7 {
                assert_eq!(squares.take().expect("a square"), item * item);
                let ahead = made.load(Ordering::SeqCst) - (item as usize + 1);
                assert!(ahead <= WAITING + 1, "{ahead} were made ahead");
            }
            assert!(matches!(squares.take(), Err(TrainError::NoWeights)));
            assert_eq!(squares.take().expect("a square"), 64);
        }
    }

    #[test]
    fn a_list_that_is_over_is_an_error() {
        for by_thread in [false, true] {
            let mut none = BatchesAhead::new(vec![()], Ok, by_thread).expect("a thread");
            none.take().expect("the only one");
            assert!(matches!(none.take(), Err(TrainError::NoBatch)));
        }
    }
}
