//! What only the inside of the writer can provoke.

use super::*;
use convsweep_spec::FORMAT;
use convsweep_spec::event::Event;
use convsweep_spec::id::JobId;
use convsweep_spec::layout::EVENTS;

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

/// A full disk, played by SQLite's own limit: nothing that the log holds is lost, and it goes on
/// when there is room.
#[test]
fn a_full_disk_is_told_and_made_up_for() {
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
    let mut keeper = Keeper {
        connection,
        results: results.clone(),
        changes: Changes::default(),
        heard: Heard::default(),
        behind: false,
        settling: Duration::ZERO,
    };
    let job = results.job(&JobId("j".into()));
    fs::create_dir_all(&job).expect("makes");
    let lines: Vec<_> = (0..50)
        .map(|n| serde_json::to_string(&warning(n)).expect("writes") + "\n")
        .collect();
    fs::write(job.join(EVENTS), lines.concat()).expect("writes");

    let (sender, receiver) = sync_channel(WAITING);
    for n in 0..50 {
        sender
            .send(Message::Event(Box::new(warning(n))))
            .expect("sends");
    }
    let first = receiver.recv().expect("comes");
    keeper
        .batch(first, &receiver, &mut None)
        .expect_err("no room");
    keeper.behind = true;
    assert!(matches!(
        keeper.catch_up(),
        Err(StoreError::DiskFull { .. })
    ));
    assert!(keeper.behind);
    keeper
        .connection
        .query_row("pragma max_page_count = 100000", [], |_| Ok(()))
        .expect("limits");
    keeper.catch_up().expect("room again");
    assert!(!keeper.behind);
    let count: i64 = keeper
        .connection
        .query_row("select count(*) from warnings", [], |r| r.get(0))
        .expect("reads");
    assert_eq!(count, 50);
}
