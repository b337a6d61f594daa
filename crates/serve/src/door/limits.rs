//! How much of anything a client may have.

use std::time::Duration;

/// How long [`RunningDoor::stop`](super::RunningDoor::stop) waits for the door's thread.
pub(super) const STOP_WAIT: Duration = Duration::from_millis(900);

/// How long answers on their way have when the door closes.
pub(super) const LEAVE_TIME: Duration = Duration::from_millis(500);

/// After how many seconds a client that was told to wait may ask again.
pub(super) const RETRY_SECONDS: &str = "5";

/// Limits on clients. The default is what the program uses; tests use smaller ones.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Connections at once. Others wait with the system, which holds a bounded number of them.
    pub connections: usize,
    /// Event streams at once; the next is answered with 503.
    pub streams: usize,
    /// Bytes of a request's head; more is answered with 431.
    pub head_bytes: usize,
    /// Time for the head of a request, counted from the opening of the connection or from the end
    /// of the answer before; then the connection is closed.
    pub head_time: Duration,
    /// Time for a handler until it answers; then the client gets 503. It does not limit how long
    /// the content of the answer takes.
    pub handler_time: Duration,
    /// Time in which a client must read something of what is sent to it.
    pub stall_time: Duration,
    /// Threads for what handlers give to `spawn_blocking`.
    pub blocking_threads: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            connections: 64,
            streams: 32,
            head_bytes: 16 * 1024,
            head_time: Duration::from_secs(5),
            handler_time: Duration::from_secs(30),
            stall_time: Duration::from_secs(20),
            blocking_threads: 4,
        }
    }
}
