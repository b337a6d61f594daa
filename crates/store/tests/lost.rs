//! What the logs no longer hold, or the system does not let the program read.

use crate::folder::{Folder, member};
use convsweep_spec::metric::Direction;
use convsweep_store::{DatabaseWriter, quick_check, rebuild_keeping};
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
