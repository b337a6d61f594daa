//! Reads the lines of a worker's standard output.

use crate::launcher::{WorkerMessage, WorkerReports};
use tokio::io::{AsyncBufRead, AsyncBufReadExt};

/// Largest length of a line in bytes; anything longer is not an event and is dropped.
const LINE_LIMIT: usize = 64 << 20;

/// Reports every line until the output ends, including a last line without a newline.
pub(super) async fn report_lines(mut stdout: impl AsyncBufRead + Unpin, reports: WorkerReports) {
    let mut line = Line::default();
    loop {
        let chunk = match stdout.fill_buf().await {
            Ok(chunk) if !chunk.is_empty() => chunk,
            _ => break,
        };
        let newline = chunk.iter().position(|&byte| byte == b'\n');
        let part = &chunk[..newline.unwrap_or(chunk.len())];
        line.push(part);
        let used = part.len() + usize::from(newline.is_some());
        stdout.consume(used);
        if newline.is_some() && !reports.send(line.take()).await {
            return;
        }
    }
    if !line.bytes.is_empty() {
        reports.send(line.take()).await;
    }
}

/// A line while it is read.
#[derive(Default)]
struct Line {
    bytes: Vec<u8>,
    /// Number of bytes beyond [`LINE_LIMIT`], which are not kept.
    surplus: usize,
}

impl Line {
    fn push(&mut self, part: &[u8]) {
        let kept = part.len().min(LINE_LIMIT - self.bytes.len());
        self.bytes.extend_from_slice(&part[..kept]);
        self.surplus += part.len() - kept;
    }

    /// The whole line as a message; the next one begins empty.
    fn take(&mut self) -> WorkerMessage {
        let Line { bytes, surplus } = std::mem::take(self);
        if surplus > 0 {
            let length = bytes.len() + surplus;
            return WorkerMessage::Note(format!(
                "the worker wrote a line of {length} bytes; it was dropped"
            ));
        }
        WorkerMessage::Line(String::from_utf8_lossy(&bytes).into_owned())
    }
}
