//! The last part of what a worker writes to standard error, kept in memory.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// At most the last [`StderrTail::BYTES`] bytes that a worker wrote to standard error during its
/// current attempt.
///
/// The line with which the Rust runtime reports a failed allocation is kept whatever follows it,
/// because a long backtrace may follow.
#[derive(Clone, Debug, Default)]
pub struct StderrTail(Arc<Mutex<TailBuffer>>);

#[derive(Debug, Default)]
struct TailBuffer {
    bytes: Vec<u8>,
    /// A failed allocation that was reported before `bytes`.
    allocation_failure: Option<String>,
}

impl StderrTail {
    /// Largest number of bytes kept.
    pub const BYTES: usize = 4096;

    /// Appends bytes and drops the oldest ones beyond the limit.
    pub fn push(&self, bytes: &[u8]) {
        let mut buffer = self.lock();
        buffer.bytes.extend_from_slice(bytes);
        let surplus = buffer.bytes.len().saturating_sub(Self::BYTES);
        if surplus > 0 && buffer.allocation_failure.is_none() {
            buffer.allocation_failure = find_allocation_failure(&buffer.bytes);
        }
        buffer.bytes.drain(..surplus);
    }

    /// Forgets everything: a new attempt begins.
    pub fn clear(&self) {
        *self.lock() = TailBuffer::default();
    }

    /// The kept text, from the beginning of a line where possible.
    pub fn text(&self) -> String {
        let buffer = self.lock();
        let text = String::from_utf8_lossy(whole_lines(&buffer.bytes));
        match &buffer.allocation_failure {
            Some(line) if !text.contains(line) => format!("{line}\n{text}"),
            _ => text.into_owned(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, TailBuffer> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a line is the Rust runtime's report of a failed allocation.
pub fn is_allocation_failure(line: &str) -> bool {
    line.contains("memory allocation of ") && line.contains(" bytes failed")
}

fn find_allocation_failure(bytes: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(bytes);
    let line = text.lines().find(|line| is_allocation_failure(line));
    line.map(str::to_string)
}

/// A full buffer probably begins in the middle of a line: leaves out that part.
fn whole_lines(bytes: &[u8]) -> &[u8] {
    if bytes.len() < StderrTail::BYTES {
        return bytes;
    }
    match bytes.iter().position(|&byte| byte == b'\n') {
        Some(newline) => &bytes[newline + 1..],
        None => bytes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_last_whole_lines() {
        let tail = StderrTail::default();
        for i in 0..2000 {
            tail.push(format!("line {i}\n").as_bytes());
        }
        let text = tail.text();
        assert!(text.starts_with("line "), "{text}");
        assert!(text.ends_with("line 1999\n"), "{text}");
        assert!(text.len() <= StderrTail::BYTES && text.len() > StderrTail::BYTES - 20);
        tail.clear();
        assert_eq!(tail.text(), "");
    }

    #[test]
    fn keeps_a_failed_allocation_before_a_long_backtrace() {
        let tail = StderrTail::default();
        tail.push(b"memory allocation of 77 bytes failed\n");
        for i in 0..2000 {
            tail.push(format!("frame {i}\n").as_bytes());
        }
        let text = tail.text();
        let expect = "memory allocation of 77 bytes failed\nframe ";
        assert!(text.starts_with(expect), "{text}");
        tail.clear();
        assert_eq!(tail.text(), "");
    }
}
