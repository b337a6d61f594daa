//! `convsweep run --slurm`: from the login node to the results.

use super::cluster::{Cluster, local_results};
use crate::processes::{wait_for_events, wait_until};
use crate::support::{ProgramRun, SMALL, Workdir, assert_contains, small_with_epochs};
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

/// What an allocation of the tests is asked for.
const ASKED: &str = "\n[run.slurm]\ncpus = 2\nmemory = \"3 GiB\"\ntime = \"30 min\"\n";

/// The program with these arguments, which finds the cluster.
fn run(cluster: &Cluster, workdir: &Workdir, arguments: &[&str]) -> ProgramRun {
    let conf = ("SLURM_CONF", cluster.path("slurm.conf"));
    let mut arguments_and = arguments.to_vec();
    arguments_and.push("--quiet");
    let mut command = workdir.command(&arguments_and);
    ProgramRun::of(command.env(conf.0, conf.1))
}

/// The folder of the newest submission.
fn submission(workdir: &Workdir) -> PathBuf {
    let folders = fs::read_dir(workdir.path("results/small/slurm")).expect("is there");
    let mut folders: Vec<_> = folders.flatten().map(|entry| entry.path()).collect();
    folders.sort_by_key(|folder| fs::metadata(folder).and_then(|found| found.modified()).ok());
    folders.pop().expect("there is a submission")
}

/// The id of the newest submission's allocation.
fn allocation(workdir: &Workdir) -> u64 {
    let text = fs::read_to_string(submission(workdir).join("submission.json")).expect("is there");
    let submission: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let id = submission["allocation"].as_str().expect("was handed over");
    id.parse().expect("a number")
}

/// Waits until the program in the allocation has ended with this code, for good.
#[track_caller]
fn ends_with(workdir: &Workdir, code: u64) {
    let end = submission(workdir).join("end.json");
    wait_until("the allocation has ended", || {
        let text = fs::read_to_string(&end).unwrap_or_default();
        let end: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
        end["exit_code"].as_u64() == Some(code) && end["continues"] == false
    });
}

/// What the allocation has written.
fn log(workdir: &Workdir) -> String {
    let logs = fs::read_dir(submission(workdir).join("logs")).expect("is there");
    let logs = logs.flatten().map(|entry| fs::read_to_string(entry.path()));
    logs.map(|text| text.expect("reads")).collect()
}

/// The results of the experiment with these epochs, trained outside Slurm.
fn undisturbed(epochs: u32) -> BTreeMap<String, u64> {
    local_results(&Workdir::with(&small_with_epochs(epochs)))
}

#[test]
fn what_is_submitted_is_what_is_trained() {
    let Some(cluster) = Cluster::start(&[]) else {
        return;
    };
    // It waits until it is released.
    let workdir = Workdir::with(&format!("{SMALL}{ASKED}options = [\"--hold\"]\n"));
    let script = run(
        &cluster,
        &workdir,
        &["run", "small.toml", "--slurm", "--dry-run"],
    )
    .exits(0);
    assert_contains(
        &script.stdout(),
        &[
            "#SBATCH --cpus-per-task=2",
            "#SBATCH --mem=3072M",
            "#SBATCH --time=30",
            "--hold",
        ],
    );
    assert!(!workdir.path("results").exists(), "nothing is handed over");

    let submitted = run(&cluster, &workdir, &["run", "small.toml", "--slurm"]).exits(0);
    let id = allocation(&workdir);
    assert_contains(
        &submitted.stdout(),
        &[&format!(
            "small: allocation {id}, 4 of 4 jobs are to be trained"
        )],
    );
    let status = run(&cluster, &workdir, &["status"]).exits(0);
    let words = format!("small: allocation {id} waits: Slurm holds it (JobHeldUser)");
    assert_contains(
        &status.stdout(),
        &[&words, &format!("scontrol release {id}")],
    );
    let second = run(&cluster, &workdir, &["run", "small.toml", "--slurm"]).exits(5);
    second.says(&[&format!("allocation {id} has the same to do")]);

    workdir.write("small.toml", &small_with_epochs(5));
    cluster.ask("scontrol", &["release", &id.to_string()]);
    ends_with(&workdir, 0);
    assert_eq!(
        workdir.results(),
        undisturbed(3),
        "as it was when it was submitted"
    );
    workdir.write("small.toml", &format!("{SMALL}{ASKED}"));
    let again = run(&cluster, &workdir, &["run", "small.toml", "--slurm"]).exits(0);
    again.says(&["nothing is left to train of 4 jobs"]);
}

#[test]
fn waiting_ends_with_the_code_of_the_run() {
    let Some(cluster) = Cluster::start(&[]) else {
        return;
    };
    let workdir = Workdir::with(&format!("{SMALL}{ASKED}"));
    let mut command = workdir.command(&["run", "small.toml", "--slurm", "--wait"]);
    let run = ProgramRun::of(command.env("SLURM_CONF", cluster.path("slurm.conf")));
    run.exits(0).says(&["has ended"]);
    assert_eq!(workdir.results(), undisturbed(3));
}

#[test]
fn an_allocation_whose_time_is_up_goes_back_to_the_queue_until_all_is_trained() {
    let Some(cluster) = Cluster::start(&[]) else {
        return;
    };
    let epochs = 60;
    let workdir = Workdir::with(&format!("{}{ASKED}", small_with_epochs(epochs)));
    run(&cluster, &workdir, &["run", "small.toml", "--slurm"]).exits(0);
    let id = allocation(&workdir).to_string();
    wait_for_events(&workdir, 40);
    cluster.ask("scancel", &["--batch", "--signal=USR1", &id]);
    ends_with(&workdir, 0);
    assert_contains(&log(&workdir), &["goes back to the queue", "resumed"]);
    assert!(workdir.attempts("cancelled") > 0.0);
    assert_eq!(workdir.results(), undisturbed(epochs));
}

#[test]
fn an_allocation_that_somebody_ends_stays_away_and_the_same_command_continues() {
    let Some(cluster) = Cluster::start(&[]) else {
        return;
    };
    let epochs = 60;
    let workdir = Workdir::with(&format!("{}{ASKED}", small_with_epochs(epochs)));
    run(&cluster, &workdir, &["run", "small.toml", "--slurm"]).exits(0);
    let id = allocation(&workdir).to_string();
    wait_for_events(&workdir, 40);
    cluster.ask("scancel", &[&id]);
    ends_with(&workdir, 130);
    let cancelled = workdir.attempts("cancelled");
    assert!(
        cancelled > 0.0,
        "workers write checkpoints: {}",
        log(&workdir)
    );
    assert_eq!(workdir.attempts("crashed"), 0.0);
    wait_until("it has left the queue", || {
        cluster.ask("squeue", &["-h"]).is_empty()
    });

    run(&cluster, &workdir, &["run", "small.toml", "--slurm"]).exits(0);
    ends_with(&workdir, 0);
    assert_contains(&log(&workdir), &["resumed"]);
    assert_eq!(workdir.results(), undisturbed(epochs));
}

#[test]
fn what_the_cluster_would_never_start_is_refused_before_anything_is_written() {
    let Some(cluster) = Cluster::start(&[]) else {
        return;
    };
    for (asked, words) in [
        (
            "partition = \"gpus\"",
            "run.slurm.partition: this cluster has no partition \"gpus\"; it has main, spare",
        ),
        (
            "time = \"3 d\"",
            "run.slurm.time: 3 d, but partition main allows 1 d",
        ),
        ("cpus = 64", "Slurm refuses: sbatch says"),
        ("memory = \"900 GiB\"", "Slurm refuses: sbatch says"),
        ("gpus = 5", "Slurm refuses: sbatch says"),
    ] {
        let workdir = Workdir::with(&format!("{SMALL}\n[run.slurm]\n{asked}\n"));
        let refused = run(&cluster, &workdir, &["run", "small.toml", "--slurm"]).exits(2);
        refused.says(&[words]);
        assert!(
            !workdir.path("results/small/slurm").exists()
                || fs::read_dir(workdir.path("results/small/slurm"))
                    .expect("a folder")
                    .next()
                    .is_none(),
            "{asked}"
        );
    }
}

#[test]
fn a_machine_without_slurm_is_told_from_a_cluster() {
    let workdir = Workdir::with(&format!("{SMALL}{ASKED}"));
    let mut command = workdir.command(&["run", "small.toml", "--slurm"]);
    let run = ProgramRun::of(command.env("PATH", workdir.path("")));
    run.exits(4).says(&[
        "--slurm: no Slurm is found here: scontrol is not in PATH",
        "module load slurm",
    ]);
    for (asked, words) in [
        (
            "time = \"1 min\"",
            "`run.slurm.grace` (180 s) leaves no time",
        ),
        ("setup = [\"export API_KEY=x\"]", "seems to hold a secret"),
        (
            "options = [\"--partition=x\"]",
            "write `run.slurm.partition` instead",
        ),
        ("partition = \"a b\"", "`run.slurm.partition` cannot be"),
    ] {
        workdir.write("small.toml", &format!("{SMALL}\n[run.slurm]\n{asked}\n"));
        workdir.run(&["plan", "small.toml"]).exits(2).says(&[words]);
    }
}
