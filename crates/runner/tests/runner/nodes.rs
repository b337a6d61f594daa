//! Workers on other nodes, by a stand-in for `srun` that runs them here and says what Slurm would.

use crate::harness::{Clock, Finished, Reaction, quick_policy, run_all};
use crate::jobs::jobs;
use crate::processes::{fake_worker, is_alive, pids, script, write_scripts};
use convsweep_runner::devices::{DeviceChoice, SlotSettings};
use convsweep_runner::nodes::{
    NodeDevices, NodeQuestion, NodesLauncher, OtherNodes, allocation_slots, ask_nodes, node_report,
};
use convsweep_runner::{RunEvent, StopRequest};
use convsweep_slurm::NodeShare;
use convsweep_spec::device::DeviceName;
use convsweep_spec::job::Job;
use convsweep_spec::layout::ResultsFolder;
use convsweep_spec::node::{FoundDevice, NodeReport};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Runs a program as `srun` does. A file `busy-NODE` beside it means that no step is made there, a file
/// `dead-NODE` that the node is dead as soon as its step ends, and a file `away` that the controller
/// is, until the sixth try.
const SRUN: &str = r#"
dir=$(dirname "$0")
while :; do
  case $1 in
    --nodelist=*) node=${1#*=}; shift ;;
    --*) shift ;;
    *) break ;;
  esac
done
echo "$node" >> "$dir/starts"
if [ -e "$dir/busy-$node" ]; then
  echo "srun: error: Unable to create step for job 1: Requested nodes are busy" >&2
  exit 1
fi
if [ -e "$dir/away" ]; then
  echo x >> "$dir/tries"
  [ $(wc -l < "$dir/tries") -lt 6 ] || rm "$dir/away"
  echo "srun: error: Unable to contact slurm controller (connect failure)" >&2
  exit 1
fi
if ! [ -x "$1" ]; then
  echo "srun: error: $node: task 0: Exited with exit code 2" >&2
  echo "slurmstepd-$node: error: execve(): $1: No such file or directory" >&2
  exit 2
fi
exec 3<&0
"$@" <&3 3<&- &
child=$!
exec 0</dev/null 3<&-
trap 'told=1; kill -9 $child' TERM
wait $child
code=$?
if [ -n "$told" ]; then wait $child; code=$?; fi
if [ -e "$dir/dead-$node" ]; then
  echo "srun: error: Node failure on $node" >&2
  exit 0
fi
exit $code
"#;

/// An allocation of nodes with a CPU each, none of which is this machine.
struct Cluster {
    folder: TempDir,
    srun: PathBuf,
}

impl Cluster {
    fn new() -> Cluster {
        let folder = tempfile::tempdir().unwrap();
        let srun = script(folder.path(), SRUN);
        Cluster { folder, srun }
    }

    fn mark(&self, name: &str) {
        fs::write(self.folder.path().join(name), "").unwrap();
    }

    /// The nodes of the steps, in the order in which they were started.
    fn starts(&self) -> String {
        let text = fs::read_to_string(self.folder.path().join("starts"));
        text.unwrap_or_default()
            .replace('\n', " ")
            .trim()
            .to_string()
    }

    fn launcher(&self, nodes: &[&str], worker: &Path) -> NodesLauncher {
        let nodes: Vec<NodeDevices> = nodes.iter().map(|name| node(name, worker)).collect();
        let slots = allocation_slots(&[], &nodes, &SlotSettings::default()).unwrap();
        NodesLauncher::new(slots, self.srun.clone(), quick_policy().grace_period)
    }

    /// Runs jobs with these scripts, on a slot of each node.
    fn run(&self, nodes: &[&str], scripts: &[&str]) -> Finished {
        self.run_reacting(nodes, scripts, |_| Reaction::None)
    }

    fn run_reacting(
        &self,
        nodes: &[&str],
        scripts: &[&str],
        react: impl FnMut(&RunEvent) -> Reaction,
    ) -> Finished {
        let jobs: Vec<Job> = jobs(self.folder.path(), scripts.len() as u64);
        write_scripts(&jobs, scripts);
        let launcher = self.launcher(nodes, &fake_worker());
        run_all(Clock::Real, &launcher, jobs, quick_policy(), react)
    }
}

fn share(name: &str) -> NodeShare {
    NodeShare {
        name: name.into(),
        cpus: 1,
        memory_bytes: None,
    }
}

fn node(name: &str, worker: &Path) -> NodeDevices {
    let device = FoundDevice {
        name: DeviceName::CPU,
        description: "a CPU".into(),
        memory_bytes: None,
        process_memory_bytes: None,
        cores: 1,
        worker: worker.into(),
        problem: None,
        gpu: None,
    };
    NodeDevices {
        share: share(name),
        devices: vec![device],
        gpus: 0,
    }
}

#[test]
fn a_step_trains_several_jobs_and_ends_when_its_input_closes() {
    let cluster = Cluster::new();
    let run = cluster.run(&["n2"], &["finish", "finish", "finish"]);
    assert_eq!(
        (cluster.starts().as_str(), run.summary.successful()),
        ("n2", 3)
    );
    assert!(pids(&run).iter().all(|&pid| !is_alive(pid)));
}

#[test]
fn every_node_gets_jobs() {
    let cluster = Cluster::new();
    let mut finished = 0;
    // The first job waits until the other node has trained the others.
    let run = cluster.run_reacting(
        &["n2", "n3"],
        &["started, wait", "finish", "finish"],
        |event| {
            finished += u32::from(matches!(event, RunEvent::Finished { .. }));
            match finished {
                2 => Reaction::Stop(StopRequest::Drain),
                _ => Reaction::None,
            }
        },
    );
    let mut starts: Vec<String> = cluster.starts().split(' ').map(str::to_string).collect();
    starts.sort();
    assert_eq!(starts, ["n2", "n3"]);
    assert_eq!(
        (run.summary.successful(), run.summary.remaining.len()),
        (2, 1)
    );
}

#[test]
fn a_worker_that_dies_on_a_node_is_told_as_one_that_dies_here() {
    let check = |script: &str, outcome: &str, stderr: &str| {
        let cluster = Cluster::new();
        let run = cluster.run(&["n2"], &[script, "finish"]);
        let first = run.outcomes()[0];
        let told = format!("{} {}", first.name(), first.detail());
        assert_eq!(told.trim(), outcome, "{:?}", run.story());
        assert!(
            run.first_stderr().contains(stderr),
            "{}",
            run.first_stderr()
        );
        assert_eq!(run.outcomes().last().unwrap().name(), "finished");
    };
    check("started, exit 3 | finish", "crashed exit code 3", "");
    check("started, die | finish", "crashed signal 9", "");
    check("started, exit 0 | finish", "crashed exit code 0", "");
    let failure = "memory allocation of 99 bytes failed";
    check(
        &format!("started, stderr {failure}, abort"),
        "out-of-memory",
        failure,
    );
    let slurm = "slurmstepd-n2: error: StepId=1.8 exceeded memory limit (2 > 1)";
    check(
        &format!("started, stderr {slurm}, die"),
        "out-of-memory",
        slurm,
    );
}

#[test]
fn a_job_of_a_failed_node_goes_on_elsewhere() {
    let cluster = Cluster::new();
    cluster.mark("dead-n2");
    let run = cluster.run(
        &["n2", "n3"],
        &["started, die | finish", "finish", "finish"],
    );
    assert_eq!(
        run.outcomes()[..]
            .iter()
            .filter(|end| end.name() == "lost")
            .count(),
        1
    );
    assert_eq!(run.summary.successful(), 3, "{:?}", run.story());
    let (slot, reason) = &run.summary.closed_slots[0];
    assert_eq!(
        (*slot, &reason[..]),
        (0, "a worker was lost because the node n2 failed")
    );
    assert_eq!(cluster.starts().matches("n2").count(), 1);
    assert!(
        run.story().contains(&"0.2 on 1".to_string()),
        "{:?}",
        run.story()
    );
}

#[test]
fn a_step_that_is_not_made_costs_no_attempt_and_closes_its_slot_in_the_end() {
    let cluster = Cluster::new();
    cluster.mark("busy-n2");
    let run = cluster.run(&["n2", "n3"], &["finish"; 4]);
    assert_eq!(run.summary.successful(), 4, "{:?}", run.story());
    assert!(run.summary.done.iter().all(|job| job.attempts == 1));
    assert!(
        run.outcomes()
            .iter()
            .all(|outcome| outcome.name() == "finished")
    );

    let run = cluster.run(&["n2"], &["finish"]);
    let reason = "a worker was not started on n2: Unable to create step for job 1";
    assert!(run.error().contains(reason), "{}", run.error());
    assert_eq!((run.summary.remaining.len(), run.outcomes().len()), (1, 0));
}

#[test]
fn a_run_waits_for_the_controller() {
    let cluster = Cluster::new();
    cluster.mark("away");
    let run = cluster.run(&["n2"], &["finish"]);
    assert_eq!(
        (run.summary.successful(), run.summary.done[0].attempts),
        (1, 1)
    );
    let told = run
        .story()
        .iter()
        .filter(|words| words.starts_with("start"))
        .count();
    assert_eq!(
        (told, run.summary.closed_slots.len()),
        (1, 0),
        "{:?}",
        run.story()
    );
}

#[test]
fn a_program_that_a_node_lacks_closes_the_slots_of_that_node_only() {
    let cluster = Cluster::new();
    let nodes = [
        node("n2", Path::new("/nowhere/worker")),
        node("n3", &fake_worker()),
    ];
    let slots = allocation_slots(&[], &nodes, &SlotSettings::default()).unwrap();
    let launcher = NodesLauncher::new(slots, cluster.srun.clone(), quick_policy().grace_period);
    let jobs = jobs(cluster.folder.path(), 3);
    let run = run_all(Clock::Real, &launcher, jobs, quick_policy(), |_| {
        Reaction::None
    });
    assert_eq!(run.summary.successful(), 3, "{:?}", run.story());
    let (slot, reason) = &run.summary.closed_slots[0];
    let expect = "cannot be started on n2: execve(): /nowhere/worker: No such file or directory";
    assert!(*slot == 0 && reason.contains(expect), "{reason}");
    assert_eq!(run.summary.closed_slots.len(), 1);
}

#[test]
fn stopping_reaches_a_step() {
    let stop = |request: StopRequest| {
        move |event: &RunEvent| match event {
            RunEvent::Worker(_) => Reaction::Stop(request),
            _ => Reaction::None,
        }
    };
    let cluster = Cluster::new();
    let run = cluster.run_reacting(&["n2"], &["started, wait"], stop(StopRequest::Drain));
    run.check(&["0.1 on 0", "stopping Drain 1", "0.1 cancelled"]);

    let cluster = Cluster::new();
    let run = cluster.run_reacting(&["n2"], &["started, hang"], stop(StopRequest::Now));
    run.check(&["0.1 on 0", "stopping Now 1", "0.1 cancelled!"]);
    assert!(!is_alive(pids(&run)[0]));
}

/// What asking a node leads to whose program is this shell script.
fn asked(cluster: &Cluster, results: &ResultsFolder, answer: &str) -> OtherNodes {
    let folder = tempfile::tempdir().unwrap();
    let question = NodeQuestion {
        srun: cluster.srun.clone(),
        program: script(folder.path(), answer),
        arguments: vec![],
        results,
        choices: &[DeviceChoice::Auto],
    };
    ask_nodes(&[&share("n2")], &question)
}

#[test]
fn a_node_that_cannot_be_used_is_left_out_with_the_reason() {
    let cluster = Cluster::new();
    let results = ResultsFolder(cluster.folder.path().join("results"));
    fs::create_dir_all(&results.0).unwrap();
    fs::write(results.lock(), "somebody").unwrap();
    let workers = tempfile::tempdir().unwrap();
    fs::hard_link(fake_worker(), workers.path().join("convsweep-worker"))
        .or_else(|_| fs::copy(fake_worker(), workers.path().join("convsweep-worker")).map(drop))
        .unwrap();
    let report = node_report(workers.path(), &results, None);
    let asked_by = |report: &NodeReport| {
        let json = serde_json::to_string(report).unwrap();
        asked(&cluster, &results, &format!("echo '{json}'"))
    };
    let good = asked_by(&report);
    assert_eq!((good.problems.len(), good.notes.len()), (0, 0), "{good:?}");
    assert_eq!(good.nodes[0].devices[0].name, DeviceName::CPU);
    // As much as the allocation has there.
    assert_eq!(good.nodes[0].devices[0].cores, 1);

    let refused = |change: fn(&mut NodeReport), expect: &str| {
        let mut report = report.clone();
        change(&mut report);
        let others = asked_by(&report);
        assert!(others.nodes.is_empty(), "{others:?}");
        assert!(others.problems[0].contains(expect), "{others:?}");
    };
    refused(
        |report| report.version = "9.9".into(),
        "node n2 has convsweep 9.9, this is ",
    );
    refused(
        |report| report.lock = None,
        "node n2 does not see the results folder ",
    );
    refused(
        |report| report.has_data = false,
        "node n2 does not see the folder of image sets",
    );
    refused(
        |report| report.devices.clear(),
        "device cpu cannot be used: it is not there",
    );

    let mut late = report.clone();
    late.time -= 3720;
    let note =
        "the clock of n2 is 1 h 2 min behind; results do not depend on it, times in tables do";
    assert_eq!(asked_by(&late).notes, [note]);

    let problem = |answer: &str| asked(&cluster, &results, answer).problems.remove(0);
    assert!(problem("echo hello").contains("has another version of"));
    assert!(problem("echo no room >&2; exit 7").ends_with("(no room)"));
    cluster.mark("busy-n2");
    assert!(problem("").contains("node n2 starts no step: Unable to create step"));
}
