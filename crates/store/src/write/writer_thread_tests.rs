//! Failures that cannot be provoked from outside.

use super::*;
use crate::schema;
use convsweep_spec::FORMAT;
use convsweep_spec::event::Event;
use convsweep_spec::id::JobId;
use convsweep_spec::layout::EVENTS;
use std::fs;
use std::sync::mpsc::sync_channel;

fn warning(n: u64) -> Envelope {
    let event = Event::Warning {
        text: "x".repeat(2000),
    };
    Envelope {
        format: FORMAT,
        job: JobId("j".into()),
        attempt: 1,
        n,
        time: n as f64,
        event,
    }
}

/// A full disk, simulated by SQLite's limit of pages: nothing in the log is lost, and writing
/// continues once there is space.
#[test]
fn a_full_disk_is_reported_and_caught_up() {
    let folder = tempfile::tempdir().expect("makes");
    let results = ResultsFolder(folder.path().into());
    let connection = schema::open_writable(&results.database()).expect("opens");
    let pages: i64 = connection
        .query_row("pragma page_count", [], |r| r.get(0))
        .expect("reads");
    connection
        .query_row(
            &format!("pragma max_page_count = {}", pages + 5),
            [],
            |_| Ok(()),
        )
        .expect("limits");
    let mut thread = WriterThread::new(connection, results.clone(), true);
    let job = results.job(&JobId("j".into()));
    fs::create_dir_all(&job).expect("makes");
    let lines: Vec<_> = (0..50)
        .map(|n| serde_json::to_string(&warning(n)).expect("writes") + "\n")
        .collect();
    fs::write(job.join(EVENTS), lines.concat()).expect("writes");

    let (sender, receiver) = sync_channel(64);
    for n in 0..50 {
        sender
            .send(Message::Event(Box::new(warning(n))))
            .expect("sends");
    }
    let first = receiver.recv().expect("comes");
    thread
        .transaction(first, &receiver, &mut None)
        .expect_err("no space");
    thread.behind = true;
    assert!(matches!(
        thread.catch_up(),
        Err(StoreError::DiskFull { .. })
    ));
    assert!(thread.behind);
    thread
        .connection
        .query_row("pragma max_page_count = 100000", [], |_| Ok(()))
        .expect("limits");
    thread.catch_up().expect("space again");
    assert!(!thread.behind);
    let count: i64 = thread
        .connection
        .query_row("select count(*) from warnings", [], |r| r.get(0))
        .expect("reads");
    assert_eq!(count, 50);
}
