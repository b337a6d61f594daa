//! An outlet whose reader reads, sleeps, or is gone.

use super::*;
use std::io;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// Where the tests' streams write; each test has an outlet of its own.
static READ: Mutex<Vec<u8>> = Mutex::new(Vec::new());
static GATE: Mutex<Option<Receiver<()>>> = Mutex::new(None);

/// A stream that waits at the gate before each write.
struct Gated;

impl Write for Gated {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let gate = GATE.lock().expect("not poisoned");
        gate.as_ref().map(|gate| gate.recv());
        READ.lock().expect("not poisoned").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A stream that nobody reads any more.
struct Closed;

impl Write for Closed {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn words(dropped: u64) -> String {
    format!("({dropped} messages)\n")
}

#[test]
fn a_reader_who_sleeps_holds_up_nothing_and_is_told_what_was_dropped() {
    static OUTLET: Outlet = Outlet::new("asleep", || Box::new(Gated), 100, words);
    let (open, gate): (SyncSender<()>, _) = sync_channel(1000);
    *GATE.lock().expect("not poisoned") = Some(gate);
    for line in 0..1000 {
        OUTLET.write(format!("line {line:04}\n").into_bytes());
    }
    OUTLET.wait(Duration::from_millis(500));
    let since = Instant::now();
    OUTLET.wait(Duration::from_millis(400));
    assert!(
        since.elapsed() < Duration::from_millis(400),
        "asked only once"
    );
    for _ in 0..1000 {
        open.send(()).expect("is there");
    }
    OUTLET.wait(Duration::from_secs(60));
    let text = String::from_utf8(READ.lock().expect("not poisoned").clone()).expect("text");
    assert!(text.ends_with("line 0998\nline 0999\n"), "{text}");
    let dropped = OUTLET.dropped();
    let shown = text.lines().filter(|line| line.starts_with("line")).count();
    assert_eq!(shown as u64 + dropped, 1000);
    // The thread may have begun to tell it before all were written.
    let told = text.lines().filter_map(|line| {
        let (count, _) = line.strip_prefix('(')?.split_once(" message")?;
        count.parse::<u64>().ok()
    });
    assert_eq!(told.sum::<u64>(), dropped, "{text}");
}

#[test]
fn a_reader_who_is_gone_is_forgotten() {
    static OUTLET: Outlet = Outlet::new("gone", || Box::new(Closed), 100, words);
    for _ in 0..3 {
        OUTLET.write(b"nobody reads this\n".to_vec());
        OUTLET.wait(Duration::from_secs(60));
    }
}
