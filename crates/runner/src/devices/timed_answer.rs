//! The answer of another program that may hang.

use std::io::{self, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// How often a program is asked whether it has ended.
const POLL: Duration = Duration::from_millis(5);

/// What a program answered.
pub(crate) struct TimedAnswer {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs a program whose answer fits into its pipes; `None` if it does not end in time, in which
/// case it is killed.
///
/// # Errors
/// If it cannot be started.
pub(crate) fn answer_in_time(
    command: &mut Command,
    time: Duration,
) -> io::Result<Option<TimedAnswer>> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let Some(status) = exits_in_time(&mut child, time)? else {
        let _ = child.kill();
        let _ = child.wait();
        return Ok(None);
    };
    Ok(Some(TimedAnswer {
        status,
        stdout: read(child.stdout.take())?,
        stderr: read(child.stderr.take())?,
    }))
}

fn exits_in_time(child: &mut Child, time: Duration) -> io::Result<Option<ExitStatus>> {
    let start = Instant::now();
    loop {
        let status = child.try_wait()?;
        if status.is_some() || start.elapsed() > time {
            return Ok(status);
        }
        thread::sleep(POLL);
    }
}

fn read(pipe: Option<impl Read>) -> io::Result<String> {
    let mut bytes = Vec::new();
    if let Some(mut pipe) = pipe {
        pipe.read_to_end(&mut bytes)?;
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
