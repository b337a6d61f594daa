//! One stream with its thread and its queue.

use std::collections::VecDeque;
use std::io::{ErrorKind, Write};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Bytes written at once: what a reader takes counts as progress that soon.
const CHUNK: usize = 4096;
/// Time between two tries to write to a stream that does not wait for its reader.
const RETRY: Duration = Duration::from_millis(10);

type Stream = Box<dyn Write + Send>;

/// A stream that is written by a thread, which starts with the first message.
pub struct Outlet {
    name: &'static str,
    open: fn() -> Stream,
    /// Bytes that may wait; the oldest messages beyond that are dropped.
    most_bytes: usize,
    /// What is written in the place of so many dropped messages.
    dropped_words: fn(u64) -> String,
    queue: Mutex<Queue>,
    /// Notified when the queue changes.
    changed: Condvar,
}

struct Queue {
    messages: VecDeque<Vec<u8>>,
    bytes: usize,
    /// Messages dropped so far, and those of them that no line has told of yet.
    dropped: u64,
    untold: u64,
    /// Chunks written so far.
    written: u64,
    is_writing: bool,
    /// How long nobody has read while something waited, and nothing was written since.
    waited_in_vain: Duration,
    thread: ThreadState,
}

#[derive(PartialEq)]
enum ThreadState {
    NotStarted,
    Running,
    /// The system gives no more threads: whoever has a message writes it.
    Impossible,
    /// The reader is gone: messages go nowhere.
    Gone,
}

impl Outlet {
    /// An outlet to the stream that `open` gives.
    pub const fn new(
        name: &'static str,
        open: fn() -> Stream,
        most_bytes: usize,
        dropped_words: fn(u64) -> String,
    ) -> Outlet {
        Outlet {
            name,
            open,
            most_bytes,
            dropped_words,
            queue: Mutex::new(Queue {
                messages: VecDeque::new(),
                bytes: 0,
                dropped: 0,
                untold: 0,
                written: 0,
                is_writing: false,
                waited_in_vain: Duration::ZERO,
                thread: ThreadState::NotStarted,
            }),
            changed: Condvar::new(),
        }
    }

    /// Queues a message, which is written whole.
    pub fn write(&'static self, message: Vec<u8>) {
        let mut queue = self.lock();
        if queue.thread == ThreadState::NotStarted {
            queue.thread = self.start_thread();
        }
        if queue.thread == ThreadState::Impossible {
            // The reader is waited for: better late than not at all.
            _ = write_whole(&mut (self.open)(), &message);
            return;
        }
        if queue.thread == ThreadState::Gone || message.is_empty() {
            return;
        }
        queue.push(message, self.most_bytes);
        self.changed.notify_all();
    }

    /// Waits until everything is written, the reader is gone, or nothing could be written for as
    /// long as `patience`; a wait that was in vain is only repeated by a longer one.
    pub fn wait(&self, patience: Duration) {
        let mut queue = self.lock();
        let (mut written, mut since) = (queue.written, Instant::now());
        while queue.is_unfinished() && queue.waited_in_vain < patience {
            let left = patience.saturating_sub(since.elapsed());
            if left.is_zero() {
                queue.waited_in_vain = patience;
                return;
            }
            let waiting = self.changed.wait_timeout(queue, left);
            queue = waiting.unwrap_or_else(PoisonError::into_inner).0;
            if queue.written != written {
                (written, since) = (queue.written, Instant::now());
            }
        }
    }

    /// Messages dropped so far.
    pub fn dropped(&self) -> u64 {
        self.lock().dropped
    }

    fn start_thread(&'static self) -> ThreadState {
        let thread = thread::Builder::new().name(self.name.to_string());
        match thread.spawn(|| self.serve()) {
            Ok(_) => ThreadState::Running,
            Err(_) => ThreadState::Impossible,
        }
    }

    fn serve(&self) {
        let mut stream = (self.open)();
        loop {
            let message = self.next();
            for chunk in message.chunks(CHUNK) {
                if write_whole(&mut stream, chunk).is_err() {
                    return self.give_up();
                }
                let mut queue = self.lock();
                queue.written += 1;
                queue.waited_in_vain = Duration::ZERO;
                self.changed.notify_all();
            }
        }
    }

    fn next(&self) -> Vec<u8> {
        let mut queue = self.lock();
        queue.is_writing = false;
        self.changed.notify_all();
        loop {
            if let Some(message) = queue.pop(self.dropped_words) {
                queue.is_writing = true;
                return message;
            }
            let waiting = self.changed.wait(queue);
            queue = waiting.unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The reader is gone: there is nobody to tell.
    fn give_up(&self) {
        let mut queue = self.lock();
        queue.thread = ThreadState::Gone;
        queue.dropped += queue.messages.len() as u64;
        queue.messages.clear();
        queue.bytes = 0;
        queue.is_writing = false;
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    fn push(&mut self, message: Vec<u8>, most_bytes: usize) {
        self.bytes += message.len();
        self.messages.push_back(message);
        while self.bytes > most_bytes
            && self.messages.len() > 1
            && let Some(oldest) = self.messages.pop_front()
        {
            self.bytes -= oldest.len();
            self.dropped += 1;
            self.untold += 1;
        }
    }

    /// The next message; a line about dropped ones comes in their place.
    fn pop(&mut self, dropped_words: fn(u64) -> String) -> Option<Vec<u8>> {
        let untold = std::mem::take(&mut self.untold);
        if untold > 0 {
            return Some(dropped_words(untold).into_bytes());
        }
        let message = self.messages.pop_front()?;
        self.bytes -= message.len();
        Some(message)
    }

    fn is_unfinished(&self) -> bool {
        let has_more = self.is_writing || !self.messages.is_empty() || self.untold > 0;
        self.thread == ThreadState::Running && has_more
    }
}

/// Writes everything, also to a stream that another program has told not to wait.
fn write_whole(stream: &mut Stream, mut bytes: &[u8]) -> std::io::Result<()> {
    while !bytes.is_empty() {
        match stream.write(bytes) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(count) => bytes = &bytes[count..],
            Err(error) if error.kind() == ErrorKind::WouldBlock => thread::sleep(RETRY),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    stream.flush()
}

#[cfg(test)]
#[path = "outlet_tests.rs"]
mod tests;
