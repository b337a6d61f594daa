//! What the logs no longer hold, or the system does not let the program read.

use crate::folder::{Folder, member};
use convsweep_spec::event::Start;
use convsweep_spec::log::Record;
use convsweep_spec::metric::Direction;
use convsweep_spec::outcome::Outcome;
use convsweep_store::{DatabaseWriter, check, quick_check, rebuild_keeping};
use rusqlite::Connection;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

/// Two experiments with a job each, which the database knows.
fn two_experiments() -> Folder {
    let mut folder = Folder::new();
    for (name, width) in [("a", 1), ("b", 2)] {
        let member = member(0, width, 2, 1, &[]);
        folder.revision(1, name, &[], Direction::Max);
        folder.member(name, &member);
        folder.train(&member.jobs[0].job, 0.5);
    }
    assert_eq!(folder.synced(), [""; 0]);
    folder
}

/// Puts a link to itself in the place of a folder: the system refuses to follow it, whoever asks.
fn make_unreadable(folder: &Path) {
    fs::rename(folder, folder.with_extension("aside")).expect("moves");
    symlink(folder, folder).expect("links");
}

#[test]
fn a_log_that_the_system_refuses_to_read_is_not_gone() {
    let folder = two_experiments();
    let job = member(0, 1, 2, 1, &[]).jobs[0].job.clone();
    for unreadable in [folder.results.experiment("a"), folder.results.job(&job)] {
        let kept = unreadable.with_extension("aside");
        make_unreadable(&unreadable);
        let writer = DatabaseWriter::open(&folder.results).expect("opens");
        let refused = writer.sync(&folder.results).expect_err("refuses");
        drop(writer);
        let rebuilt = rebuild_keeping(&folder.results);
        for words in [refused.to_string(), format!("{rebuilt:?}")] {
            assert!(
                words.contains("FilesystemLoop") || words.contains("symbolic links"),
                "{words}"
            );
        }
        let checked = format!("{:?}", quick_check(&folder.results));
        assert!(checked.contains("symbolic links"), "{checked}");
        assert!(!checked.contains("is gone"), "{checked}");
        fs::remove_file(&unreadable).expect("removes");
        fs::rename(&kept, &unreadable).expect("moves");
    }
    assert_eq!(
        folder.text("select count(*) from log_problems"),
        "0",
        "nothing was written down"
    );
}

/// Whatever only the database has of an experiment is forgotten as a whole, also how its log says
/// that attempts ended.
#[test]
fn a_forgotten_experiment_is_what_its_log_holds() {
    let mut folder = two_experiments();
    let dead = member(0, 3, 2, 1, &[]);
    folder.revision(2, "a", &[], Direction::Max);
    folder.member("a", &dead);
    folder.start(&dead.jobs[0].job, 1, Start::Scratch);
    let ended = Record::AttemptEnded {
        job: dead.jobs[0].job.clone(),
        attempt: 1,
        outcome: Outcome::TimedOut,
        stderr: String::new(),
    };
    folder.record("a", ended);
    folder.member("a", &member(1, 4, 2, 1, &[]));
    folder.synced();
    let path = folder.results.experiment_log("a");
    let log = fs::read_to_string(&path).expect("reads");
    let lines: Vec<&str> = log.split_inclusive('\n').collect();
    for kept in [2, 0] {
        fs::write(&path, lines[..kept].concat()).expect("writes");
        folder.synced();
        let writer = DatabaseWriter::open(&folder.results).expect("opens");
        let forgotten = writer.forget_lost_entries("a").expect("forgets");
        assert_eq!(forgotten.problems, [""; 0], "{kept}");
        drop(writer);
        let live = folder.dump();
        rebuild_keeping(&folder.results).expect("nothing is left to lose");
        assert_eq!(live, folder.dump(), "{kept}");
    }
}

/// An older plan that is lost is no reason to put back an older log.
#[test]
fn a_copy_of_a_log_is_not_asked_for_after_the_plan_was_written_again() {
    let mut folder = two_experiments();
    folder.revision(2, "a", &[], Direction::Max);
    folder.synced();
    let path = folder.results.experiment_log("a");
    let log = fs::read_to_string(&path).expect("reads");
    let cut: String = log.split_inclusive('\n').take(2).collect();
    fs::write(&path, cut).expect("writes");
    assert!(folder.synced()[0].contains("put back a copy of the log"));
    folder.revision(3, "a", &[], Direction::Max);
    let problems = folder.synced();
    let checked = check(&folder.results).expect("checks").problems;
    for found in [problems, checked] {
        let found = found.join("\n");
        assert!(found.contains("written again"), "{found}");
        assert!(found.contains("rebuild --forget-lost` drops"), "{found}");
        assert!(!found.contains("put back"), "{found}");
    }
}

/// A folder that a person has deleted does not leave the rest in doubt for ever.
#[test]
fn a_deleted_experiment_leaves_the_others_vouched_for() {
    let folder = two_experiments();
    let digest = folder.results.0.join("convsweep.sqlite.blake3");
    fs::remove_dir_all(folder.results.experiment("b")).expect("removes");
    let start = || {
        let writer = DatabaseWriter::open(&folder.results).expect("opens");
        writer.sync(&folder.results).expect("syncs").problems
    };
    // As a run that is killed leaves it.
    fs::remove_file(&digest).expect("removes");
    let problems = start();
    assert_eq!(problems.len(), 1, "{problems:#?}");
    assert!(digest.exists(), "it is not compared again");
    assert_eq!(folder.text("select count(*) from experiments"), "2");
    fs::remove_file(&digest).expect("removes");
    let connection = Connection::open(folder.results.database()).expect("opens");
    let wrong = "update metrics set value = 7 where job = (select min(job) from metrics)";
    connection.execute(wrong, []).expect("changes");
    drop(connection);
    let problems = start().join("\n");
    assert!(problems.contains("differs from the logs"), "{problems}");
    assert!(problems.contains("rebuild --forget-lost"), "{problems}");
    assert!(!digest.exists(), "it stays in doubt");
}

/// A database that cannot be compared with the logs may be the only one that has what they lost.
#[test]
fn a_database_that_cannot_be_compared_is_kept() {
    let damages: [&dyn Fn(&Folder); 2] = [
        &|folder| fs::write(folder.results.database(), "no database".repeat(500)).expect("writes"),
        &|folder| {
            let connection = Connection::open(folder.results.database()).expect("opens");
            let drop = "drop table decisions";
            connection.execute(drop, []).expect("as of an old program");
        },
    ];
    for damage in damages {
        let folder = two_experiments();
        damage(&folder);
        let before = fs::read(folder.results.database()).expect("reads");
        let report = rebuild_keeping(&folder.results).expect("rebuilds");
        let kept = folder.results.damaged().join("convsweep.sqlite-1");
        assert!(
            report.problems[0].contains("convsweep.sqlite-1"),
            "{report:?}"
        );
        assert_eq!(fs::read(kept).expect("is there"), before);
        let again = rebuild_keeping(&folder.results).expect("rebuilds");
        assert_eq!(again.problems, [""; 0]);
    }
}

/// What a damaged line says is not taken for advice of the program.
#[test]
fn the_words_of_a_damaged_line_are_no_remedy() {
    let folder = two_experiments();
    folder.append("a/log.jsonl", b"put back, were exchanged or copied\n");
    let writer = DatabaseWriter::open(&folder.results).expect("opens");
    writer.sync(&folder.results).expect("syncs");
    drop(writer);
    let problems = folder.reader().experiment_log_problems("a").expect("reads");
    assert!(problems[0].text().contains("put back"), "{problems:?}");
    assert!(!problems[0].has_remedy());
    fs::remove_dir_all(folder.results.experiment("b")).expect("removes");
    let writer = DatabaseWriter::open(&folder.results).expect("opens");
    writer.sync(&folder.results).expect("syncs");
    drop(writer);
    let problems = folder.reader().experiment_log_problems("b").expect("reads");
    assert!(problems[0].has_remedy(), "{problems:?}");
}
