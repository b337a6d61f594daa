//! `convsweep report A B C`: one page over several experiments.

use crate::compare::{sweep, train};
use crate::fake_worker::FakeSweep;
use crate::support::{SMALL, Workdir, assert_contains, entries};

/// One more experiment over the same learning rates, on other images, changed by `edit`.
fn add(sweep: &FakeSweep, name: &str, best: Option<f64>, edit: impl FnOnce(String) -> String) {
    let images = format!("train = {}", 200 + name.len());
    let text = SMALL
        .replace("\"small\"", &format!("\"{name}\""))
        .replace("seeds = 2", "seeds = 3")
        .replace("epochs = 3", "epochs = 1")
        .replace("train = 240", &images);
    let file = format!("{name}.toml");
    sweep.workdir.write(&file, &edit(text));
    train(sweep, &file, best);
}

fn page(workdir: &Workdir, folder: &str) -> String {
    workdir.read(&format!("results/{folder}/report.html"))
}

#[test]
fn several_experiments_get_one_page_over_all_and_their_own() {
    let sweep = sweep();
    let workdir = &sweep.workdir;
    add(&sweep, "third", Some(0.7), |text| text);
    for name in ["small", "other", "third"] {
        std::fs::remove_file(workdir.path(&format!("results/{name}/report.html"))).expect("a page");
    }
    let text = workdir.stdout(&["report", "small", "other", "third"]);
    assert_contains(
        &text,
        &[
            "Over 3 experiments, lr=0.01 has the best mean rank of 2 choices: 1.00",
            "mean rank  choice",
            "91.00 ± 1.00 (3)*",
            "results/small+other+third/report.html",
            "results/third/report.html",
        ],
    );
    let together = page(workdir, "small+other+third");
    assert_contains(
        &together,
        &["critical-difference", "href=\"../other/report.html\""],
    );
    for name in ["small", "other", "third"] {
        assert!(page(workdir, name).contains(name));
    }
    let csv = workdir.read("results/small+other+third/choices.csv");
    assert_eq!(csv.lines().count(), 1 + 2 * 3, "{csv}");
    let charts = entries(&workdir.path("results/small+other+third/charts"));
    assert_eq!(charts.len(), 4);
    // The folder is the program's own, and no experiment's.
    let check = workdir.stdout(&["check"]);
    assert!(!check.contains("small+other+third"), "{check}");
    workdir.run(&["rebuild"]).exits(0);
    let status = workdir.stdout(&["status"]);
    assert!(!status.contains('+'), "{status}");
}

#[test]
fn one_experiment_gets_its_own_page_only() {
    let sweep = sweep();
    let workdir = &sweep.workdir;
    let text = workdir.stdout(&["report", "small"]);
    assert!(!text.contains("mean rank"), "{text}");
    let folders = entries(&workdir.path("results"));
    let with_plus = folders
        .iter()
        .filter(|path| path.to_string_lossy().contains('+'));
    assert_eq!(with_plus.count(), 0);
}

#[test]
fn what_cannot_be_reported_together_is_refused_before_anything_is_written() {
    let sweep = sweep();
    let workdir = &sweep.workdir;
    let own = workdir.path("results/small/report.html");
    std::fs::remove_file(&own).expect("a page");
    let refused = |names: &[&str], words: &str| {
        let run = workdir.run(&[&["report"], names].concat()).exits(2);
        assert_contains(&run.stderr(), &[words]);
        assert!(!own.exists());
    };
    refused(
        &["small", "small"],
        "\"small\" is named twice: name each experiment once",
    );
    refused(&["small", "othr"], "did you mean \"other\"?");
}

#[test]
fn what_the_ranks_lack_is_said_with_a_remedy() {
    let sweep = sweep();
    let workdir = &sweep.workdir;
    // By default a device gets no more jobs after five equal failures, and whether the sixth job had
    // ended by then is a matter of time.
    add(&sweep, "failed", None, |text| {
        text + "\n[run]\nbreaker = 7\n"
    });
    let text = workdir.stdout(&["report", "small", "failed"]);
    assert_contains(
        &text,
        &[
            "There are no ranks: no choice has a result in all of the 2 experiments",
            "failed has no result (6 of 6 jobs ended): `convsweep status failed` shows them",
            "Failed jobs do not count: failed (6 of 6 jobs). `convsweep retry NAME`",
        ],
    );
    add(&sweep, "fewer", Some(0.7), |text| {
        text.replace("[1e-3, 1e-2]", "[1e-2, 1e-1]")
    });
    let text = workdir.stdout(&["report", "small", "fewer"]);
    assert_contains(
        &text,
        &[
            "only lr=0.01 has a result in all of the 2 experiments",
            "sweep the same values in each file",
            "not ranked: lr=0.001 and lr=0.1",
        ],
    );
    add(&sweep, "single", Some(0.7), |text| {
        text.replace("seeds = 3", "seeds = 1")
    });
    let text = workdir.stdout(&["report", "small", "single"]);
    assert_contains(
        &text,
        &[
            "In single, choices are ranked by a single run",
            "`seeds = 3`",
        ],
    );
    add(&sweep, "by-loss", Some(0.7), |text| {
        text.replace("seeds = 3", "seeds = 3\nmetric = \"val_loss\"")
    });
    let text = workdir.stdout(&["report", "small", "by-loss"]);
    assert_contains(
        &text,
        &[
            "different metrics (validation accuracy, validation loss)",
            "by-loss: validation loss",
            "The same `metric` in each file's [experiment] avoids it",
        ],
    );
}
