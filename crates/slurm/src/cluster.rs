//! The cluster of this machine, asked by Slurm's own programs.

use crate::error::SlurmError;
use crate::partition::{Partition, parse_partitions};
use crate::queue::{QUEUE_FORMAT, QueuedAllocation, parse_queue};
use std::ffi::OsStr;
use std::io::{self, ErrorKind, Read, Write};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::{self, JoinHandle, sleep};
use std::time::{Duration, Instant};

/// How long a program of Slurm may take. They wait 9 seconds for a controller that is away.
const PATIENCE: Duration = Duration::from_secs(30);
/// Time between two looks whether it has ended.
const LOOK: Duration = Duration::from_millis(5);

/// What a program of Slurm said.
struct SlurmAnswer {
    status: ExitStatus,
    stdout: String,
    stderr: String,
}

/// The partitions of the cluster.
///
/// # Errors
/// If there is no Slurm here, or it does not answer.
pub fn partitions() -> Result<Vec<Partition>, SlurmError> {
    let answer = ask("scontrol", ["--oneliner", "show", "partition"])?;
    Ok(parse_partitions(&answer.stdout))
}

/// Whether the cluster would take a batch script, and when it would start, as Slurm writes it.
///
/// # Errors
/// If it refuses the script, or there is no Slurm here, or it does not answer.
pub fn try_script(script: &str) -> Result<Option<String>, SlurmError> {
    let answer = ask_with("sbatch", ["--test-only"], script)?;
    let mut words = answer.stderr.split_whitespace();
    let start = words.find(|word| *word == "at").and_then(|_| words.next());
    Ok(start.map(str::to_string))
}

/// Hands a batch script to the cluster: the id of the allocation.
///
/// # Errors
/// As [`try_script`].
pub fn submit(script: &Path) -> Result<String, SlurmError> {
    let answer = ask("sbatch", [OsStr::new("--parsable"), script.as_os_str()])?;
    let id = answer.stdout.trim();
    let id = id.split(';').next().unwrap_or_default();
    match id.parse::<u64>() {
        Ok(_) => Ok(id.to_string()),
        Err(_) => Err(answer.refusal("sbatch")),
    }
}

/// The user's allocations that have not ended, of all submissions.
///
/// # Errors
/// If there is no Slurm here, or it does not answer.
pub fn queue() -> Result<Vec<QueuedAllocation>, SlurmError> {
    Ok(parse_queue(&queue_text()?))
}

/// As [`queue`], in the words of `squeue`, for [`parse_queue`].
///
/// # Errors
/// As [`queue`].
pub fn queue_text() -> Result<String, SlurmError> {
    let format = format!("--format={QUEUE_FORMAT}");
    Ok(ask("squeue", ["--me", "--noheader", "--array", &format])?.stdout)
}

/// How many jobs wait in a partition.
///
/// # Errors
/// As [`queue`].
pub fn waiting_in(partition: &str) -> Result<usize, SlurmError> {
    let partition = format!("--partition={partition}");
    let words = ["--noheader", "--states=PENDING", "--format=%i", &partition];
    Ok(ask("squeue", words)?.stdout.lines().count())
}

/// Puts an allocation back into the queue: what runs in it is ended. The program that asks for its
/// own must wait for that end, whatever the answer is: one that leaves by itself meanwhile can leave
/// an allocation behind that Slurm holds.
///
/// # Errors
/// As [`queue`], or if Slurm refuses.
pub fn requeue(id: &str) -> Result<(), SlurmError> {
    ask("scontrol", ["requeue", id]).map(|_| ())
}

/// Ends an allocation, or takes it from the queue.
///
/// # Errors
/// As [`requeue`].
pub fn cancel(id: &str) -> Result<(), SlurmError> {
    ask("scancel", [id]).map(|_| ())
}

/// What the program says, if it ends well.
fn ask(
    program: &'static str,
    arguments: impl IntoIterator<Item = impl AsRef<OsStr>>,
) -> Result<SlurmAnswer, SlurmError> {
    ask_with(program, arguments, "")
}

/// What the program says, if it ends well, of this on its standard input.
fn ask_with(
    program: &'static str,
    arguments: impl IntoIterator<Item = impl AsRef<OsStr>>,
    input: &str,
) -> Result<SlurmAnswer, SlurmError> {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::piped());
    let child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let child = child.map_err(|error| match error.kind() {
        ErrorKind::NotFound => SlurmError::NotHere { program },
        _ => SlurmError::Refused {
            program,
            message: error.to_string(),
        },
    })?;
    let answer = answer_of(child, input).map_err(|error| SlurmError::Refused {
        program,
        message: error.to_string(),
    })?;
    let Some(answer) = answer else {
        return Err(SlurmError::Silent {
            program,
            seconds: PATIENCE.as_secs(),
        });
    };
    match answer.status.success() {
        true => Ok(answer),
        false => Err(answer.refusal(program)),
    }
}

/// What a program says until it ends; `None` if it was killed since it did not.
fn answer_of(mut child: Child, input: &str) -> io::Result<Option<SlurmAnswer>> {
    if let Some(mut stdin) = child.stdin.take() {
        // A script is smaller than a pipe; a program that does not read it says why.
        _ = stdin.write_all(input.as_bytes());
    }
    let stdout = read_all(child.stdout.take());
    let stderr = read_all(child.stderr.take());
    let begun = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if begun.elapsed() >= PATIENCE {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        sleep(LOOK);
    };
    let text = |reading: JoinHandle<Vec<u8>>| {
        let bytes = reading.join().unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    };
    Ok(Some(SlurmAnswer {
        status,
        stdout: text(stdout),
        stderr: text(stderr),
    }))
}

/// Reads a stream beside the program, so that it never waits for its reader.
fn read_all(stream: Option<impl Read + Send + 'static>) -> JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut stream) = stream {
            // What came before an error is told all the same.
            _ = stream.read_to_end(&mut bytes);
        }
        bytes
    })
}

impl SlurmAnswer {
    /// What it said, without the name of the program in front.
    fn refusal(&self, program: &'static str) -> SlurmError {
        let text = match self.stderr.trim() {
            "" => self.stdout.trim(),
            text => text,
        };
        let lines = text.lines().map(|line| {
            let line = line.trim();
            let rest = line.strip_prefix(program).unwrap_or(line);
            rest.trim_start_matches([':', ' '])
                .trim_start_matches("error: ")
                .trim()
        });
        let lines: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
        SlurmError::Refused {
            program,
            message: match lines.is_empty() {
                true => format!("it ended with {}", self.status),
                false => lines.join("; "),
            },
        }
    }
}
