//! A working folder for one test, the program run in it, and what the program left there.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// Two learning rates with two seeds each, on generated images of 16 × 16 pixels: a job takes well
/// under a second.
pub const SMALL: &str = r#"
[experiment]
name = "small"
question = "Which learning rate?"
seeds = 2

[data]
source = { name = "shapes", train = 240, test = 60, size = 16, classes = 4 }

[augment]
steps = [{ rotate = 15 }, { flip = "horizontal" }]

[model]
layers = [
  { conv = 8, kernel = 3, norm = "batch", activation = "relu" },
  { pool = "max", size = 2 },
  { flatten = true },
  { dropout = 0.1 },
  { dense = "classes" },
]

[train]
epochs = 3
batch_size = 32
optimizer = { name = "adam", lr = 1e-3 }

[[sweep]]
[sweep.grid]
"train.optimizer.lr" = [1e-3, 1e-2]
"#;

/// [`SMALL`] with another number of epochs.
pub fn small_with_epochs(epochs: u32) -> String {
    SMALL.replace("epochs = 3", &format!("epochs = {epochs}"))
}

/// The repository's root. It is determined at run time, since two checkouts may share one target
/// folder.
pub fn root() -> PathBuf {
    Path::new(&std::env::var("CARGO_MANIFEST_DIR").expect("run by cargo")).join("../..")
}

/// What a folder contains, sorted; nothing if there is no such folder.
pub fn entries(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return vec![];
    };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

/// A working folder with an image cache and a results folder of its own.
pub struct Workdir {
    folder: TempDir,
    /// Variables added to the program's environment.
    pub environment: Vec<(&'static str, PathBuf)>,
}

impl Workdir {
    /// An empty one.
    pub fn new() -> Self {
        Workdir {
            folder: tempfile::tempdir().expect("a temporary folder"),
            environment: vec![],
        }
    }

    /// One with this experiment as `small.toml`.
    pub fn with(experiment: &str) -> Self {
        let workdir = Workdir::new();
        workdir.write("small.toml", experiment);
        workdir
    }

    /// One with [`SMALL`] as `small.toml`.
    pub fn small() -> Self {
        Workdir::with(SMALL)
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("inside the folder")).expect("created");
        std::fs::write(path, text).expect("written");
    }

    pub fn read(&self, name: &str) -> String {
        let path = self.path(name);
        std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
    }

    /// The folders of all jobs.
    pub fn job_folders(&self) -> Vec<PathBuf> {
        entries(&self.path("results/jobs"))
    }

    /// The program, to be run in this folder.
    pub fn command(&self, arguments: &[&str]) -> Command {
        self.command_of(Path::new(env!("CARGO_BIN_EXE_convsweep")), arguments)
    }

    /// A copy of the program, to be run in this folder.
    pub fn command_of(&self, program: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(self.folder.path());
        command
            .env("CONVSWEEP_DATA", self.path("data"))
            .env_remove("CONVSWEEP_RESULTS");
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    pub fn run(&self, arguments: &[&str]) -> ProgramRun {
        ProgramRun::of(&mut self.command(arguments))
    }

    /// The program's standard output, after it succeeded.
    #[track_caller]
    pub fn stdout(&self, arguments: &[&str]) -> String {
        self.run(arguments).exits(0).stdout()
    }

    fn database(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.path("results/convsweep.sqlite")).expect("opens")
    }

    /// The number that a query of the database gives.
    #[track_caller]
    pub fn number(&self, sql: &str) -> f64 {
        let number = self.database().query_row(sql, [], |row| row.get(0));
        number.unwrap_or_else(|e| panic!("{sql}: {e}"))
    }

    /// The texts that a query of the database gives, in its order.
    #[track_caller]
    pub fn texts(&self, sql: &str) -> Vec<String> {
        let database = self.database();
        let mut statement = database.prepare(sql).expect(sql);
        let rows = statement.query_map([], |row| row.get(0)).expect(sql);
        rows.map(|row| row.expect("a text")).collect()
    }

    /// The first text that a query of the database gives.
    #[track_caller]
    pub fn text(&self, sql: &str) -> String {
        let texts = self.texts(sql);
        texts
            .into_iter()
            .next()
            .unwrap_or_else(|| panic!("{sql}: no row"))
    }

    /// Number of attempts.
    #[track_caller]
    pub fn all_attempts(&self) -> f64 {
        self.number("select count(*) from attempts")
    }

    /// Number of attempts with this outcome.
    #[track_caller]
    pub fn attempts(&self, outcome: &str) -> f64 {
        self.number(&format!(
            "select count(*) from attempts where outcome = '{outcome}'"
        ))
    }

    /// Number of jobs whose newest attempt has this outcome.
    #[track_caller]
    pub fn jobs(&self, outcome: &str) -> f64 {
        self.number(&format!(
            "select count(*) from jobs where outcome = '{outcome}'"
        ))
    }

    /// The bits of every reproducible metric and evaluation, and checksums of the weights and
    /// predictions of every job: what an interrupted run must end with as an undisturbed one does.
    pub fn results(&self) -> BTreeMap<String, u64> {
        let mut results = BTreeMap::new();
        for sql in [
            "select job || ' ' || epoch || ' ' || name, value from metrics \
             where name not in ('images_per_second', 'epoch_seconds')",
            "select job || ' ' || part || ' loss', loss from evaluations",
            "select job || ' ' || part || ' accuracy', accuracy from evaluations",
        ] {
            results.extend(self.bits_by_name(sql));
        }
        for folder in self.job_folders() {
            let job = folder.file_name().expect("has a name").display();
            for file in ["model.safetensors", "predictions.safetensors"] {
                let bytes = std::fs::read(folder.join(file)).expect("every job leaves it");
                results.insert(format!("{job} {file}"), checksum(&bytes));
            }
        }
        results
    }

    /// Rows of a name and a number.
    fn bits_by_name(&self, sql: &str) -> Vec<(String, u64)> {
        let read = |row: &rusqlite::Row| Ok((row.get(0)?, row.get::<_, f64>(1)?.to_bits()));
        let database = self.database();
        let mut statement = database.prepare(sql).expect(sql);
        let rows = statement.query_map([], read).expect(sql);
        rows.map(|row| row.expect("a row")).collect()
    }
}

/// FNV-1a, 64 bits.
fn checksum(bytes: &[u8]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325;
    for byte in bytes {
        hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash
}

/// How a run of the program went.
pub struct ProgramRun(pub Output);

impl ProgramRun {
    /// Runs the command and waits for its end.
    pub fn of(command: &mut Command) -> ProgramRun {
        ProgramRun(command.output().expect("the program starts"))
    }

    pub fn stdout(&self) -> String {
        String::from_utf8_lossy(&self.0.stdout).into_owned()
    }

    pub fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.0.stderr).into_owned()
    }

    /// Asserts that it ended with this exit code and did not panic.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        let (stdout, stderr) = (self.stdout(), self.stderr());
        assert!(!stderr.contains("panicked"), "{stderr}");
        assert_eq!(
            self.0.status.code(),
            Some(code),
            "stdout:\n{stdout}\nstderr:\n{stderr}"
        );
        self
    }

    /// Asserts that each of these texts is in stderr.
    #[track_caller]
    pub fn says(self, texts: &[&str]) -> Self {
        assert_contains(&self.stderr(), texts);
        self
    }

    /// Asserts that each of these is a whole line of stderr, in which ids of jobs are written as
    /// `<job>`.
    #[track_caller]
    pub fn says_lines(self, lines: &[&str]) -> Self {
        assert_has_lines(&self.stderr(), lines);
        self
    }
}

/// The objects in lines of JSON.
#[track_caller]
pub fn json_lines(text: &str) -> Vec<serde_json::Value> {
    let read = |line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
    text.lines().map(read).collect()
}

/// Asserts that each of these texts is in the output.
#[track_caller]
pub fn assert_contains(output: &str, texts: &[&str]) {
    for text in texts {
        assert!(output.contains(text), "\"{text}\" is not in:\n{output}");
    }
}

/// Asserts that each of these is a whole line of the output, without the blanks around it, in which
/// ids of jobs are written as `<job>`.
#[track_caller]
pub fn assert_has_lines(output: &str, lines: &[&str]) {
    let output = mask_job_ids(output);
    for line in lines {
        let mut there = output.lines();
        assert!(
            there.any(|other| other.trim() == *line),
            "no line is \"{line}\" in:\n{output}"
        );
    }
}

/// Replaces words of hexadecimal digits, as long as an id or its usual prefix, by `<job>`.
fn mask_job_ids(output: &str) -> String {
    let is_word = |c: char| c.is_ascii_alphanumeric();
    let mut masked = String::new();
    let mut word = String::new();
    for c in output.chars().chain(['\n']) {
        if is_word(c) {
            word.push(c);
            continue;
        }
        masked += if is_job_id(&word) { "<job>" } else { &word };
        word.clear();
        masked.push(c);
    }
    masked
}

fn is_job_id(word: &str) -> bool {
    let is_hexadecimal = word.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f'));
    word.len() >= 8 && is_hexadecimal
}
