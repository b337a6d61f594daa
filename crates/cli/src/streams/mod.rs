//! stdout and stderr for those commands whose work must go on whoever reads them: a thread of
//! their own writes, so that a reader who is slow, asleep or gone holds up nothing.

mod outlet;
mod terminal;

use convsweep_spec::words::printable_lines;
use indicatif::ProgressBar;
use outlet::Outlet;
use rustix::fs::{FileType, Mode, fstat};
use std::borrow::Cow;
use std::io::{IsTerminal, stderr, stdout};
use std::os::fd::AsFd;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
pub use terminal::StderrTerminal;

/// Messages that wait to be written to stderr, in bytes; the oldest beyond that are dropped.
const MAX_WAITING: usize = 256 << 10;
/// How long a writer waits for the other stream, so that lines on a terminal keep their order.
const ORDER: Duration = Duration::from_millis(200);
/// How long the end of the program waits for a reader of stderr who does not read.
const PATIENCE: Duration = Duration::from_secs(1);
/// How long it waits for a reader of stdout who does not read: what is shown there is in the
/// results folder too.
const PATIENCE_FOR_DATA: Duration = Duration::from_secs(10);

/// Lines of data that wait to be written to stdout, in bytes; the oldest beyond that are dropped.
const MAX_DATA_WAITING: usize = 64 << 20;

static STDERR: Outlet = Outlet::new(
    "stderr",
    || Box::new(stderr()),
    MAX_WAITING,
    |dropped| format!("({dropped} messages were not shown, because nobody read them)\n"),
);
static STDOUT: Outlet = Outlet::new(
    "stdout",
    || Box::new(stdout()),
    usize::MAX,
    |_| String::new(),
);
static DATA: Outlet = Outlet::new(
    "stdout",
    || Box::new(stdout()),
    MAX_DATA_WAITING,
    |dropped| format!("{{\"schema\":1,\"event\":\"missed\",\"lines\":{dropped}}}\n"),
);

/// The bar that is drawn in the last line of a terminal.
static LINE: Mutex<Option<ProgressBar>> = Mutex::new(None);

/// Shows a line on stderr. It never waits and never fails.
///
/// Colours are for terminals only: elsewhere escape sequences are shown as text. A caller that
/// shows text from outside makes it printable itself (`spec::words::printable`).
pub fn say_error(text: &str) {
    let text = match stderr().is_terminal() {
        true => Cow::Borrowed(text),
        false => printable_lines(text),
    };
    let line = LINE.lock().unwrap_or_else(PoisonError::into_inner).clone();
    match line {
        // Above the line that is overwritten.
        Some(line) => line.println(text),
        None => STDERR.write(format!("{text}\n").into_bytes()),
    }
}

/// Whether the user wants colours, where a terminal shows them (<https://no-color.org>).
pub fn wants_colours() -> bool {
    let is_refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    !is_refused && !is_dumb
}

/// Whether nobody else can read what is written there: others may read a file, such as the output
/// of a batch job.
pub fn is_private(stream: impl AsFd) -> bool {
    let Ok(stat) = fstat(stream) else {
        return true;
    };
    let is_file = FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile;
    !is_file || Mode::from_raw_mode(stat.st_mode) & (Mode::RWXG | Mode::RWXO) == Mode::empty()
}

/// This bar is drawn in the last line of the terminal, below what is said.
pub fn own_line(bar: &ProgressBar) {
    *LINE.lock().unwrap_or_else(PoisonError::into_inner) = Some(bar.clone());
}

/// Removes the bar from the last line of the terminal.
pub fn clear_line() {
    let line = LINE.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(bar) = line {
        bar.finish_and_clear();
    }
}

/// Writes to stderr as it is. It never waits and never fails.
pub fn write_error(bytes: &[u8]) {
    STDERR.write(bytes.to_vec());
}

/// Writes a line to stdout if somebody reads it, and does not wait for a slow reader.
pub fn say_if_read(text: &str) {
    settle_errors();
    STDOUT.write(format!("{}\n", printable_lines(text)).into_bytes());
    STDOUT.wait(ORDER);
}

/// Writes a line of JSON to stdout if somebody reads it. It never waits and never fails; where the
/// reader is too slow, the oldest lines are dropped and counted.
pub fn data_line(line: String) {
    DATA.write(line.into_bytes());
}

/// Waits a moment until stderr is written, so that what is written to stdout next follows it on a
/// terminal that shows both.
pub fn settle_errors() {
    clear_line();
    STDERR.wait(ORDER);
}

/// Number of messages that nobody has read from stderr and that were dropped.
pub fn dropped_messages() -> u64 {
    STDERR.dropped()
}

/// Waits until everything is written, as long as somebody reads it.
pub fn finish() {
    clear_line();
    STDERR.wait(PATIENCE);
    STDOUT.wait(PATIENCE_FOR_DATA);
    DATA.wait(PATIENCE_FOR_DATA);
}
