//! Messages about mistakes: an exit code, the place, the remedy, and nothing is trained.

use crate::needs;
use crate::support::{SMALL, Workdir, small_with_epochs};
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

/// The whole message of a command that is refused with this exit code.
#[track_caller]
fn message(workdir: &Workdir, words: &[&str], code: i32) -> String {
    let stderr = workdir.run(words).exits(code).stderr();
    let folder = workdir.path("").display().to_string();
    stderr.replace(&folder, "[folder]/")
}

/// The whole message about [`SMALL`] with one text replaced, of which nothing is trained.
#[track_caller]
fn refused(from: &str, to: &str) -> String {
    assert!(SMALL.contains(from), "{from}");
    let workdir = Workdir::with(&SMALL.replace(from, to));
    let message = message(&workdir, &["run", "small.toml"], 2);
    assert!(!workdir.path("results").exists(), "a folder was made");
    message
}

#[test]
fn wrong_files_are_refused_with_place_and_remedy() {
    let messages = [
        refused("epochs = 3", "epochs = "),
        refused("epochs", "epoch"),
        refused("epochs = 3", "epochs = \"many\""),
        refused("epochs = 3", "epochs = -1"),
        refused("{ flatten = true },", ""),
        refused("kernel = 3", "kernel = 40"),
        refused("seeds = 2", "seeds = 2\nmetric = \"test_accuracy\""),
        refused("name = \"small\"", "name = \"../small\""),
        refused("\"train.optimizer.lr\"", "\"train.optimizer.rate\""),
        refused("kernel = 3", "kernel = \"$size\""),
        // What the images that the program draws allow is what the language allows.
        refused("size = 16", "size = 513"),
    ];
    insta::assert_snapshot!("wrong_files", messages.join("\n"));
}

#[test]
fn the_largest_drawn_images_are_accepted() {
    let workdir = Workdir::with(&SMALL.replace("size = 16", "size = 512"));
    workdir.run(&["plan", "small.toml"]).exits(0);
    workdir.write("small.toml", &SMALL.replace("size = 16", "size = 8"));
    workdir.run(&["plan", "small.toml"]).exits(0);
}

#[test]
fn all_mistakes_are_reported_at_once() {
    let two = SMALL
        .replace("epochs", "epoch")
        .replace("batch_size = 32", "batch_size = 0");
    let workdir = Workdir::with(&two);
    workdir.write("right.toml", SMALL);
    workdir.write("other.toml", &SMALL.replace("kernel = 3", "kernle = 3"));
    let files = ["plan", "small.toml", "right.toml", "other.toml"];
    insta::assert_snapshot!("several_mistakes", message(&workdir, &files, 2));
}

#[test]
fn missing_files_and_wrong_arguments_are_reported() {
    let workdir = Workdir::small();
    let run = |words: &[&str], code| {
        let words = [&["run"], words].concat();
        message(&workdir, &words, code)
    };
    let messages = [
        run(&["nowhere.toml"], 2),
        run(&["smal.toml"], 2),
        run(&["small.toml", "--devices", "tpu"], 2),
        run(&["small.toml", "--set", "train.epoch=2"], 2),
        run(&["small.toml", "--set", "train.optimizer.lr=0.1"], 2),
        run(&["small.toml", "--seeds", "1,1"], 2),
    ];
    insta::assert_snapshot!("wrong_arguments", messages.join("\n"));
    workdir.run(&["run"]).exits(2);
    workdir
        .run(&["run", "small.toml", "--devices", "cuda:7"])
        .exits(4)
        .says(&["cuda:7"]);
}

#[test]
fn missing_results_and_unknown_names_are_reported() {
    let workdir = Workdir::small();
    workdir.run(&["report", "unknown"]).exits(5);
    workdir.run(&["query", "select 1"]).exits(5);
    workdir.run(&["run", "small.toml", "--quiet"]).exits(0);
    workdir
        .run(&["report", "unknown"])
        .exits(2)
        .says(&["small"]);
    workdir.run(&["show", "zz"]).exits(2).says(&["hexadecimal"]);
}

#[test]
fn missing_and_damaged_images_are_reported() {
    let workdir = Workdir::with(&SMALL.replace(
        "{ name = \"shapes\", train = 240, test = 60, size = 16, classes = 4 }",
        "\"cifar10\"",
    ));
    workdir.run(&["plan", "small.toml"]).exits(0);
    workdir
        .run(&["run", "small.toml"])
        .exits(3)
        .says(&["data fetch cifar10", "cifar-10-binary.tar.gz"]);
    for batch in 1..=5 {
        let name = format!("data/cifar-10-batches-bin/data_batch_{batch}.bin");
        workdir.write(&name, "short");
    }
    workdir.write("data/cifar-10-batches-bin/test_batch.bin", "short");
    workdir.run(&["run", "small.toml"]).exits(3).says(&[
        "data_batch_1.bin",
        "30,730,000",
        "5 bytes",
    ]);
    assert!(!workdir.path("results/jobs").exists(), "nothing is trained");
}

#[test]
fn only_one_run_at_a_time_uses_a_results_folder() {
    let workdir = Workdir::with(&small_with_epochs(200));
    let mut first = workdir
        .command(&["run", "small.toml", "--quiet"])
        .spawn()
        .expect("the program starts");
    let start = Instant::now();
    while !workdir.path("results/jobs").exists() {
        assert!(start.elapsed() < Duration::from_secs(60));
        std::thread::sleep(Duration::from_millis(5));
    }
    let id = first.id().to_string();
    workdir
        .run(&["run", "small.toml"])
        .exits(5)
        .says(&["in use by", &id]);
    first.kill().expect("the first run is killed");
    first.wait().expect("the first run has ended");
    // A lock file that a killed run left behind does not block the next one.
    assert!(workdir.read("results/.lock").contains(&id));
    workdir
        .run(&["run", "small.toml", "--set", "train.epochs=1", "--dry-run"])
        .exits(0);
    workdir.run(&["rebuild"]).exits(0);
}

/// A folder in which nobody can write.
struct ReadOnly(PathBuf);

impl ReadOnly {
    /// `None` if neither permissions nor a mount can make a folder read-only.
    fn make(folder: PathBuf) -> Option<ReadOnly> {
        let run = |program: &str, arguments: &[&str]| {
            let mut command = Command::new(program);
            let output = command.args(arguments).arg(&folder).output();
            output.is_ok_and(|output| output.status.success())
        };
        let path = folder.to_str().expect("UTF-8");
        // Permissions do not stop root, who can mount instead.
        let made = if run("mount", &["--bind", path]) {
            run("mount", &["-o", "remount,ro,bind"])
        } else {
            run("chmod", &["-R", "a-w"])
        };
        let read_only = ReadOnly(folder);
        let refuses = std::fs::write(read_only.0.join("probe"), "").is_err();
        (made && refuses).then_some(read_only)
    }
}

impl Drop for ReadOnly {
    fn drop(&mut self) {
        _ = Command::new("umount").arg(&self.0).output();
        let mut chmod = Command::new("chmod");
        _ = chmod.args(["-R", "u+w"]).arg(&self.0).output();
    }
}

#[test]
fn a_read_only_results_folder_can_be_read_but_not_written() {
    let workdir = Workdir::small();
    workdir.run(&["run", "small.toml", "--quiet"]).exits(0);
    let Some(_read_only) = ReadOnly::make(workdir.path("results")) else {
        return needs::skip("no folder can be made read-only");
    };
    for words in [&["run", "small.toml"][..], &["rebuild"], &["prune"]] {
        workdir
            .run(words)
            .exits(5)
            .says(&["make it writable", "--results"]);
    }
    workdir.run(&["prune", "--dry-run"]).exits(0);
    workdir
        .run(&["report", "small"])
        .exits(5)
        .says(&["make the folder writable", "--results"]);
    for words in [
        &["status"][..],
        &["status", "small"],
        &["plan", "small.toml"],
        &["query", "select 1"],
        &["check"],
        &["watch", "--once"],
    ] {
        workdir.run(words).exits(0);
    }
}

#[test]
fn a_name_belongs_to_one_file() {
    let workdir = Workdir::small();
    workdir.run(&["run", "small.toml", "--quiet"]).exits(0);
    workdir.write("copy.toml", SMALL);
    workdir
        .run(&["run", "copy.toml"])
        .exits(2)
        .says(&["small.toml", "another name"]);
}

#[test]
fn a_newer_database_is_not_touched() {
    let workdir = Workdir::small();
    workdir.run(&["run", "small.toml", "--quiet"]).exits(0);
    let path = workdir.path("results/convsweep.sqlite");
    let database = rusqlite::Connection::open(path).expect("opens");
    database
        .execute_batch("pragma user_version = 999")
        .expect("is set");
    drop(database);
    workdir.run(&["run", "small.toml"]).exits(5).says(&["999"]);
    workdir.run(&["query", "select 1"]).exits(5).says(&["999"]);
}
