//! Answers about trained networks, as JSON lines on standard output.

use crate::event_log::print;
use convsweep_spec::inference::InferenceReply;
use std::io;

/// Writes an answer; `false` if nobody reads it.
pub fn write_reply(reply: &InferenceReply) -> bool {
    let line = serde_json::to_vec(reply).map_err(io::Error::from);
    let with_newline = |mut line: Vec<u8>| {
        line.push(b'\n');
        print(&line)
    };
    line.and_then(with_newline).is_ok()
}
