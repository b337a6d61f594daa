//! A worker as a step on a node of the allocation: how it is started, and what its end means.

use std::ffi::OsStr;
use std::process::Command;

/// Seconds that `srun` tries to make a step whose resources are taken. Without it, a step that finds
/// no room waits for ever.
const WAIT_SECONDS: u32 = 30;

/// Variables by which `srun` takes over what the job was asked for, which are not those of a step of
/// ours.
const REQUESTS_OF_THE_JOB: [&str; 24] = [
    "SLURM_CPUS_PER_GPU",
    "SLURM_CPUS_PER_TASK",
    "SLURM_CPU_BIND",
    "SLURM_DISTRIBUTION",
    "SLURM_EXACT",
    "SLURM_EXCLUSIVE",
    "SLURM_GPUS",
    "SLURM_GPUS_PER_NODE",
    "SLURM_GPUS_PER_SOCKET",
    "SLURM_GPUS_PER_TASK",
    "SLURM_GPU_BIND",
    "SLURM_GRES",
    "SLURM_MEM_PER_CPU",
    "SLURM_MEM_PER_GPU",
    "SLURM_MEM_PER_NODE",
    "SLURM_NNODES",
    "SLURM_NPROCS",
    "SLURM_NTASKS",
    "SLURM_NTASKS_PER_GPU",
    "SLURM_NTASKS_PER_NODE",
    "SLURM_OVERLAP",
    "SLURM_THREADS_PER_CORE",
    "SLURM_TRES_PER_TASK",
    "SLURM_WHOLE",
];

/// Takes the GPU with the number `$0` of those that Slurm gave the step, and becomes the program.
const TAKE_ONE_GPU: &str = "CUDA_VISIBLE_DEVICES=$(echo \"$CUDA_VISIBLE_DEVICES\" | cut -d, -f\"$0\"); \
     export CUDA_VISIBLE_DEVICES; exec \"$@\"";

/// What a step of one task is to have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepRequest<'a> {
    /// The node.
    pub node: &'a str,
    /// Its CPUs.
    pub cpus: u32,
    /// Memory in bytes; `None` where Slurm does not count it. A step that asks for none would get all
    /// of the job's, and the next one would wait for its end.
    pub memory_bytes: Option<u64>,
    /// Its GPU.
    pub gpu: StepGpu,
    /// Whether it shares its CPUs with other steps.
    pub overlaps: bool,
}

/// The GPU of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepGpu {
    /// None.
    None,
    /// All of the node's, whether or not other steps have them.
    All,
    /// One of its own, which Slurm chooses.
    Own,
    /// The one at `position` of all `count` GPUs of the node, which it shares with other steps:
    /// Slurm itself would give all of them the first one.
    Shared {
        /// From 0.
        position: u32,
        /// The number of GPUs.
        count: u32,
    },
}

impl StepRequest<'_> {
    /// The command that starts the step by the program `srun`; what the step runs is appended to it.
    pub fn command(&self, srun: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(srun);
        for name in REQUESTS_OF_THE_JOB {
            command.env_remove(name);
        }
        // With --no-kill, the death of another node does not end the step.
        let fixed = [
            "--nodes=1",
            "--ntasks=1",
            "--no-kill",
            "--unbuffered",
            "--mpi=none",
            "--export=ALL",
            "--job-name=convsweep-worker",
        ];
        command.args(fixed);
        let memory = self.memory_bytes.unwrap_or(0) >> 20;
        command
            .arg(format!("--immediate={WAIT_SECONDS}"))
            .arg(format!("--nodelist={}", self.node))
            .arg(format!("--cpus-per-task={}", self.cpus))
            .arg(format!("--mem={memory}M"));
        let shares_gpu = matches!(self.gpu, StepGpu::Shared { .. });
        command.arg(match self.overlaps || shares_gpu {
            true => "--overlap",
            false => "--exact",
        });
        match self.gpu {
            StepGpu::None => command.arg("--gres=none"),
            StepGpu::All => &mut command,
            StepGpu::Own => command.arg("--gres=gpu:1"),
            StepGpu::Shared { position, count } => {
                command.arg(format!("--gres=gpu:{count}"));
                command.args(["/bin/sh", "-c", TAKE_ONE_GPU]);
                command.arg((position + 1).to_string())
            }
        };
        command
    }
}

/// What the end of a step means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepDeath {
    /// The program exited with this code.
    Exit(i32),
    /// The program was killed by this signal.
    Signal(i32),
    /// Slurm or the kernel killed the program because the step's memory ran out.
    OutOfMemory,
    /// The node failed, or Slurm no longer reaches it.
    NodeFailed,
    /// The step was never there: why, in Slurm's words.
    NotCreated(String),
    /// The step was never there, because Slurm's controller is away: it may come back.
    NoController(String),
    /// The program is not there or cannot be started: why, in Slurm's words.
    NoProgram(String),
}

/// What the exit code of `srun` means, with the end of what it and the program wrote to standard
/// error. A step on a node that failed ends with code 0.
pub fn step_death(code: i32, stderr: &str) -> StepDeath {
    /// A program killed by a signal has this code, plus the signal's number.
    const BY_SIGNAL: i32 = 128;
    let said = |parts: &[&str]| slurm_line(stderr, parts);
    let node_failed = [
        "Node failure on ",
        "DUE TO NODE FAILURE",
        "Required node not available",
    ];
    if said(&node_failed).is_some() {
        return StepDeath::NodeFailed;
    }
    let out_of_memory = [
        "exceeded memory limit",
        "oom_kill",
        "oom-kill",
        "Out Of Memory",
    ];
    if code >= BY_SIGNAL && said(&out_of_memory).is_some() {
        return StepDeath::OutOfMemory;
    }
    if code != 0
        && let Some(reason) = said(&["execve(): ", "couldn't chdir to "])
    {
        return StepDeath::NoProgram(reason);
    }
    let not_created = [
        "Unable to create step",
        "Unable to confirm allocation",
        "Unable to allocate resources",
        "Task launch for ",
        "Application launch failed",
        "fatal: ",
    ];
    if code == 1
        && let Some(reason) = said(&["Unable to contact slurm controller"])
    {
        return StepDeath::NoController(reason);
    }
    if code == 1
        && let Some(reason) = said(&not_created)
    {
        return StepDeath::NotCreated(reason);
    }
    match code - BY_SIGNAL {
        // The numbers of signals end with 64.
        signal @ 1..=64 => StepDeath::Signal(signal),
        _ => StepDeath::Exit(code),
    }
}

/// The last line by Slurm's own programs that has one of these parts, without the program's name.
fn slurm_line(stderr: &str, parts: &[&str]) -> Option<String> {
    let mut found = None;
    for line in stderr.lines() {
        let Some((program, text)) = line.split_once(": ") else {
            continue;
        };
        let is_slurms = program == "srun" || program.starts_with("slurmstepd");
        if is_slurms && parts.iter().any(|part| line.contains(part)) {
            let text = text.strip_prefix("error: ").unwrap_or(text);
            found = Some(text.to_string());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: StepRequest = StepRequest {
        node: "n2",
        cpus: 2,
        memory_bytes: Some(500 << 20),
        gpu: StepGpu::None,
        overlaps: false,
    };

    fn words(request: &StepRequest) -> String {
        let command = request.command("srun");
        let words = command.get_args().map(|word| word.to_string_lossy());
        words.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_step_asks_for_its_own_part_of_the_node() {
        let common = "--nodes=1 --ntasks=1 --no-kill --unbuffered --mpi=none --export=ALL \
                      --job-name=convsweep-worker --immediate=30 --nodelist=n2 --cpus-per-task=2";
        assert_eq!(
            words(&PLAIN),
            format!("{common} --mem=500M --exact --gres=none")
        );
        let uncounted = StepRequest {
            memory_bytes: None,
            overlaps: true,
            gpu: StepGpu::Own,
            ..PLAIN
        };
        assert_eq!(
            words(&uncounted),
            format!("{common} --mem=0M --overlap --gres=gpu:1")
        );
        let removed = PLAIN.command("srun");
        assert!(removed.get_envs().all(|(_, value)| value.is_none()));
        assert!(removed.get_envs().any(|(name, _)| name == "SLURM_GPUS"));
    }

    #[test]
    fn a_shared_gpu_is_one_of_those_of_the_node() {
        let shared = StepRequest {
            gpu: StepGpu::Shared {
                position: 1,
                count: 3,
            },
            ..PLAIN
        };
        let words = words(&shared);
        assert!(
            words.contains("--overlap --gres=gpu:3 /bin/sh -c"),
            "{words}"
        );
        let command = shared.command("srun");
        let shell: Vec<&OsStr> = command
            .get_args()
            .skip_while(|word| *word != "/bin/sh")
            .collect();
        let mut shell_command = Command::new(shell[0]);
        shell_command.args(&shell[1..]);
        shell_command.args([
            "/bin/sh",
            "-c",
            "echo $CUDA_VISIBLE_DEVICES $1",
            "x",
            "an argument",
        ]);
        let output = shell_command.env("CUDA_VISIBLE_DEVICES", "4,7,9").output();
        let output = output.expect("a shell");
        assert_eq!(String::from_utf8_lossy(&output.stdout), "7 an argument\n");
    }

    #[test]
    fn the_end_of_a_step_is_told_by_its_code_and_slurms_words() {
        let check = |code: i32, stderr: &str, expect: StepDeath| {
            assert_eq!(step_death(code, stderr), expect, "{code} {stderr}");
        };
        check(0, "", StepDeath::Exit(0));
        check(
            3,
            "srun: error: n2: task 0: Exited with exit code 3",
            StepDeath::Exit(3),
        );
        check(
            139,
            "srun: error: n2: task 0: Segmentation fault",
            StepDeath::Signal(11),
        );
        check(137, "srun: error: n2: task 0: Killed", StepDeath::Signal(9));
        let polled = "slurmstepd-n2: error: StepId=1.8 exceeded memory limit (259903488 > \
                      104857600), being killed\nsrun: error: n2: task 0: Killed";
        check(137, polled, StepDeath::OutOfMemory);
        let counted = "slurmstepd: error: Detected 1 oom_kill event in StepId=9.0. Some of the \
                       step tasks have been OOM Killed.\nsrun: error: n2: task 0: Out Of Memory";
        check(137, counted, StepDeath::OutOfMemory);
        // A worker that only talks of such things has not died of them.
        check(137, "I exceeded memory limit", StepDeath::Signal(9));
        check(0, "srun: error: Node failure on n2", StepDeath::NodeFailed);
        let missing = "srun: error: n2: task 0: Exited with exit code 2\nslurmstepd-n2: error: \
                       execve(): /nope: No such file or directory";
        let reason = "execve(): /nope: No such file or directory".to_string();
        check(2, missing, StepDeath::NoProgram(reason));
        check(2, "", StepDeath::Exit(2));
        let busy = "Unable to create step for job 1: Requested nodes are busy";
        check(
            1,
            &format!("srun: error: {busy}"),
            StepDeath::NotCreated(busy.into()),
        );
        let away = "Unable to contact slurm controller (connect failure)";
        check(
            1,
            &format!("srun: error: {away}"),
            StepDeath::NoController(away.into()),
        );
        let down = "srun: error: Unable to create step for job 5: Required node not available (down, \
                    drained or reserved)";
        check(1, down, StepDeath::NodeFailed);
        check(1, "", StepDeath::Exit(1));
    }
}
