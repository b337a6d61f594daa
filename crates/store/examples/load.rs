//! Load test of the store: `load FOLDER JOBS EPOCHS`. Rows a second through the writer while
//! a reader asks, then what the commands of the program ask of a folder of that size. Used by
//! `tests/bench.sh store`.

#[path = "../tests/folder.rs"]
mod folder;

use convsweep_spec::FORMAT;
use convsweep_spec::device::DeviceName;
use convsweep_spec::event::{Envelope, Event, Start};
use convsweep_spec::id::JobId;
use convsweep_spec::layout::ResultsFolder;
use convsweep_spec::log::{LogEntry, MemberJob, Record};
use convsweep_spec::metric::{self, Direction, Number};
use convsweep_spec::outcome::Outcome;
use convsweep_store::{Database, DatabaseWriter};
use std::time::Instant;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let results = ResultsFolder(arguments.next().expect("a folder").into());
    let mut number = || {
        arguments
            .next()
            .and_then(|n| n.parse::<u32>().ok())
            .expect("a number")
    };
    let (jobs, epochs) = (number(), number());
    let writer = DatabaseWriter::open(&results).expect("opens");
    let configurations = jobs.div_ceil(4);
    let since = Instant::now();
    let all: Vec<JobId> = (0..configurations)
        .flat_map(|i| plan(&writer, i, epochs))
        .take(jobs as usize)
        .collect();
    writer.flush().expect("flushes");
    println!(
        "{configurations} configurations recorded in {:.2} s",
        since.elapsed().as_secs_f64()
    );

    let since = Instant::now();
    let rows = f64::from(jobs) * f64::from(epochs) * metric::ALL.len() as f64;
    let reading = std::thread::spawn({
        let results = results.clone();
        move || slowest_read(&results)
    });
    all.iter().for_each(|job| train(&writer, job, epochs));
    writer.flush().expect("flushes");
    let seconds = since.elapsed().as_secs_f64();
    println!(
        "{rows} metric rows in {seconds:.2} s: {:.0} rows a second",
        rows / seconds
    );
    std::fs::write(results.0.join("done"), "").expect("writes");
    println!(
        "a reader beside it waited at most {:.1} ms",
        reading.join().expect("reads")
    );

    let reader = Database::open(&results).expect("opens");
    let time = |what: &str, ask: &dyn Fn()| {
        let since = Instant::now();
        ask();
        println!("{what:<28}{:.3} s", since.elapsed().as_secs_f64());
    };
    time("status", &|| drop(reader.experiments().expect("reads")));
    time("status NAME", &|| {
        drop(reader.progress("load").expect("reads"))
    });
    time("states of a plan's jobs", &|| {
        drop(reader.job_states(&all).expect("reads"))
    });
    time("leaderboard", &|| {
        drop(reader.query("select * from leaderboard").expect("reads"))
    });
    time("everything for a report", &|| {
        drop(reader.experiment("load").expect("reads"))
    });
    time("backup", &|| {
        reader
            .backup(&results.0.join("copy.sqlite"))
            .expect("copies")
    });
}

/// Records a configuration with four jobs.
fn plan(writer: &DatabaseWriter, number: u32, epochs: u32) -> Vec<JobId> {
    if number == 0 {
        let mut folder = folder::Folder::new();
        folder.revision(1, "load", &["model.width"], Direction::Max);
        let text = std::fs::read_to_string(folder.results.experiment_log("load")).expect("reads");
        let entry: LogEntry =
            serde_json::from_str(text.lines().next().expect("a line")).expect("an entry");
        writer.entry("load", entry);
    }
    let member = folder::member(number, number + 1, epochs, 4, &["model.width"]);
    let jobs = member
        .jobs
        .iter()
        .map(|MemberJob { job, .. }| job.clone())
        .collect();
    writer.entry(
        "load",
        LogEntry {
            format: FORMAT,
            time: 1.0,
            experiment: Some("load".into()),
            record: Record::Member(Box::new(member)),
        },
    );
    jobs
}

fn train(writer: &DatabaseWriter, job: &JobId, epochs: u32) {
    let mut n = 0;
    let mut say = |event: Event| {
        writer.event(Envelope {
            format: FORMAT,
            job: job.clone(),
            attempt: 1,
            n,
            time: n as f64,
            event,
        });
        n += 1;
    };
    let device = DeviceName::CPU;
    say(Event::Started {
        pid: 7,
        host: "h".into(),
        device,
        fingerprint: folder::fingerprint(),
        from: Start::Scratch,
        normalization: None,
    });
    for epoch in 1..=epochs {
        let value = |name: &&str| {
            (
                name.to_string(),
                Number(f64::from(epoch) / f64::from(epochs)),
            )
        };
        let values = metric::ALL.iter().map(value).collect();
        say(Event::Metrics {
            phase: 0,
            epoch,
            step: u64::from(epoch) * 10,
            values,
        });
    }
    say(Event::Ended {
        outcome: Outcome::Finished,
        seconds: 1.0,
        peak_memory_bytes: 1,
    });
}

/// The longest that a reader waited for an answer while the writer wrote, in milliseconds.
fn slowest_read(results: &ResultsFolder) -> f64 {
    let mut slowest: f64 = 0.0;
    while !results.0.join("done").exists() {
        let since = Instant::now();
        let reader = Database::open(results).expect("never locked");
        reader
            .query("select count(*) from jobs where outcome = 'finished'")
            .expect("never locked");
        slowest = slowest.max(since.elapsed().as_secs_f64() * 1000.0);
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    slowest
}
