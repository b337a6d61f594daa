//! Waiting for a time that may not exist.

use std::future::pending;
use tokio::time::{Instant, sleep_until};

/// Waits until the deadline, or forever if there is none.
pub(crate) async fn wait_until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline).await,
        None => pending().await,
    }
}
