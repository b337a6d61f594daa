//! In which order jobs start, and what bad input on a worker's pipes leads to: the real program
//! with a worker that trains nothing but does what a script says
//! (`crates/runner/examples/fake-worker.rs`).

use crate::support::{Place, SMALL};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The real program, standing in a place of its own beside the fake worker.
struct Fake {
    place: Place,
    program: PathBuf,
}

impl Fake {
    /// With this experiment file.
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

    /// Runs the experiment; each job does what the script says. Exit code and what was said.
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

    /// Width and seed of every attempt, in the order of the workers' own words.
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

/// Three widths of two seeds on one slot; `run` is the rest of `[run]`.
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

/// The order in which the jobs of such a file really start.
#[track_caller]
fn order(run: &str, expect: &str) {
    let fake = Fake::new(&widths(run));
    assert_eq!(fake.run("train 3").0, Some(0));
    assert_eq!(fake.starts(), expect, "{run}");
}

#[test]
fn jobs_start_in_the_order_that_the_file_asks_for_seeds_together() {
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
fn jobs_added_later_start_by_the_same_order() {
    let fake = Fake::new(&widths(""));
    assert_eq!(fake.run("train 3").0, Some(0));
    fake.place.write(
        "small.toml",
        &widths("").replace("[16, 4, 8]", "[16, 4, 12, 2, 8]"),
    );
    assert_eq!(fake.run("train 3").0, Some(0));
    assert_eq!(fake.starts(), "4.0 4.1 8.0 8.1 16.0 16.1 2.0 2.1 12.0 12.1");
}

/// What a worker may do to its pipes is said in few lines, with what follows.
#[test]
fn bad_input_on_a_workers_pipes_is_said() {
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
        "only what is done with is told how to repeat:\n{said}"
    );
}
