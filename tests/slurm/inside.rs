//! `convsweep run` inside an allocation.

use super::cluster::{Cluster, local_results, program};
use crate::processes::{wait_for_events, wait_until};
use crate::support::{SMALL, Workdir, assert_contains, small_with_epochs};
use convsweep_slurm::{StepGpu, StepRequest};
use std::process::Command;

/// What a batch script runs.
fn run_lines() -> String {
    format!("exec {} run small.toml", program())
}

/// The results of [`small_with_epochs`], trained outside Slurm.
fn undisturbed(epochs: u32) -> std::collections::BTreeMap<String, u64> {
    local_results(&Workdir::with(&small_with_epochs(epochs)))
}

#[test]
fn two_nodes_train_what_one_machine_does() {
    let Some(cluster) = Cluster::start(&[]) else {
        return;
    };
    let workdir = Workdir::small();
    let options = ["--nodes=2", "--cpus-per-task=2", "--mem=3000"];
    let job = cluster.run(&workdir, &options, &run_lines());
    job.ends(0, &["small: 2 configurations, 4 jobs: 4 new · 4 slots"]);
    let log = workdir.read("results/small/run.log");
    assert_contains(
        &log,
        &[
            "slot 1: cpu, 1 thread",
            "slot 2: n2: cpu",
            "slot 3: n2: cpu",
        ],
    );
    assert_eq!(workdir.all_attempts(), 4.0);
    assert_eq!(workdir.results(), undisturbed(3));

    // Everything is there, also for the same command outside.
    let again = workdir.run(&["run", "small.toml"]).exits(0);
    again.says(&["4 reused; nothing to train"]);
}

#[test]
fn a_run_takes_what_the_allocation_has() {
    let Some(cluster) = Cluster::start(&[]) else {
        return;
    };
    let workdir = Workdir::small();
    let devices = format!("{} devices --json", program());
    let job = cluster.run(&workdir, &["--cpus-per-task=1", "--mem=1500"], &devices);
    let job = job.ends(0, &[]);
    let devices: serde_json::Value = serde_json::from_str(&job.output).expect("JSON");
    let cpu = &devices["devices"][0];
    assert_eq!(
        (cpu["cores"].as_u64(), cpu["memory_bytes"].as_u64()),
        (Some(1), Some(1372 << 20))
    );

    let job = cluster.run(&workdir, &["--cpus-per-task=1", "--mem=1500"], &run_lines());
    job.ends(0, &["4 new · 1 slot"]);
    let log = workdir.read("results/small/run.log");
    assert_contains(&log, &["slot 0: cpu, 1 thread, at most 1.4 GB a job"]);

    // A step that runs it once has its own part.
    let workdir = Workdir::small();
    let step = format!(
        "srun --ntasks=1 --cpus-per-task=2 --mem=1000 {} run small.toml",
        program()
    );
    let job = cluster.run(
        &workdir,
        &["--nodes=2", "--cpus-per-task=2", "--mem=3000"],
        &step,
    );
    job.ends(0, &["4 new · 2 slots"]);
}

#[test]
fn a_job_that_takes_more_than_its_part_of_the_memory_ends_alone() {
    let Some(cluster) = Cluster::start(&[]) else {
        return;
    };
    let large = SMALL.replace("size = 16", "size = 64");
    let large = large.replace("conv = 8", "conv = 64");
    let workdir = Workdir::with(&large.replace("batch_size = 32", "batch_size = 128"));
    let options = ["--nodes=2", "--cpus-per-task=2", "--mem=500"];
    let job = cluster.run(
        &workdir,
        &options,
        &format!("{} --ignore-memory", run_lines()),
    );
    // Those of the batch script's node are limited by the program, the others by Slurm.
    let words = [
        "memory allocation of",
        "exceeded memory limit",
        "4 of 4 jobs did not finish",
    ];
    job.ends(1, &words);
    assert_eq!(workdir.jobs("out-of-memory"), 4.0);

    // Otherwise there are as many slots as have room.
    let options = ["--nodes=2", "--cpus-per-task=2", "--mem=800"];
    let job = cluster.run(
        &workdir,
        &options,
        &format!("{} --results new", run_lines()),
    );
    job.ends(
        0,
        &[
            "n2: 1 slot on cpu instead of 2, because a job takes about",
            "2 slots",
        ],
    );
}

#[test]
fn a_program_that_srun_starts_twice_is_refused() {
    let Some(cluster) = Cluster::start(&[]) else {
        return;
    };
    let workdir = Workdir::small();
    let twice = format!("srun --ntasks=2 {} run small.toml", program());
    let job = cluster.run(&workdir, &["--ntasks=2", "--mem=3000"], &twice);
    let words = "error: srun started this program 2 times: start it once (in the batch script, \
                 without srun); it uses the whole allocation by itself";
    job.ends(2, &[words]);
    assert!(!workdir.path("results").exists());
}

#[test]
fn the_signal_before_the_time_limit_lets_jobs_write_checkpoints() {
    let Some(cluster) = Cluster::start(&[]) else {
        return;
    };
    let epochs = 60;
    let workdir = Workdir::with(&small_with_epochs(epochs));
    let options = ["--nodes=2", "--cpus-per-task=2", "--mem=3000"];
    let job = cluster.submit(&workdir, &options, &run_lines());
    wait_for_events(&workdir, 40);
    cluster.ask("scancel", &["--batch", "--signal=USR1", &job.to_string()]);
    cluster.wait_for(job, "FAILED");
    let output = workdir.read("slurm.out");
    assert_contains(
        &output,
        &["the time of the allocation is nearly up (SIGUSR1)"],
    );
    let ended = cluster.ask("scontrol", &["show", "job", &job.to_string()]);
    assert_contains(&ended, &["ExitCode=130:0"]);
    assert_eq!(workdir.attempts("cancelled"), 4.0);

    let job = cluster.run(&workdir, &options, &run_lines());
    job.ends(0, &["4 resumed"]);
    assert_eq!(workdir.results(), undisturbed(epochs));
}

#[test]
fn jobs_of_a_node_that_fails_go_on_elsewhere() {
    let Some(cluster) = Cluster::start(&[("SLURM_NODE_TIMEOUT", "3")]) else {
        return;
    };
    let epochs = 150;
    let workdir = Workdir::with(&small_with_epochs(epochs));
    let options = ["--nodes=2", "--no-kill", "--cpus-per-task=2", "--mem=3000"];
    let job = cluster.submit(&workdir, &options, &run_lines());
    wait_for_events(&workdir, 40);
    assert!(!cluster.processes_on("n2").is_empty());
    cluster.kill_node("n2");
    cluster.wait_for(job, "COMPLETED");
    let output = workdir.read("slurm.out");
    assert_contains(&output, &["a worker was lost because the node n2 failed"]);
    assert_eq!(workdir.attempts("lost"), 2.0);
    assert_eq!(workdir.jobs("finished"), 4.0);
    assert_eq!(workdir.results(), undisturbed(epochs));
}

#[test]
fn a_run_goes_on_without_the_controller() {
    let Some(cluster) = Cluster::start(&[]) else {
        return;
    };
    let workdir = Workdir::with(&small_with_epochs(40));
    let options = ["--nodes=2", "--cpus-per-task=2", "--mem=3000"];
    cluster.submit(&workdir, &options, &run_lines());
    wait_for_events(&workdir, 20);
    let killed = Command::new("kill")
        .args(["-KILL", &cluster.daemon("slurmctld")])
        .output();
    killed.expect("kill starts");
    // Slurm calls a job failed whose end it has missed, so that the run itself is asked.
    wait_until("the run has ended", || {
        let log = workdir.read("results/small/run.log");
        log.contains("ended with exit code 0")
    });
    assert_eq!(workdir.all_attempts(), 4.0);
    assert_eq!(workdir.results(), undisturbed(40));
}

/// What steps see of the GPUs of a node that has two, all of them started at once.
fn gpus_seen(cluster: &Cluster, gpus: &[StepGpu]) -> Vec<String> {
    let workdir = Workdir::new();
    let mut lines = String::new();
    for gpu in gpus {
        let request = StepRequest {
            node: "n2",
            cpus: 1,
            memory_bytes: Some(100 << 20),
            gpu: *gpu,
            overlaps: false,
        };
        let command = request.command("srun");
        let words = command
            .get_args()
            .map(|word| format!("'{}'", word.to_string_lossy()));
        let words: Vec<String> = words.collect();
        let show = "sh -c 'echo \"saw ${CUDA_VISIBLE_DEVICES-none}\"; sleep 1'";
        lines += &format!("srun {} {show} &\n", words.join(" "));
    }
    let options = [
        "--nodes=2",
        "--cpus-per-task=4",
        "--mem=3000",
        "--gres=gpu:2",
    ];
    let job = cluster.run(&workdir, &options, &(lines + "wait"));
    let seen = job
        .output
        .lines()
        .filter_map(|line| line.strip_prefix("saw "));
    let mut seen: Vec<String> = seen.map(str::to_string).collect();
    seen.sort();
    seen
}

#[test]
fn slots_of_a_gpu_see_that_gpu() {
    // Two clusters at once do not disturb each other.
    let settings = [("SLURM_GPUS", "2"), ("SLURM_CPUS", "4")];
    let (Some(one), Some(other)) = (Cluster::start(&settings), Cluster::start(&settings)) else {
        return;
    };
    assert_eq!(gpus_seen(&one, &[StepGpu::Own; 2]), ["0", "1"]);
    let shared = [0, 0, 1, 1].map(|position| StepGpu::Shared { position, count: 2 });
    assert_eq!(gpus_seen(&other, &shared), ["0", "0", "1", "1"]);
    assert_eq!(gpus_seen(&other, &[StepGpu::None; 2]), ["none", "none"]);
}

#[test]
fn cancelling_an_allocation_costs_no_finished_step() {
    let Some(cluster) = Cluster::start(&[]) else {
        return;
    };
    let epochs = 300;
    let every = "\n[run]\ncheckpoint_every = \"1000 epochs\"\n";
    let workdir = Workdir::with(&(small_with_epochs(epochs) + every));
    let options = ["--nodes=2", "--cpus-per-task=2", "--mem=3000"];
    let job = cluster.submit(&workdir, &options, &run_lines());
    wait_for_events(&workdir, 40);
    cluster.ask("scancel", &[&job.to_string()]);
    cluster.wait_for(job, "CANCELLED");
    wait_until("the run has ended", || {
        let log = workdir.read("results/small/run.log");
        log.contains("ended with exit code 130")
    });
    assert_eq!(workdir.attempts("cancelled"), 4.0);

    let job = cluster.run(&workdir, &options, &run_lines());
    job.ends(0, &["4 resumed"]);
    assert_eq!(workdir.results(), undisturbed(epochs));
}
