//! What every command says in a situation in which it cannot do its work: an exit code of the
//! documented ones, what was found, and what to do.

use crate::processes::{exit_code, has_ended, send_signal, wait_for_events, wait_until};
use crate::support::{ProgramRun, Workdir, assert_contains, small_with_epochs};
use std::fs;
use std::path::Path;
use std::process::Stdio;

/// Commands that read the database.
const READERS: [&[&str]; 9] = [
    &["status"],
    &["status", "small"],
    &["watch", "--once"],
    &["report", "small"],
    &["query", "select 1"],
    &["show", "abc"],
    &["why", "abc"],
    &["retry", "small"],
    &["backup", "copy.db"],
];
/// Commands that write the database.
const WRITERS: [&[&str]; 2] = [&["run", "small.toml"], &["rebuild"]];

/// A folder with the results of a small sweep.
fn trained() -> Workdir {
    let workdir = Workdir::small();
    workdir.run(&["run", "small.toml", "--quiet"]).exits(0);
    workdir
}

/// Runs each command and checks its exit code and the words of its message.
#[track_caller]
fn all_say(workdir: &Workdir, commands: &[&[&str]], code: i32, words: &[&str]) {
    for command in commands {
        let run = workdir.run(command);
        let stderr = run.stderr();
        assert_eq!(run.0.status.code(), Some(code), "{command:?}: {stderr}");
        assert!(!stderr.contains("panicked"), "{command:?}: {stderr}");
        for word in words {
            assert!(
                stderr.contains(word),
                "{command:?} does not say \"{word}\": {stderr}"
            );
        }
    }
}

/// Replaces the database by what `make` puts in its place.
fn replaced(workdir: &Workdir, make: impl FnOnce(&Path)) {
    for suffix in ["", "-wal", "-shm", ".blake3"] {
        let path = workdir.path(&format!("results/convsweep.sqlite{suffix}"));
        let _ = fs::remove_file(path);
    }
    make(&workdir.path("results/convsweep.sqlite"));
}

/// Whether the logs give the database back.
#[track_caller]
fn is_rebuilt(workdir: &Workdir) {
    workdir.run(&["rebuild"]).exits(0);
    workdir.run(&["status", "small"]).exits(0);
    assert_eq!(workdir.jobs("finished"), 4.0);
}

#[test]
fn a_mistyped_results_folder_is_an_error_and_none_is_made() {
    let workdir = Workdir::small();
    let commands: [&[&str]; 14] = [
        &["status", "small"],
        &["watch", "--once"],
        &["report", "small"],
        &["query", "select 1"],
        &["show", "abc"],
        &["why", "abc"],
        &["retry", "small"],
        &["retry", "small", "--damaged"],
        &["backup", "copy.db"],
        &["rebuild"],
        &["prune"],
        &["pause"],
        &["resume"],
        &["cancel", "abc"],
    ];
    let with_typo: Vec<Vec<&str>> = commands
        .iter()
        .map(|command| [&["--results", "typo"], *command].concat())
        .collect();
    let with_typo: Vec<&[&str]> = with_typo.iter().map(Vec::as_slice).collect();
    let words = ["there is no results folder", "typo", "--results"];
    all_say(&workdir, &with_typo, 5, &words);
    let status = workdir.run(&["--results", "typo", "status"]).exits(0);
    status.says(&["nothing has been run in", "typo", "no such folder"]);
    assert!(!workdir.path("typo").exists());
    assert!(!workdir.path("copy.db").exists());
}

#[test]
fn a_file_in_the_place_of_the_results_folder_is_named() {
    let workdir = Workdir::small();
    workdir.write("results", "a file");
    all_say(
        &workdir,
        &READERS,
        5,
        &["results", "in the place of a folder"],
    );
    all_say(
        &workdir,
        &[&["run", "small.toml"]],
        5,
        &["results", "a file is in the way"],
    );
    let words = ["results is not a folder", "--results"];
    all_say(&workdir, &[&["rebuild"], &["prune"], &["pause"]], 5, &words);
    assert_eq!(workdir.read("results"), "a file");
}

#[test]
fn a_folder_in_the_place_of_the_database_is_named() {
    let workdir = trained();
    replaced(&workdir, |path| fs::create_dir(path).expect("made"));
    let words = [
        "convsweep.sqlite is a folder",
        "move it out of the way",
        "rebuild",
    ];
    all_say(&workdir, &READERS, 5, &words);
    all_say(&workdir, &WRITERS, 5, &words);
    all_say(&workdir, &[&["prune"]], 5, &words);
    fs::remove_dir(workdir.path("results/convsweep.sqlite")).expect("removed");
    is_rebuilt(&workdir);
}

#[test]
fn a_file_that_is_no_database_is_named() {
    let workdir = trained();
    let text = "not a database, but long enough to be one ".repeat(100);
    replaced(&workdir, |path| fs::write(path, text).expect("written"));
    let words = [
        "is not a valid results database",
        "file is not a database",
        "rebuild",
    ];
    all_say(&workdir, &READERS, 5, &words);
    all_say(&workdir, &[&["run", "small.toml"], &["prune"]], 5, &words);
    is_rebuilt(&workdir);
    replaced(&workdir, |path| fs::write(path, "").expect("written"));
    all_say(&workdir, &READERS, 5, &["it is empty", "rebuild"]);
    workdir.run(&["run", "small.toml"]).exits(0);
    assert_eq!(
        workdir.jobs("finished"),
        4.0,
        "the run has read the logs again"
    );
}

#[test]
fn a_damaged_header_is_named() {
    let workdir = trained();
    let path = workdir.path("results/convsweep.sqlite");
    let mut bytes = fs::read(&path).expect("read");
    bytes[..16].copy_from_slice(b"SQLite format 9\0");
    fs::write(&path, bytes).expect("written");
    all_say(
        &workdir,
        &READERS,
        5,
        &["is not a valid results database", "rebuild"],
    );
    is_rebuilt(&workdir);
}

#[test]
fn older_and_newer_databases_are_named() {
    let workdir = trained();
    let set = |sql: &str| {
        let path = workdir.path("results/convsweep.sqlite");
        let database = rusqlite::Connection::open(path).expect("opens");
        database.execute_batch(sql).expect(sql);
    };
    set("pragma user_version = 3; drop table decisions");
    all_say(
        &workdir,
        &READERS,
        5,
        &["has version 3", "this program writes", "rebuild"],
    );
    let words = [
        "has version 3 and cannot be brought to version",
        "decisions",
        "rebuild",
    ];
    // Without its digest, the database is not known to have been changed.
    fs::remove_file(workdir.path("results/convsweep.sqlite.blake3")).expect("removed");
    all_say(&workdir, &[&["run", "small.toml"]], 5, &words);
    is_rebuilt(&workdir);
    set("pragma user_version = 99");
    let newer = ["has version 99", "use the newer convsweep"];
    all_say(&workdir, &READERS, 5, &newer);
    all_say(&workdir, &[&["run", "small.toml"]], 5, &newer);
}

#[test]
fn a_locked_database_is_said_to_be_locked() {
    let workdir = trained();
    let path = workdir.path("results/convsweep.sqlite");
    let other = rusqlite::Connection::open(path).expect("opens");
    let lock = "pragma locking_mode = exclusive; begin exclusive; create table x (a)";
    other.execute_batch(lock).expect("locks");
    let words = [
        "convsweep.sqlite is locked by another program",
        "end that program",
    ];
    std::thread::scope(|scope| {
        for command in [
            &["run", "small.toml"][..],
            &["status"],
            &["report", "small"],
        ] {
            scope.spawn(|| all_say(&workdir, &[command], 5, &words));
        }
    });
    drop(other);
    workdir.run(&["run", "small.toml"]).exits(0);
}

#[test]
fn unknown_names_are_answered_with_the_nearest() {
    let workdir = trained();
    let nearest = ["no experiment \"smal\"", "did you mean \"small\"?"];
    let commands: [&[&str]; 4] = [
        &["status", "smal"],
        &["watch", "--once", "smal"],
        &["report", "small", "smal"],
        &["retry", "smal"],
    ];
    all_say(&workdir, &commands, 2, &nearest);
    let is_experiment = ["is an experiment", "`convsweep status small`"];
    all_say(
        &workdir,
        &[&["show", "small"], &["why", "small"]],
        2,
        &is_experiment,
    );
    all_say(&workdir, &[&["cancel", "small"]], 2, &is_experiment);
    let preset = ["no preset \"resnet2\"", "did you mean \"resnet20\"?"];
    all_say(
        &workdir,
        &[&["preset", "resnet2"], &["new", "resnet2"]],
        2,
        &preset,
    );
    all_say(
        &workdir,
        &[&["show", "0000000"], &["why", "0000000"]],
        2,
        &["convsweep status NAME"],
    );
}

#[test]
fn folders_as_arguments_are_refused() {
    let workdir = trained();
    fs::create_dir(workdir.path("folder")).expect("made");
    let commands: [&[&str]; 2] = [&["plan", "folder"], &["run", "folder"]];
    all_say(&workdir, &commands, 2, &["folder"]);
    let inspected: [&[&str]; 1] = [&["data", "inspect", "folder"]];
    all_say(
        &workdir,
        &inspected,
        3,
        &["folder holds 0 folders of classes"],
    );
    all_say(
        &workdir,
        &[&["backup", "folder"]],
        5,
        &["folder exists already", "another file"],
    );
    let words = ["none/copy.db", "its folder exists"];
    all_say(&workdir, &[&["backup", "none/copy.db"]], 5, &words);
}

#[test]
fn queries_answer_reads_refuse_writes_and_end() {
    let workdir = trained();
    for sql in ["SELECT*FROM jobs", "select(1)", "values(1)", "select'a'"] {
        workdir.run(&["query", sql]).exits(0);
    }
    let writes: [&[&str]; 3] = [
        &["query", "delete from jobs"],
        &["query", "begin"],
        &["query", "attach 'other' as other"],
    ];
    all_say(&workdir, &writes, 2, &["queries are read-only"]);
    let json = workdir.stdout(&["query", "--json", "select 1 as a, 2 as a"]);
    assert_eq!(json, "[\n  {\n    \"a\": 1,\n    \"a:1\": 2\n  }\n]\n");
    assert_eq!(
        workdir.stdout(&["query", "--json", "select 1 where 0"]),
        "[]\n"
    );
    assert_eq!(
        workdir.stdout(&["query", "--csv", "select 1 as a where 0"]),
        "a\n"
    );
    let endless = "with recursive c(x) as (select 1 union all select x + 1 from c) \
        select count(*) from c";
    let limited: &[&str] = &["query", "--timeout", "0.5", endless];
    all_say(
        &workdir,
        &[limited],
        2,
        &["ended after 0.5 s", "--timeout SECONDS"],
    );
    all_say(
        &workdir,
        &[&["query", "--timeout", "x", "select 1"]],
        2,
        &["a number of seconds"],
    );
}

#[test]
fn an_endless_query_can_be_interrupted() {
    let workdir = trained();
    let endless = "with recursive c(x) as (select 1 union all select x + 1 from c) \
        select count(*) from c";
    let mut query = workdir.command(&["query", "--timeout", "0", endless]);
    let mut query = query.spawn().expect("starts");
    std::thread::sleep(std::time::Duration::from_millis(500));
    assert!(send_signal("INT", query.id()));
    wait_until("it has ended", || has_ended(&mut query));
}

#[test]
fn commands_that_need_no_images_work_without_a_home() {
    let workdir = Workdir::small();
    let commands: [&[&str]; 5] = [
        &["status"],
        &["preset", "tutorial"],
        &["reference"],
        &["schema"],
        &["new"],
    ];
    for command in commands {
        let mut command = workdir.command(command);
        for name in ["HOME", "XDG_CACHE_HOME", "CONVSWEEP_DATA"] {
            command.env_remove(name);
        }
        ProgramRun::of(&mut command).exits(0);
    }
}

#[test]
fn output_that_cannot_be_written_is_said() {
    let workdir = Workdir::new();
    let full = fs::File::options().write(true).open("/dev/full");
    let Ok(full) = full else {
        return crate::needs::skip("there is no /dev/full");
    };
    let mut command = workdir.command(&["reference"]);
    let run = ProgramRun::of(command.stdout(full));
    let stderr = run.stderr();
    assert_eq!(run.0.status.code(), Some(2), "{stderr}");
    assert_contains(
        &stderr,
        &["cannot be written to standard output", "No space left"],
    );
}

#[test]
fn a_results_folder_that_vanishes_ends_the_run_and_it_continues_when_the_folder_is_back() {
    let experiment = small_with_epochs(150);
    let undisturbed = Workdir::with(&experiment);
    undisturbed.run(&["run", "small.toml"]).exits(0);
    let workdir = Workdir::with(&experiment);
    let errors = workdir.path("errors");
    let mut command = workdir.command(&["run", "small.toml"]);
    command.stdout(Stdio::null());
    command.stderr(fs::File::create(&errors).expect("created"));
    let mut program = command.spawn().expect("starts");
    wait_for_events(&workdir, 10);
    fs::rename(workdir.path("results"), workdir.path("elsewhere")).expect("moved");
    assert_eq!(
        exit_code(&mut program),
        Some(5),
        "{}",
        workdir.read("errors")
    );
    let words = [
        "the results folder",
        "vanished while jobs were trained",
        "bring it back",
    ];
    assert_contains(&workdir.read("errors"), &words);
    let _ = fs::remove_dir_all(workdir.path("results"));
    fs::rename(workdir.path("elsewhere"), workdir.path("results")).expect("moved");
    workdir.run(&["run", "small.toml"]).exits(0);
    // A job that ended meanwhile has logged its end where the folder went, but left its files where
    // it had been.
    workdir.run(&["retry", "small", "--damaged"]).exits(0);
    assert_eq!(workdir.results(), undisturbed.results());
}

#[test]
fn clocks_that_jump_and_time_zones_do_no_harm() {
    let workdir = trained();
    // A lock that was taken in the future, by a program that is alive.
    let host = convsweep_host();
    let pid = std::process::id();
    let text = format!("{{\"pid\":{pid},\"host\":\"{host}\",\"since\":9e12}}\n");
    workdir.write("results/.lock", &text);
    for zone in ["UTC", "Asia/Kathmandu", "nonsense"] {
        let mut command = workdir.command(&["watch", "--once"]);
        let run = ProgramRun::of(command.env("TZ", zone)).exits(0);
        assert_contains(&run.stdout(), &["for 0 s", "4 finished of 4 jobs"]);
    }
}

/// The name of this machine, as the program writes it.
fn convsweep_host() -> String {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").expect("a Linux system");
    name.trim().to_string()
}

#[test]
fn a_folder_of_image_sets_that_cannot_be_used_is_named() {
    let workdir = Workdir::small();
    workdir.write("file", "");
    let commands: [&[&str]; 2] = [
        &["--data", "file", "run", "small.toml"],
        &["--data", "file", "data", "prune"],
    ];
    all_say(
        &workdir,
        &commands,
        3,
        &["file", "in the place of a folder", "--data"],
    );
    let preview: &[&str] = &["data", "preview", "small.toml", "-o", "none/x.png"];
    all_say(&workdir, &[preview], 3, &["none/x.png", "check the path"]);
    assert!(!workdir.path("results/jobs").exists(), "nothing is trained");
}
