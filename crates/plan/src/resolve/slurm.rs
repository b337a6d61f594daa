//! `[run.slurm]`: what a cluster is asked for.

use super::quantities::{Quantity, memory, time};
use crate::language::reader::TableReader;
use crate::language::tables;
use crate::source::problem::{Problem, ProblemCode, ProblemSink};
use crate::source::tree::Node;
use convsweep_spec::run_settings::SlurmSettings;
use std::time::Duration;

/// Shortest time limit of an allocation in seconds: Slurm counts minutes.
const LEAST_TIME: f64 = 60.0;
/// Shortest time for checkpoints in seconds.
const LEAST_GRACE: f64 = 10.0;
/// Smallest memory of a node in bytes, below which no worker starts.
const LEAST_MEMORY: u64 = 256 << 20;

/// Options of `sbatch` that the batch script needs for itself, and the key that stands for each, if
/// there is one.
const OWN_OPTIONS: [(&str, &str, &str); 24] = [
    ("--partition", "-p", "partition"),
    ("--account", "-A", "account"),
    ("--qos", "-q", "qos"),
    ("--constraint", "-C", "constraint"),
    ("--time", "-t", "time"),
    ("--nodes", "-N", "nodes"),
    ("--cpus-per-task", "-c", "cpus"),
    ("--gres", "", "gpus"),
    ("--gpus", "-G", "gpus"),
    ("--gpus-per-node", "", "gpus"),
    ("--mem", "", "memory"),
    ("--mem-per-cpu", "", "memory"),
    ("--requeue", "", "requeue"),
    ("--no-requeue", "", "requeue"),
    ("--signal", "", "grace"),
    ("--ntasks", "-n", ""),
    ("--ntasks-per-node", "", ""),
    ("--array", "-a", ""),
    ("--job-name", "-J", ""),
    ("--output", "-o", ""),
    ("--error", "-e", ""),
    ("--open-mode", "", ""),
    ("--no-kill", "-k", ""),
    ("--wrap", "", ""),
];

/// Words in the names of variables that hold secrets.
const SECRETS: [&str; 5] = ["TOKEN", "PASSWORD", "SECRET", "API_KEY", "APIKEY"];

/// Resolves `[run.slurm]`, whose keys have been checked.
pub(super) fn slurm(node: &Node, sink: &mut ProblemSink) -> Option<SlurmSettings> {
    let reader = TableReader::new(node, tables::SLURM);
    let limit = time(&reader, Quantity::of("run.slurm", "time", LEAST_TIME), sink);
    let grace = time(
        &reader,
        Quantity::of("run.slurm", "grace", LEAST_GRACE),
        sink,
    );
    let bytes = memory(
        &reader,
        Quantity::of("run.slurm", "memory", LEAST_MEMORY as f64),
        sink,
    );
    let mut names = [const { None }; 4];
    let mut right = true;
    for (place, key) in ["partition", "account", "qos", "constraint"]
        .into_iter()
        .enumerate()
    {
        let Some(node) = reader.given(key) else {
            continue;
        };
        names[place] = node.text().map(str::to_string);
        right &= is_name(node, key, sink);
    }
    let setup = lines(&reader, "setup", setup_problem, sink);
    let options = lines(&reader, "options", option_problem, sink);
    let (limit, grace) = (limit?, grace??);
    right &= fits(&reader, limit, grace, sink);
    let [partition, account, qos, constraint] = names;
    let settings = SlurmSettings {
        partition,
        account,
        qos,
        constraint,
        time: limit,
        nodes: reader.u32("nodes")?,
        cpus: reader.u32("cpus"),
        gpus: reader.u32("gpus")?,
        memory_bytes: bytes?,
        requeue: reader.u32("requeue")?,
        grace,
        setup: setup?,
        options: options?,
    };
    right.then_some(settings)
}

/// Whether a text can stand in a line of a batch script.
fn is_name(node: &Node, key: &str, sink: &mut ProblemSink) -> bool {
    let text = node.text().unwrap_or_default();
    let is_wrong = |c: char| c.is_control() || c.is_whitespace() || c == '"' || c == '\\';
    if !text.is_empty() && !text.starts_with('-') && !text.contains(is_wrong) {
        return true;
    }
    let title = format!("`run.slurm.{key}` cannot be {text:?}");
    let help = "write it as `sinfo` or `sacctmgr` show it: no spaces, quotes or leading `-`";
    sink.report(Problem::of(ProblemCode::WrongValue, node, title).help(help));
    false
}

/// Whether jobs can train at all before they are told to write checkpoints.
fn fits(
    reader: &TableReader,
    limit: Option<Duration>,
    grace: Duration,
    sink: &mut ProblemSink,
) -> bool {
    let Some(limit) = limit.filter(|limit| grace.as_secs() + 30 > limit.as_secs()) else {
        return true;
    };
    let (limit, grace) = (limit.as_secs(), grace.as_secs());
    let title = format!(
        "`run.slurm.grace` ({grace} s) leaves no time for training within `run.slurm.time` \
        ({limit} s)"
    );
    let help = "raise `time`, or lower `grace` to what a checkpoint needs";
    if let Some(node) = reader.given("time") {
        sink.report(Problem::of(ProblemCode::WrongValue, node, title).help(help));
    }
    false
}

/// The lines of a list, if each of them is right.
fn lines(
    reader: &TableReader,
    key: &str,
    problem: fn(&str) -> Option<(String, String)>,
    sink: &mut ProblemSink,
) -> Option<Vec<String>> {
    let (mut lines, mut right) = (Vec::new(), true);
    for node in reader.node(key)?.items() {
        let text = node.text()?;
        match problem(text) {
            None => lines.push(text.to_string()),
            Some((title, help)) => {
                right = false;
                let title = format!("`run.slurm.{key}` {title}");
                sink.report(Problem::of(ProblemCode::WrongValue, node, title).help(help));
            }
        }
    }
    right.then_some(lines)
}

/// What is wrong with a line of the batch script, and what to do.
fn setup_problem(line: &str) -> Option<(String, String)> {
    if line.contains(['\n', '\r']) {
        let title = "has a line break within a line".to_string();
        return Some((title, "write each line as an element of the list".into()));
    }
    if line.trim_start().starts_with("#SBATCH") {
        let title = format!("cannot have {line:?}, which Slurm would not read there");
        return Some((title, "write it into `run.slurm.options`".into()));
    }
    let secret = line.split_whitespace().find(|word| {
        let Some((name, value)) = word.split_once('=') else {
            return false;
        };
        let name = name.to_uppercase();
        let is_secret = SECRETS.iter().any(|secret| name.contains(secret));
        is_secret && !value.is_empty() && !value.starts_with(['$', '`'])
    })?;
    let name = secret.split('=').next().unwrap_or_default();
    let title = format!("seems to hold a secret ({name}), and is kept with the results");
    let help = "read it from a file of yours instead, such as `source ~/.secrets`";
    Some((title, help.into()))
}

/// What is wrong with a further option of `sbatch`, and what to do.
fn option_problem(option: &str) -> Option<(String, String)> {
    let is_option = option.starts_with('-') && option.len() > 1;
    if !is_option || option.contains(['\n', '\r']) {
        let title = format!("cannot have {option:?}");
        let help = "write options as `sbatch` takes them, such as \"--exclusive\"";
        return Some((title, help.into()));
    }
    let name = option.split(['=', ' ']).next().unwrap_or_default();
    let is_own = |(long, short, _): &&(&str, &str, &str)| {
        let is_short = !short.is_empty() && !name.starts_with("--") && name.starts_with(short);
        name == *long || is_short
    };
    let (_, _, key) = OWN_OPTIONS.iter().find(is_own)?;
    let title = format!("cannot have {name}, which the batch script sets itself");
    let help = match *key {
        "" => "leave it out".to_string(),
        key => format!("write `run.slurm.{key}` instead"),
    };
    Some((title, help))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_and_foreign_lines_are_no_setup() {
        for line in [
            "module load cuda/12",
            "source ~/.secrets",
            "export HF_TOKEN=$(cat t)",
        ] {
            assert_eq!(setup_problem(line), None, "{line}");
        }
        for (line, word) in [
            ("export WANDB_API_KEY=abc", "WANDB_API_KEY"),
            ("a\nb", "line break"),
            ("#SBATCH --exclusive", "run.slurm.options"),
        ] {
            let (title, help) = setup_problem(line).expect("is refused");
            assert!(
                title.contains(word) || help.contains(word),
                "{title} {help}"
            );
        }
    }

    #[test]
    fn options_that_the_script_sets_are_refused_in_every_form() {
        for option in [
            "--exclusive",
            "--mail-type=END",
            "--reservation=x",
            "--nice",
        ] {
            assert_eq!(option_problem(option), None, "{option}");
        }
        for option in [
            "--partition=x",
            "-px",
            "-p x",
            "--signal=B:USR1@1",
            "-N2",
            "x",
            "-",
            "--a\n",
        ] {
            assert!(option_problem(option).is_some(), "{option}");
        }
    }
}
