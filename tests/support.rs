//! A temporary folder to run the program in, and its output and results.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// Two learning rates with two seeds each, on generated 16 × 16 images: a job takes well under a
/// second.
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

/// A temporary working folder with an experiment file, an image cache and a results folder.
pub struct Place {
    folder: TempDir,
    /// Additional environment variables for the program.
    pub environment: Vec<(&'static str, PathBuf)>,
}

impl Place {
    pub fn new() -> Self {
        Place {
            folder: tempfile::tempdir().expect("a temporary folder"),
            environment: vec![],
        }
    }

    /// A folder that contains [`SMALL`] as `small.toml`.
    pub fn small() -> Self {
        let place = Place::new();
        place.write("small.toml", SMALL);
        place
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("inside the folder")).expect("made");
        std::fs::write(path, text).expect("written");
    }

    /// The program, to be run in this folder with its image cache and results in it.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_convsweep"));
        command.args(arguments).current_dir(self.folder.path());
        command
            .env("CONVSWEEP_DATA", self.path("data"))
            .env_remove("CONVSWEEP_RESULTS");
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Ran {
        Ran(self
            .command(arguments)
            .output()
            .expect("the program starts"))
    }

    /// The single value that a query of the database returns.
    pub fn number(&self, sql: &str) -> f64 {
        let database =
            rusqlite::Connection::open(self.path("results/convsweep.sqlite")).expect("opens");
        database
            .query_row(sql, [], |row| row.get(0))
            .unwrap_or_else(|e| panic!("{sql}: {e}"))
    }

    /// The bits of every reproducible metric, of every evaluation and of every file of weights and
    /// predictions: equal after an interrupted and an undisturbed run.
    pub fn results(&self) -> BTreeMap<String, u64> {
        let database =
            rusqlite::Connection::open(self.path("results/convsweep.sqlite")).expect("opens");
        let mut found = BTreeMap::new();
        for sql in [
            "select job || ' ' || epoch || ' ' || name, value from metrics where name not in ('images_per_second', 'epoch_seconds')",
            "select job || ' ' || part || ' loss', loss from evaluations",
            "select job || ' ' || part || ' accuracy', accuracy from evaluations",
        ] {
            let mut statement = database.prepare(sql).expect("prepares");
            let rows = statement
                .query_map([], |row| {
                    Ok((row.get::<_, String>(0)?, row.get::<_, f64>(1)?))
                })
                .expect("runs");
            found.extend(
                rows.map(|row| row.expect("reads"))
                    .map(|(key, value)| (key, value.to_bits())),
            );
        }
        for folder in std::fs::read_dir(self.path("results/jobs"))
            .expect("jobs")
            .filter_map(Result::ok)
        {
            for file in ["model.safetensors", "predictions.safetensors"] {
                let bytes = std::fs::read(folder.path().join(file))
                    .expect("every job writes its weights and predictions");
                found.insert(
                    format!("{} {file}", folder.file_name().display()),
                    checksum(&bytes),
                );
            }
        }
        found
    }
}

fn checksum(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// A finished run of the program.
pub struct Ran(pub Output);

impl Ran {
    pub fn stdout(&self) -> String {
        String::from_utf8_lossy(&self.0.stdout).into_owned()
    }

    pub fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.0.stderr).into_owned()
    }

    /// Checks the exit code.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(
            self.0.status.code(),
            Some(code),
            "stdout:\n{}\nstderr:\n{}",
            self.stdout(),
            self.stderr()
        );
        self
    }

    /// Checks that stderr contains all of these texts and no panic.
    #[track_caller]
    pub fn says(self, words: &[&str]) -> Self {
        let said = self.stderr();
        assert!(!said.contains("panicked"), "{said}");
        words
            .iter()
            .for_each(|word| assert!(said.contains(word), "\"{word}\" is not in:\n{said}"));
        self
    }
}

/// The repository's root. It is determined at run time, since two checkouts may share one target
/// folder.
pub fn root() -> PathBuf {
    Path::new(&std::env::var("CARGO_MANIFEST_DIR").expect("run by cargo")).join("../..")
}
