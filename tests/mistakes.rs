//! What a mistake gets: an exit code, the place, the remedy, and nothing trained.

use crate::needs;
use crate::support::{SMALL, Workdir};

/// A changed file is refused with exit code 2 and these words, and leaves nothing.
#[track_caller]
fn refused(from: &str, to: &str, words: &[&str]) {
    let place = Workdir::new();
    assert!(SMALL.contains(from), "{from}");
    place.write("small.toml", &SMALL.replace(from, to));
    place
        .run(&["run", "small.toml"])
        .exits(2)
        .says(&["small.toml"])
        .says(words);
    assert!(!place.path("results").exists(), "nothing is made");
}

#[test]
fn wrong_files_are_refused_with_place_and_remedy() {
    refused("epochs = 3", "epochs = ", &["small.toml:23:10"]);
    refused("epochs", "epoch", &["epoch", "epochs"]);
    refused("epochs = 3", "epochs = \"many\"", &["integer from 1"]);
    refused("epochs = 3", "epochs = -1", &["-1"]);
    refused("{ flatten = true },", "", &["flatten = true"]);
    refused("kernel = 3", "kernel = 40", &["40"]);
    refused(
        "seeds = 2",
        "seeds = 2\nmetric = \"test_accuracy\"",
        &["test"],
    );
    refused("name = \"small\"", "name = \"../small\"", &["name"]);
    refused(
        "\"train.optimizer.lr\"",
        "\"train.optimizer.rate\"",
        &["rate"],
    );
    refused("kernel = 3", "kernel = \"$size\"", &["size"]);
}

#[test]
fn all_mistakes_come_at_once() {
    let place = Workdir::new();
    place.write(
        "small.toml",
        &SMALL
            .replace("epochs", "epoch")
            .replace("batch_size = 32", "batch_size = 0"),
    );
    place
        .run(&["plan", "small.toml"])
        .exits(2)
        .says(&["epoch", "batch_size"]);
    place.write("right.toml", SMALL);
    place.write("other.toml", &SMALL.replace("kernel = 3", "kernle = 3"));
    place
        .run(&["plan", "small.toml", "right.toml", "other.toml"])
        .exits(2)
        .says(&["batch_size", "other.toml", "kernle"]);
}

#[test]
fn missing_files_and_words_are_told() {
    let place = Workdir::small();
    place
        .run(&["run", "nowhere.toml"])
        .exits(2)
        .says(&["nowhere.toml"]);
    place.run(&["run"]).exits(2);
    place
        .run(&["run", "small.toml", "--devices", "tpu"])
        .exits(2)
        .says(&["tpu"]);
    place
        .run(&["run", "small.toml", "--devices", "cuda:7"])
        .exits(4)
        .says(&["cuda:7"]);
    place
        .run(&["run", "small.toml", "--set", "train.epoch=2"])
        .exits(2)
        .says(&["epochs"]);
    place.run(&["report", "unknown"]).exits(5);
    place.run(&["query", "select 1"]).exits(5);
    place.run(&["run", "small.toml", "--quiet"]).exits(0);
    place.run(&["report", "unknown"]).exits(2).says(&["small"]);
    place.run(&["show", "zz"]).exits(2).says(&["hexadecimal"]);
}

#[test]
fn missing_and_damaged_data_are_told() {
    let place = Workdir::new();
    let cifar = SMALL.replace(
        "{ name = \"shapes\", train = 240, test = 60, size = 16, classes = 4 }",
        "\"cifar10\"",
    );
    place.write("small.toml", &cifar);
    place.run(&["plan", "small.toml"]).exits(0);
    place
        .run(&["run", "small.toml"])
        .exits(3)
        .says(&["data fetch cifar10", "cifar-10-binary.tar.gz"]);
    for name in [
        "data_batch_1",
        "data_batch_2",
        "data_batch_3",
        "data_batch_4",
        "data_batch_5",
        "test_batch",
    ] {
        place.write(&format!("data/cifar-10-batches-bin/{name}.bin"), "short");
    }
    place
        .run(&["run", "small.toml"])
        .exits(3)
        .says(&["data_batch_1.bin", "30,730,000", "5 bytes"]);
    assert!(!place.path("results/jobs").exists(), "nothing is trained");
}

#[test]
fn one_run_at_a_time_owns_a_results_folder() {
    let place = Workdir::small();
    place.write("small.toml", &SMALL.replace("epochs = 3", "epochs = 200"));
    let mut first = place
        .command(&["run", "small.toml", "--quiet"])
        .spawn()
        .expect("starts");
    let began = std::time::Instant::now();
    while !place.path("results/jobs").exists() {
        assert!(began.elapsed().as_secs() < 60);
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    place
        .run(&["run", "small.toml"])
        .exits(5)
        .says(&["in use by", &first.id().to_string()]);
    first.kill().expect("killed");
    first.wait().expect("reaped");
    // What the dead one left in the lock's file holds nobody up.
    let left = std::fs::read_to_string(place.path("results/.lock")).expect("is there");
    assert!(left.contains(&first.id().to_string()), "{left}");
    place
        .run(&["run", "small.toml", "--set", "train.epochs=1", "--dry-run"])
        .exits(0);
    place.run(&["rebuild"]).exits(0);
}

/// A folder where nothing can be written, by root or by others; `None` where that cannot be had.
struct ReadOnly(std::path::PathBuf);

impl ReadOnly {
    fn make(folder: std::path::PathBuf) -> Option<ReadOnly> {
        let run = |program: &str, arguments: &[&str]| {
            let out = std::process::Command::new(program)
                .args(arguments)
                .arg(&folder)
                .output();
            out.is_ok_and(|out| out.status.success())
        };
        let path = folder.to_str().expect("UTF-8");
        // Permissions keep all out but root, who can mount.
        let made = match run("mount", &["--bind", path]) {
            true => run("mount", &["-o", "remount,ro,bind"]),
            false => run("chmod", &["-R", "a-w"]),
        };
        let read_only = ReadOnly(folder);
        (made && std::fs::write(read_only.0.join("probe"), "").is_err()).then_some(read_only)
    }
}

impl Drop for ReadOnly {
    fn drop(&mut self) {
        _ = std::process::Command::new("umount").arg(&self.0).output();
        _ = std::process::Command::new("chmod")
            .args(["-R", "u+w"])
            .arg(&self.0)
            .output();
    }
}

#[test]
fn a_read_only_results_folder_can_be_read_and_says_what_to_do() {
    let place = Workdir::small();
    place.run(&["run", "small.toml", "--quiet"]).exits(0);
    let Some(_keep) = ReadOnly::make(place.path("results")) else {
        return needs::skip("no folder can be made read-only");
    };
    for words in ["run small.toml", "rebuild", "prune"] {
        let words: Vec<&str> = words.split(' ').collect();
        place
            .run(&words)
            .exits(5)
            .says(&["make it writable", "--results"]);
    }
    place
        .run(&["report", "small"])
        .exits(5)
        .says(&["make the folder writable", "--results"]);
    for words in [
        "status",
        "status small",
        "plan small.toml",
        "query select+1",
        "check-db",
        "watch --once",
    ] {
        let words: Vec<String> = words
            .split(' ')
            .map(|word| word.replace('+', " "))
            .collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        place.run(&words).exits(0);
    }
}

#[test]
fn a_name_belongs_to_one_file() {
    let place = Workdir::small();
    place.run(&["run", "small.toml", "--quiet"]).exits(0);
    place.write("copy.toml", SMALL);
    place
        .run(&["run", "copy.toml"])
        .exits(2)
        .says(&["small.toml", "another name"]);
}

#[test]
fn a_newer_database_is_left_alone() {
    let place = Workdir::small();
    place.run(&["run", "small.toml", "--quiet"]).exits(0);
    let database =
        rusqlite::Connection::open(place.path("results/convsweep.sqlite")).expect("opens");
    database
        .execute_batch("pragma user_version = 999")
        .expect("set");
    drop(database);
    place.run(&["run", "small.toml"]).exits(5).says(&["999"]);
    place.run(&["query", "select 1"]).exits(5).says(&["999"]);
}
