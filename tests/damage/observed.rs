//! What the commands do with a damaged folder, and whether it is right.

use super::kinds::{Damage, FileKind};
use super::template::{Stage, Template};
use crate::support::Workdir;
use nix::sys::resource::{UsageWho, getrusage};
use std::collections::BTreeMap;
use std::fs::File;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Longest that a command may take.
const TIMEOUT: Duration = Duration::from_secs(120);
/// Most memory that a command or its workers may take, in KiB.
const LARGEST_MEMORY: i64 = 500 << 10;
/// The exit code of a panic.
const PANIC: i32 = 70;

/// Values by name, as text.
pub type Figures = BTreeMap<String, String>;

/// What came of a damage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// No figure differs, and the damage was told.
    EqualAndTold,
    /// No figure differs, and nobody said anything: the file was not needed, or made anew.
    Equal,
    /// Figures differ or are missing, which was told.
    DifferentAndTold,
    /// Figures differ without a word, or a command panicked, hung or filled the memory.
    Wrong,
    /// The folder has no such file.
    NoSuchFile,
}

impl Verdict {
    pub const ALL: [Verdict; 5] = [
        Verdict::EqualAndTold,
        Verdict::Equal,
        Verdict::DifferentAndTold,
        Verdict::Wrong,
        Verdict::NoSuchFile,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Verdict::EqualAndTold => "equal, told",
            Verdict::Equal => "equal, silent",
            Verdict::DifferentAndTold => "differs, told",
            Verdict::Wrong => "WRONG",
            Verdict::NoSuchFile => "no such file",
        }
    }
}

/// Every figure that the program shows about the sweep: values of metrics and evaluations, and the
/// leaderboard. `None` if the database cannot be asked.
pub fn figures(workdir: &Workdir) -> Option<Figures> {
    let mut figures = Figures::new();
    for sql in [
        "select job || ' ' || epoch || ' ' || name, value from metrics \
         where name not in ('images_per_second', 'epoch_seconds') order by 1",
        "select job || ' ' || part || ' loss', loss from evaluations order by 1",
        "select job || ' ' || part || ' accuracy', accuracy from evaluations order by 1",
        "select job || ' outcome', outcome from jobs order by 1",
        "select label || ' mean ' || metric, mean from leaderboard order by 1",
        "select label || ' n ' || metric, n from leaderboard order by 1",
    ] {
        let run = workdir.run(&["query", "--csv", sql]);
        if run.0.status.code() != Some(0) {
            return None;
        }
        for line in run.stdout().lines().skip(1) {
            let (name, value) = line.rsplit_once(',')?;
            figures.insert(name.to_string(), value.to_string());
        }
    }
    Some(figures)
}

/// Runs the commands on a damaged folder: the verdict, and what is wrong.
pub fn observe(workdir: &Workdir, template: &Template, damage: &Damage) -> (Verdict, Vec<String>) {
    let mut problems = Vec::new();
    let before = getrusage(UsageWho::RUSAGE_CHILDREN).map_or(0, |usage| usage.max_rss());
    let check = run(workdir, &["check"], &mut problems);
    let status = run(workdir, &["status"], &mut problems);
    let report = run(workdir, &["report", "small"], &mut problems);
    let told_by_check = check.code != Some(0) || tells(&check, damage);
    let told_before = [&check, &status, &report].iter().any(|o| tells(o, damage)) || told_by_check;
    if template.stage == Stage::Finished {
        compare_before_run(workdir, template, (&report, told_before), &mut problems);
    }
    let sweep = run(workdir, &["run", "small.toml"], &mut problems);
    let told = told_before || sweep.code != Some(0) || tells(&sweep, damage);
    let after = figures(workdir);
    let is_equal = after.as_ref() == Some(&template.expected);
    if !is_equal && !tells(&sweep, damage) && sweep.code == Some(0) {
        let what = difference(after.as_ref(), &template.expected);
        problems.push(format!("after the run {what}, and `run` says nothing"));
    }
    let memory = getrusage(UsageWho::RUSAGE_CHILDREN).map_or(0, |usage| usage.max_rss());
    if memory > LARGEST_MEMORY && memory > before {
        problems.push(format!("a process took {} MiB", memory >> 10));
    }
    let must_be_told = matches!(
        damage.kind,
        FileKind::Model | FileKind::Predictions | FileKind::Events | FileKind::ExperimentLog
    );
    if must_be_told && template.stage == Stage::Finished && !told {
        problems.push("the damage is not told by any command".into());
    }
    let verdict = match (problems.is_empty(), is_equal, told) {
        (false, ..) => Verdict::Wrong,
        (true, true, true) => Verdict::EqualAndTold,
        (true, true, false) => Verdict::Equal,
        (true, false, _) => Verdict::DifferentAndTold,
    };
    (verdict, problems)
}

/// Before the run, what is shown must be the undisturbed figures, unless something is said.
fn compare_before_run(
    workdir: &Workdir,
    template: &Template,
    (report, told): (&Output, bool),
    problems: &mut Vec<String>,
) {
    let Some(shown) = figures(workdir) else {
        return;
    };
    if shown != template.expected && report.code == Some(0) && !told {
        let what = difference(Some(&shown), &template.expected);
        problems.push(format!("before the run {what}, and no command says so"));
    }
}

/// What a command printed, and its exit code; `None` if a signal ended it.
pub struct Output {
    code: Option<i32>,
    text: String,
}

/// Runs a command with a limit of time. A panic, a signal or a hang is a problem.
fn run(workdir: &Workdir, arguments: &[&str], problems: &mut Vec<String>) -> Output {
    let log = workdir.path("output");
    let file = File::create(&log).expect("creates");
    let mut command: Command = workdir.command(arguments);
    command.stdin(Stdio::null());
    command
        .stdout(file.try_clone().expect("clones"))
        .stderr(file);
    let mut child = command.spawn().expect("starts");
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().expect("can be asked") {
            break Some(status);
        }
        if start.elapsed() > TIMEOUT {
            let _ = child.kill();
            let _ = child.wait();
            break None;
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    let text = String::from_utf8_lossy(&std::fs::read(&log).expect("reads")).into_owned();
    let command = arguments[0];
    let code = status.and_then(|status| status.code());
    if status.is_none() {
        problems.push(format!("`{command}` hangs"));
    } else if code.is_none()
        || code == Some(PANIC)
        || code == Some(101)
        || text.contains("panicked")
    {
        let end: String = text.lines().rev().take(3).collect::<Vec<_>>().join(" / ");
        problems.push(format!("`{command}` ends with {code:?}: {end}"));
    }
    Output { code, text }
}

/// Words of which one stands in every line that tells of a damage.
const WORDS: [&str; 12] = [
    "damaged",
    "missing",
    "gone",
    "refused",
    "ignored",
    "does not",
    "cannot",
    "changed",
    "exchanged",
    "another",
    "is not",
    "again from",
];

/// Whether a line of the output tells of the damaged file, by its name or its job.
fn tells(output: &Output, damage: &Damage) -> bool {
    let names = damage.names();
    output.text.lines().any(|line| {
        let is_named = names.iter().any(|name| line.contains(name.as_str()));
        is_named && WORDS.iter().any(|word| line.contains(word))
    })
}

/// The first figure that differs, in words.
fn difference(found: Option<&Figures>, expected: &Figures) -> String {
    let Some(found) = found else {
        return "the database cannot be asked".to_string();
    };
    for (name, value) in expected {
        match found.get(name) {
            None => return format!("{name} is missing"),
            Some(other) if other != value => {
                return format!("{name} is {other} instead of {value}");
            }
            Some(_) => {}
        }
    }
    let surplus = found.keys().find(|name| !expected.contains_key(*name));
    format!("{surplus:?} is new")
}
