//! A Slurm cluster of one test, on this machine.

use crate::needs::{skip, tell};
use crate::processes::wait_until;
use crate::support::{ProgramRun, Workdir, root};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// The programs of the packages slurmctld, slurmd, slurm-client and munge.
const PROGRAMS: [&str; 4] = ["slurmctld", "slurmd", "sbatch", "munged"];

/// A cluster of two nodes, n1 and n2, with folders, ports and a key of its own. It ends with its
/// jobs when it is dropped.
pub struct Cluster {
    folder: TempDir,
}

/// How a job ended.
pub struct EndedJob {
    /// What it wrote.
    pub output: String,
    /// Its exit code, as `sbatch --wait` returns it.
    pub code: Option<i32>,
}

impl Cluster {
    /// Starts one with these settings of `start.sh`; `None` where Slurm is not installed, which is
    /// reported.
    pub fn start(settings: &[(&str, &str)]) -> Option<Cluster> {
        let paths = std::env::var("PATH").unwrap_or_default() + ":/usr/sbin:/sbin";
        let is_installed = |program: &&str| {
            paths
                .split(':')
                .any(|folder| Path::new(folder).join(program).exists())
        };
        let is_root = fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0);
        if !PROGRAMS.iter().all(is_installed) || !is_root {
            let missing = "there is no Slurm (apt-get install slurmctld slurmd slurm-client munge), \
                           or it cannot be started by this user";
            match std::env::var_os("CONVSWEEP_NO_SLURM") {
                Some(_) => tell(missing),
                None => skip(missing),
            }
            return None;
        }
        let cluster = Cluster {
            folder: tempfile::tempdir().expect("a temporary folder"),
        };
        let started = cluster
            .script("start.sh")
            .envs(settings.iter().copied())
            .output();
        let started = started.expect("bash starts");
        assert!(started.status.success(), "{started:?}");
        Some(cluster)
    }

    fn script(&self, name: &str) -> Command {
        let mut command = Command::new("bash");
        command.arg(root().join("tests/slurm").join(name));
        command.arg(self.folder.path());
        command
    }

    /// A file of the cluster, such as `log/slurmctld.log`.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// One of Slurm's programs, or whatever is to find this cluster.
    pub fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command
            .args(arguments)
            .env("SLURM_CONF", self.path("slurm.conf"));
        command
    }

    /// What one of Slurm's programs prints.
    #[track_caller]
    pub fn ask(&self, program: &str, arguments: &[&str]) -> String {
        let output = self.command(program, arguments).output();
        text_of(&output.expect("it starts"))
    }

    /// Submits a batch script of these lines that runs in the working folder, with these options of
    /// `sbatch`; its number. What it writes goes to `slurm.out`.
    #[track_caller]
    pub fn submit(&self, workdir: &Workdir, options: &[&str], lines: &str) -> u64 {
        let mut command = self.batch(workdir, options, lines);
        let output = command.arg(workdir.path("batch.sh")).output();
        let id = text_of(&output.expect("sbatch starts"));
        id.trim().parse().unwrap_or_else(|_| panic!("{id}"))
    }

    /// The same, and waits for its end.
    #[track_caller]
    pub fn run(&self, workdir: &Workdir, options: &[&str], lines: &str) -> EndedJob {
        let mut command = self.batch(workdir, options, lines);
        let output = command
            .args(["--wait"])
            .arg(workdir.path("batch.sh"))
            .output();
        EndedJob {
            output: workdir.read("slurm.out"),
            code: output.expect("sbatch starts").status.code(),
        }
    }

    fn batch(&self, workdir: &Workdir, options: &[&str], lines: &str) -> Command {
        workdir.write("batch.sh", &format!("#!/bin/bash\n{lines}\n"));
        let program = workdir.command(&[]);
        let mut command = self.command("sbatch", &["--parsable", "--output=slurm.out"]);
        command.args(options);
        command.current_dir(workdir.path(""));
        for (name, value) in program.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command
    }

    /// Waits until the job has this state, or is no longer known if it is empty.
    #[track_caller]
    pub fn wait_for(&self, job: u64, state: &str) {
        wait_until(&format!("job {job} is \"{state}\""), || {
            let known = self.ask(
                "squeue",
                &["-h", "-t", "all", "-j", &job.to_string(), "-o", "%T"],
            );
            known.trim() == state
        });
    }

    /// Ends a node as if its power had failed: its daemon, and the steps with all that they started.
    pub fn kill_node(&self, name: &str) {
        let mut doomed = vec![self.daemon(&format!("slurmd-{name}"))];
        for (process, parent) in self.processes_on(name) {
            doomed.extend([parent, process]);
        }
        let killed = Command::new("kill").arg("-KILL").args(&doomed).output();
        killed.expect("kill starts");
    }

    /// The processes that steps run on a node, each with its parent, which runs the step.
    pub fn processes_on(&self, node: &str) -> Vec<(String, String)> {
        let conf = format!("SLURM_CONF={}", self.path("slurm.conf").display());
        let node = format!("SLURMD_NODENAME={node}");
        let mut processes = Vec::new();
        for entry in fs::read_dir("/proc").expect("there").flatten() {
            let environment = fs::read(entry.path().join("environ")).unwrap_or_default();
            let has = |wanted: &str| {
                let mut variables = environment.split(|&byte| byte == 0);
                variables.any(|variable| variable == wanted.as_bytes())
            };
            let status = fs::read_to_string(entry.path().join("status")).unwrap_or_default();
            let parent = status.lines().find_map(|line| line.strip_prefix("PPid:"));
            if has(&conf)
                && has(&node)
                && let Some(parent) = parent
            {
                let process = entry.file_name().to_string_lossy().into_owned();
                processes.push((process, parent.trim().to_string()));
            }
        }
        processes
    }

    /// The process id of a daemon, such as `slurmctld`.
    pub fn daemon(&self, name: &str) -> String {
        let text = fs::read_to_string(self.path("pids").join(name)).expect("it was started");
        text.split(' ').next().unwrap_or_default().to_string()
    }
}

/// The program, as a batch script names it.
pub fn program() -> &'static str {
    env!("CARGO_BIN_EXE_convsweep")
}

#[track_caller]
fn text_of(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

impl EndedJob {
    /// Asserts that it ended with this code and that its output has these texts.
    #[track_caller]
    pub fn ends(self, code: i32, texts: &[&str]) -> EndedJob {
        assert_eq!(self.code, Some(code), "{}", self.output);
        crate::support::assert_contains(&self.output, texts);
        self
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let stopped = self.script("stop.sh").output();
        if let Err(error) = stopped {
            eprintln!("the cluster was not stopped: {error}");
        }
    }
}

/// The results of the same experiment, run outside Slurm.
pub fn local_results(workdir: &Workdir) -> std::collections::BTreeMap<String, u64> {
    let run: ProgramRun = workdir.run(&["run", "small.toml"]);
    run.exits(0);
    workdir.results()
}
