//! A database file that is no longer what the last run left: told wherever its figures are shown.

use crate::support::{Workdir, assert_contains};
use std::fs;

/// Replaces a recorded accuracy in the file, which SQLite does not notice.
fn change_an_accuracy(workdir: &Workdir) {
    let value = workdir.number("select value from metrics where name = 'val_accuracy' limit 1");
    let path = workdir.path("results/convsweep.sqlite");
    let mut bytes = fs::read(&path).expect("reads");
    let found = bytes
        .windows(8)
        .position(|window| window == value.to_be_bytes());
    let start = found.expect("is stored as it is");
    bytes[start..start + 8].copy_from_slice(&0.99f64.to_be_bytes());
    fs::write(&path, bytes).expect("writes");
}

#[test]
fn a_changed_database_is_told_and_built_again_by_the_next_run() {
    let workdir = Workdir::small();
    workdir.run(&["run", "small.toml"]).exits(0);
    let expected = workdir.results();
    let doubt = "can be vouched for";
    assert!(!workdir.read("results/small/report.html").contains(doubt));
    change_an_accuracy(&workdir);
    assert_ne!(workdir.results(), expected);
    let told = ["was damaged, or changed by another program"];
    workdir.run(&["status"]).exits(0).says(&told);
    workdir.run(&["query", "select 1"]).exits(0).says(&told);
    let report = workdir.run(&["report", "small"]).exits(0).says(&told);
    assert_contains(&report.stdout(), &[doubt]);
    assert_contains(&workdir.read("results/small/report.html"), &[doubt]);
    let refused = workdir.run(&["backup", "copy.sqlite"]).exits(5);
    assert_contains(&refused.stderr(), &[told[0], "`convsweep rebuild`"]);
    for check in [&["check"][..], &["check", "--quick"]] {
        let check = workdir.run(check).exits(5);
        assert_contains(&check.stdout(), &["`convsweep rebuild`"]);
    }
    workdir
        .run(&["run", "small.toml"])
        .exits(0)
        .says(&["it was built again from the logs"]);
    assert_eq!(workdir.results(), expected);
    assert!(!workdir.read("results/small/report.html").contains(doubt));
    workdir.run(&["check", "--quick"]).exits(0);
}

/// The pages of other experiments that were made from a changed database are made again.
#[test]
fn reports_of_other_experiments_are_made_again() {
    let workdir = Workdir::small();
    let other = workdir.read("small.toml").replace("\"small\"", "\"other\"");
    workdir.write("other.toml", &other);
    workdir.run(&["run", "small.toml", "other.toml"]).exits(0);
    change_an_accuracy(&workdir);
    workdir.run(&["report", "other"]).exits(0);
    let doubt = "can be vouched for";
    assert_contains(&workdir.read("results/other/report.html"), &[doubt]);
    workdir
        .run(&["run", "small.toml"])
        .exits(0)
        .says(&["the report of other was made from the changed database, and was made again"]);
    assert!(!workdir.read("results/other/report.html").contains(doubt));
}
