//! The order in which jobs start, and how the program handles bad output from a worker: the real
//! program with a fake worker that trains nothing and follows a script
//! (`crates/runner/examples/fake-worker.rs`).

use crate::support::{Place, SMALL};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A copy of the real program in a folder where the fake worker takes the real worker's place.
struct Fake {
    place: Place,
    program: PathBuf,
}

impl Fake {
    /// Writes this experiment file into the folder.
    fn new(text: &str) -> Fake {
        let place = Place::new();
        place.write("small.toml", text);
        place.write("bin/readme", "the program and its worker");
        let real = Path::new(env!("CARGO_BIN_EXE_convsweep"));
        let worker = real.with_file_name("examples").join("fake-worker");
        assert!(
            worker.exists(),
            "build it: cargo build --release -p convsweep-runner --example fake-worker"
        );
        let put = |from: &Path, name: &str| {
            let to = place.path("bin").join(name);
            std::fs::hard_link(from, &to)
                .or_else(|_| std::fs::copy(from, &to).map(drop))
                .expect("linked or copied");
            to
        };
        put(&worker, "convsweep-worker");
        let program = put(real, "convsweep");
        Fake { place, program }
    }

    /// Runs the experiment with every job following the script; returns the exit code and stderr.
    fn run(&self, script: &str) -> (Option<i32>, String) {
        let out = Command::new(&self.program)
            .args(["run", "small.toml"])
            .current_dir(self.place.path("."))
            .env("CONVSWEEP_DATA", self.place.path("data"))
            .env_remove("CONVSWEEP_RESULTS")
            .env("CONVSWEEP_FAKE_SCRIPT", script)
            .output()
            .expect("the program starts");
        let said = String::from_utf8_lossy(&out.stderr).into_owned();
        assert!(!said.contains("panicked"), "{said}");
        (out.status.code(), said)
    }

    /// Width and seed of every attempt, in the order in which the workers started.
    fn starts(&self) -> String {
        let sql = "select group_concat(text, ' ') from (select v.label || '.' || j.seed as text
            from attempts a join jobs j on j.job = a.job
            join (select distinct configuration, label from axis_values where name = 'width') v using (configuration)
            order by a.started)";
        let database =
            rusqlite::Connection::open(self.place.path("results/convsweep.sqlite")).expect("opens");
        database
            .query_row(sql, [], |row| row.get(0))
            .expect("reads")
    }
}

/// Three widths with two seeds each on one slot; `run` is appended to `[run]`.
fn widths(run: &str) -> String {
    let text = SMALL
        .replace("layers = [", "parameters = { width = 8 }\nlayers = [")
        .replace("conv = 8", "conv = \"$width\"");
    let text = text.replace(
        "\"train.optimizer.lr\" = [1e-3, 1e-2]",
        "\"model.parameters.width\" = [16, 4, 8]",
    );
    format!("{text}\n[run]\nslots = {{ cpu = 1 }}\n{run}\n")
}

/// Checks the order in which the jobs of [`widths`] start.
#[track_caller]
fn order(run: &str, expect: &str) {
    let fake = Fake::new(&widths(run));
    assert_eq!(fake.run("train 3").0, Some(0));
    assert_eq!(fake.starts(), expect, "{run}");
}

#[test]
fn jobs_start_in_the_requested_order_with_seeds_together() {
    order("", "4.0 4.1 8.0 8.1 16.0 16.1");
    order("order = \"short-first\"", "4.0 4.1 8.0 8.1 16.0 16.1");
    order("order = \"file\"", "16.0 16.1 4.0 4.1 8.0 8.1");
    order(
        "priority = [{ \"model.parameters.width\" = 8 }]",
        "8.0 8.1 4.0 4.1 16.0 16.1",
    );
    order(
        "order = \"file\"\npriority = [{ width = 8 }, { width = 4 }]",
        "8.0 8.1 4.0 4.1 16.0 16.1",
    );
}

#[test]
fn jobs_added_later_follow_the_same_order() {
    let fake = Fake::new(&widths(""));
    assert_eq!(fake.run("train 3").0, Some(0));
    fake.place.write(
        "small.toml",
        &widths("").replace("[16, 4, 8]", "[16, 4, 12, 2, 8]"),
    );
    assert_eq!(fake.run("train 3").0, Some(0));
    assert_eq!(fake.starts(), "4.0 4.1 8.0 8.1 16.0 16.1 2.0 2.1 12.0 12.1");
}

/// Bad output from a worker is reported in a few lines that say what happens next.
#[test]
fn bad_output_from_a_worker_is_reported() {
    let check = |script: &str, code: i32, words: &[&str]| {
        let fake = Fake::new(&widths("retry = { crashed = 1 }\nbreaker = 100"));
        let (ended, said) = fake.run(script);
        assert_eq!(ended, Some(code), "{script}: {said}");
        words
            .iter()
            .for_each(|word| assert!(said.contains(word), "{word} is not in\n{said}"));
        assert!(said.lines().count() < 80, "{said}");
        said
    };
    check(
        "babble 1000\ntrain 3",
        0,
        &["worker: blah", "more lines that are not events"],
    );
    check("flood\ntrain 3", 0, &["floods its log", "8 MiB"]);
    check(
        "stray\nhang",
        1,
        &[
            "reported about another",
            "build it from the same sources",
            "--only",
        ],
    );
    check(
        "newer\nhang",
        4,
        &["speaks format", "build both from the same sources"],
    );
    let said = check(
        "started\nhalf\ndie",
        1,
        &[
            "{\"format\":",
            "SIGKILL",
            "attempt 2 follows",
            "convsweep show",
        ],
    );
    let repeats = said.lines().filter(|line| line.contains("--only")).count();
    assert_eq!(
        repeats, 6,
        "only jobs that will not be retried come with the command to repeat them:\n{said}"
    );
}
