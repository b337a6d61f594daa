//! A running sweep that is watched and controlled from another terminal; `retry`, `prune` and
//! stopping rules.

use crate::kills::{lines, start, wait_until, workers};
use crate::needs;
use crate::support::{Place, SMALL};

fn long(run: &str) -> Place {
    let place = Place::new();
    place.write(
        "small.toml",
        &(SMALL.replace("epochs = 3", "epochs = 60") + run),
    );
    place
}

#[test]
fn a_paused_sweep_resumes_and_ends_with_the_same_results() {
    let (place, calm) = (long(""), long(""));
    calm.run(&["run", "small.toml"]).exits(0);
    let mut program = start(&place);
    wait_until("it trains", || lines(&place) > 4);
    place.run(&["pause"]).exits(0);
    let cancelled = || place.number("select count(*) from attempts where outcome = 'cancelled'");
    wait_until("both jobs wrote a checkpoint", || cancelled() >= 2.0);
    let standing = lines(&place);
    let picture = place.run(&["watch", "--once"]).exits(0).stdout();
    assert!(
        picture.contains("small") && picture.contains("of 4 jobs"),
        "{picture}"
    );
    std::thread::sleep(std::time::Duration::from_millis(300));
    assert_eq!(lines(&place), standing, "nothing trains");
    assert!(
        program.try_wait().expect("asked").is_none(),
        "the program still runs"
    );
    place.run(&["resume"]).exits(0);
    assert_eq!(program.wait().expect("ends").code(), Some(0));
    assert_eq!(place.results(), calm.results());
    place.run(&["check-db"]).exits(0);
    place.run(&["pause"]).exits(2).says(&["nothing runs"]);
}

#[test]
fn a_cancelled_job_stays_unfinished_and_the_others_finish() {
    let place = long("\n[run]\nslots = { cpu = 1 }\n");
    let mut program = start(&place);
    wait_until("it trains", || lines(&place) > 4);
    let attempts = || {
        place
            .run(&["query", "--csv", "select job from attempts"])
            .stdout()
    };
    wait_until("the database has it", || attempts().lines().count() > 1);
    let running = attempts();
    let waiting = place
        .run(&[
            "query",
            "--csv",
            "select job from jobs where attempts = 0 order by job",
        ])
        .stdout();
    let first = |text: &str| text.lines().nth(1).expect("a job").to_string();
    let (running, waiting) = (first(&running), first(&waiting));
    place.run(&["cancel", &running, &waiting[..10]]).exits(0);
    assert_eq!(
        program.wait().expect("ends").code(),
        Some(1),
        "not all jobs finished"
    );
    assert_eq!(
        place.number("select count(*) from jobs where outcome = 'finished'"),
        2.0
    );
    let outcome = place.run(&["explain", &running]).exits(0).stdout();
    assert!(
        outcome.contains("cancelled") && outcome.contains("goes on from its checkpoint"),
        "{outcome}"
    );
    let outcome = place.run(&["explain", &waiting]).exits(0).stdout();
    assert!(
        outcome.contains("waits") && outcome.contains("0 attempts"),
        "{outcome}"
    );
    place.run(&["run", "small.toml"]).exits(0);
    assert!(workers(&place).is_empty());
}

/// A tmux server for this test, stopped at the end.
struct Terminals(String);

impl Terminals {
    /// Runs one tmux command and returns its output.
    fn tmux(&self, arguments: &[&str]) -> std::io::Result<String> {
        let out = std::process::Command::new("tmux")
            .args(["-L", &self.0])
            .args(arguments)
            .output()?;
        let printed = String::from_utf8_lossy(&out.stdout).into_owned();
        if out.status.success() {
            return Ok(printed);
        }
        let reason = String::from_utf8_lossy(&out.stderr).into_owned();
        Err(std::io::Error::other(reason))
    }

    /// Opens a terminal of this size that runs `command`; its width is also its name.
    fn open(&self, width: &str, height: &str, command: &str) {
        let arguments = ["new-session", "-d", "-s", width, "-x", width, "-y", height];
        let opened = self.tmux(&[&arguments[..], &[command]].concat());
        opened.expect("tmux opens a terminal");
    }

    fn text(&self, width: &str) -> String {
        let captured = self.tmux(&["capture-pane", "-p", "-t", width]);
        captured.unwrap_or_default()
    }
}

impl Drop for Terminals {
    fn drop(&mut self) {
        let _ = self.tmux(&["kill-server"]);
    }
}

#[test]
fn watch_fits_the_terminal_and_shows_progress() {
    let terminals = Terminals(format!("convsweep-test-{}", std::process::id()));
    if let Err(error) = terminals.tmux(&["-V"]) {
        return needs::skip(&format!("tmux does not start: {error}"));
    }
    let place = long("\n[run]\nslots = { cpu = 2 }\n");
    let mut program = start(&place);
    wait_until("it trains", || lines(&place) > 4);
    let (program_path, results) = (env!("CARGO_BIN_EXE_convsweep"), place.path("results"));
    let watch = format!("{program_path} --results {} watch", results.display());
    for (width, height) in [("80", "24"), ("200", "50")] {
        terminals.open(width, height, &watch);
        let mut seen = String::new();
        wait_until("a slot with its curve is shown", || {
            seen = terminals.text(width);
            let ended = program.try_wait().expect("asked").is_some();
            ended || (seen.contains("of 4 jobs") && seen.contains("/60") && seen.contains('█'))
        });
        assert!(seen.starts_with("convsweep · small"), "{seen}");
        let columns: usize = width.parse().expect("a number");
        let fits = |line: &str| line.chars().count() <= columns;
        assert!(seen.lines().all(fits), "{seen}");
    }
    let _ = std::process::Command::new("kill")
        .args(["-INT", &program.id().to_string()])
        .status();
    program.wait().expect("ends");
}

#[test]
fn retry_and_notify_and_prune_work_on_the_same_sweep() {
    let place = Place::small();
    place.write("small.toml", &SMALL.replace("[1e-3, 1e-2]", "[1e-3, 1e30]"));
    let notify = "echo $CONVSWEEP_EVENT $CONVSWEEP_EXPERIMENT >> told";
    place
        .run(&["run", "small.toml", "--notify", notify])
        .exits(1);
    let told = std::fs::read_to_string(place.path("told")).expect("told");
    assert_eq!(
        told.lines().collect::<Vec<_>>(),
        ["finished small"],
        "a diverged job is not a failure"
    );
    let attempts = || place.number("select count(*) from attempts");
    assert_eq!(attempts(), 4.0);
    place.run(&["retry", "small"]).exits(1);
    assert_eq!(attempts(), 6.0, "the two diverged jobs ran again");
    let checkpoints = || {
        let jobs = std::fs::read_dir(place.path("results/jobs"))
            .expect("jobs")
            .flatten();
        jobs.filter(|job| job.path().join("checkpoint").is_dir())
            .count()
    };
    let before = checkpoints();
    let would = place.run(&["prune", "--dry-run"]).exits(0).stdout();
    assert!(would.contains("2 folders"), "{would}");
    assert_eq!(checkpoints(), before);
    place.run(&["prune"]).exits(0);
    assert_eq!(checkpoints(), before - 2);
    place.run(&["run", "small.toml"]).exits(1);
    assert_eq!(attempts(), 6.0, "pruned jobs still count as finished");
    place.run(&["check-db"]).exits(0);
}

#[test]
fn data_prune_removes_decoded_sets_that_nothing_uses() {
    let place = Place::small();
    let decode = || place.run(&["data", "preview", "small.toml"]).exits(0);
    let decoded_sets = || {
        let files = std::fs::read_dir(place.path("data/decoded")).expect("decoded sets");
        let paths = files.flatten().map(|file| file.path());
        paths
            .filter(|p| p.extension().is_some_and(|e| e == "images"))
            .count()
    };
    decode();
    let recently_used = place.run(&["data", "prune"]).exits(0).stdout();
    assert_eq!(recently_used, "0 decoded image sets, 0 B removed\n");
    let prune = ["data", "prune", "--unused-days", "0"];
    let dry = place.run(&[&prune[..], &["--dry-run"]].concat());
    let dry = dry.exits(0).stdout();
    assert!(
        dry.contains(".images  ") && dry.contains("1 decoded image set, "),
        "{dry}"
    );
    assert!(dry.ends_with("would be removed\n"), "{dry}");
    assert_eq!(decoded_sets(), 1);
    let removed = place.run(&prune).exits(0).stdout();
    assert!(removed.ends_with(" removed\n"), "{removed}");
    assert_eq!(decoded_sets(), 0);
    decode();
    assert_eq!(decoded_sets(), 1, "it is decoded again");
}

#[test]
fn successive_halving_stops_jobs_explains_why_and_can_be_simulated() {
    let grid = "\"train.optimizer.lr\" = [1e-5, 1e-4, 1e-3, 3e-3, 1e-2, 3e-2]";
    let text = SMALL
        .replace("\"train.optimizer.lr\" = [1e-3, 1e-2]", grid)
        .replace("epochs = 3", "epochs = 9");
    let full = Place::new();
    full.write("small.toml", &text);
    full.run(&["run", "small.toml"]).exits(0);
    let simulated = full
        .run(&[
            "plan",
            "small.toml",
            "--simulate",
            "successive-halving:eta=3,first=1",
        ])
        .exits(0)
        .stdout();
    assert!(
        simulated.contains("of 108 would have been trained")
            && simulated.contains("12 recorded jobs"),
        "{simulated}"
    );
    full.run(&["plan", "small.toml", "--simulate", "guessing"])
        .exits(2)
        .says(&["successive-halving, asha, median or race"]);

    let spared = Place::new();
    spared.write(
        "small.toml",
        &(text.clone()
            + "\n[search]\nstop = { rule = \"successive-halving\", eta = 3, first = 1 }\n"),
    );
    spared
        .run(&["run", "small.toml"])
        .exits(0)
        .says(&["spared by successive-halving", "ranks"]);
    let count = |outcome: &str| {
        spared.number(&format!(
            "select count(*) from jobs where outcome = '{outcome}'"
        ))
    };
    // Six configurations with two seeds each: two continue after the first epoch, one of them after
    // the third.
    assert_eq!((count("stopped"), count("finished")), (10.0, 2.0));
    let trained =
        |place: &Place| place.number("select count(*) from metrics where name = 'val_loss'");
    assert_eq!(
        (trained(&full), trained(&spared)),
        (108.0, 6.0 * 2.0 + 2.0 * 2.0 * 2.0 + 6.0 * 2.0)
    );
    let job = spared
        .run(&[
            "query",
            "--csv",
            "select job from decisions where verdict = 'stop'",
        ])
        .stdout();
    let why = spared
        .run(&["explain", job.lines().nth(1).expect("a job")])
        .exits(0)
        .stdout();
    assert!(
        why.contains("successive-halving, after") && why.contains("stop, because"),
        "{why}"
    );
    spared
        .run(&["run", "small.toml"])
        .exits(0)
        .says(&["10 stopped before"]);
    assert_eq!(
        (count("stopped"), count("finished")),
        (10.0, 2.0),
        "a second run makes no new decisions"
    );
    // The epochs that were trained, in several attempts with pauses in between, are bit-identical to
    // those of the full sweep.
    let sql =
        "select job, epoch, name, value from metrics where name like 'val%' or name like 'train%'";
    let rows = |place: &Place| place.run(&["query", "--csv", sql]).exits(0).stdout();
    let all = rows(&full);
    assert!(rows(&spared).lines().all(|row| all.contains(row)));
    spared.run(&["check-db"]).exits(0);
    spared.run(&["rebuild"]).exits(0);
    assert_eq!((count("stopped"), count("finished")), (10.0, 2.0));
}
