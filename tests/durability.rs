//! What a power cut may cost (ARCHITECTURE.md, "Durability"), as the system calls of a run show it:
//! content before name, name before anything that relies on it, and no more waiting than that.

use crate::needs::skip;
use crate::support::{Workdir, entries};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// One job of three epochs in two phases.
const ONE_JOB: &str = r#"
[experiment]
name = "small"

[data]
source = { name = "shapes", train = 48, test = 16, size = 12, classes = 2 }

[model]
layers = [{ conv = 4, kernel = 3, activation = "relu" }, { pool = "global-average" }, { dense = "classes" }]

[train]
batch_size = 16
optimizer = { name = "adam", lr = 1e-3 }
epochs = 2
phases = [{ epochs = 1 }]
"#;

/// A system call of one thread.
#[derive(Clone, Debug, PartialEq)]
enum Call {
    Sync(PathBuf),
    Rename { from: PathBuf, to: PathBuf },
    Link { to: PathBuf },
    MakeFolder(PathBuf),
}

/// The calls of each thread of a run of `small.toml`, in order; `None` if they cannot be traced.
fn traced_run(workdir: &Workdir) -> Option<Vec<Vec<Call>>> {
    let traces = workdir.path("traces");
    std::fs::create_dir_all(&traces).expect("creates");
    let run = workdir.command(&["run", "small.toml", "-q"]);
    let mut command = Command::new("strace");
    command
        .args(["-ff", "-y", "-s", "4096", "-e"])
        .arg("trace=fsync,fdatasync,rename,renameat,renameat2,link,linkat,mkdir,mkdirat")
        .arg("-o")
        .arg(traces.join("thread"))
        .arg(run.get_program())
        .args(run.get_args())
        .current_dir(run.get_current_dir().expect("is set"));
    for (name, value) in run.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let output = command.output().ok()?;
    let stderr = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() && stderr.contains("ptrace") {
        return None;
    }
    assert!(output.status.success(), "{stderr}");
    let threads = entries(&traces).into_iter().map(|path| {
        let text = std::fs::read_to_string(path).expect("reads");
        text.lines().filter_map(call).collect()
    });
    Some(threads.collect())
}

/// The call that a line of a trace shows, if it succeeded.
fn call(line: &str) -> Option<Call> {
    let (call, result) = line.rsplit_once(" = ")?;
    if result.starts_with('-') {
        return None;
    }
    let (name, arguments) = call.split_once('(')?;
    let mut quoted = arguments.split('"').skip(1).step_by(2).map(PathBuf::from);
    match name {
        "fsync" | "fdatasync" => {
            let (_, path) = arguments.split_once('<')?;
            let (path, _) = path.rsplit_once('>')?;
            Some(Call::Sync(path.into()))
        }
        "rename" | "renameat" | "renameat2" => {
            let (from, to) = (quoted.next()?, quoted.next()?);
            Some(Call::Rename { from, to })
        }
        "link" | "linkat" => Some(Call::Link { to: quoted.nth(1)? }),
        "mkdir" | "mkdirat" => Some(Call::MakeFolder(quoted.next()?)),
        _ => None,
    }
}

/// How long a write of this file waits for the disk.
#[derive(Debug, PartialEq)]
enum Waits {
    /// For content and name.
    Fully,
    /// For the content.
    ForContent,
    /// Not at all: it is made again at will.
    Never,
}

fn expected(path: &Path) -> Waits {
    let name = path.file_name().expect("has a name").to_string_lossy();
    let is_of_job = path.components().any(|part| part.as_os_str() == "jobs");
    let is_of_cache = path.components().any(|part| part.as_os_str() == "data");
    match &*name {
        // Its content is on the disk already, under its earlier name.
        "previous.safetensors" => Waits::Never,
        // Its name follows with that of the log.
        "job.json" => Waits::ForContent,
        _ if is_of_job => Waits::Fully,
        "convsweep.sqlite" => Waits::ForContent,
        _ if is_of_cache => Waits::ForContent,
        _ => Waits::Never,
    }
}

#[test]
fn names_follow_content_and_are_waited_for_where_it_matters() {
    let workdir = Workdir::with(ONE_JOB);
    let Some(threads) = traced_run(&workdir) else {
        return skip("strace cannot trace here");
    };
    let mut kinds = BTreeMap::new();
    for calls in &threads {
        for (i, call) in calls.iter().enumerate() {
            let Call::Rename { from, to } = call else {
                continue;
            };
            let parent = to.parent().expect("a folder").to_path_buf();
            let is_content_safe = calls[..i].contains(&Call::Sync(from.clone()));
            let is_name_safe = calls.get(i + 1) == Some(&Call::Sync(parent));
            let name = to
                .file_name()
                .expect("a name")
                .to_string_lossy()
                .into_owned();
            match expected(to) {
                Waits::Fully => assert!(is_content_safe && is_name_safe, "{to:?}: {calls:#?}"),
                Waits::ForContent => assert!(is_content_safe, "{to:?}: {calls:#?}"),
                Waits::Never => assert!(!is_content_safe && !is_name_safe, "{to:?}: {calls:#?}"),
            }
            *kinds.entry(name).or_insert(0) += 1;
        }
    }
    // Every file that a run leaves by renaming was seen.
    for name in [
        "state.safetensors",
        "model.safetensors",
        "predictions.safetensors",
        "kernels.json",
        "job.json",
        "convsweep.sqlite",
        "report.html",
    ] {
        assert!(kinds.contains_key(name), "{name} is not among {kinds:?}");
    }
}

#[test]
fn names_of_new_folders_and_logs_are_waited_for() {
    let workdir = Workdir::with(ONE_JOB);
    let Some(threads) = traced_run(&workdir) else {
        return skip("strace cannot trace here");
    };
    let calls: Vec<Call> = threads.into_iter().flatten().collect();
    let root = std::fs::canonicalize(workdir.path(".")).expect("exists");
    let results = root.join("results");
    let job = std::fs::canonicalize(&workdir.job_folders()[0]).expect("exists");
    for folder in [
        // The experiment's folder and the jobs' folder.
        results.clone(),
        // The experiment's log.
        results.join("small"),
        // The job's folder.
        results.join("jobs"),
        // Its log, checkpoint and states.
        job.clone(),
        job.join("states"),
    ] {
        assert!(
            calls.contains(&Call::Sync(folder.clone())),
            "{}",
            folder.display()
        );
    }
    assert!(calls.contains(&Call::Sync(results.join("small/log.jsonl"))));
}

#[test]
fn a_job_waits_for_the_disk_as_often_as_is_accounted_for() {
    let workdir = Workdir::with(ONE_JOB);
    let Some(threads) = traced_run(&workdir) else {
        return skip("strace cannot trace here");
    };
    let job = std::fs::canonicalize(&workdir.job_folders()[0]).expect("exists");
    let mut syncs = BTreeMap::new();
    for call in threads.into_iter().flatten() {
        if let Call::Sync(path) = call
            && let Ok(path) = path.strip_prefix(&job)
        {
            *syncs.entry(path.display().to_string()).or_insert(0) += 1;
        }
    }
    let expected = [
        // Its log, two new folders, three files.
        ("", 6),
        ("checkpoint", 3),
        ("checkpoint/state.safetensors.part", 3),
        ("job.json.part", 1),
        ("kernels.json.part", 1),
        ("model.safetensors.part", 1),
        ("predictions.safetensors.part", 1),
        ("states", 2),
        ("states/epoch-2", 1),
        ("states/epoch-2/state.safetensors.part", 1),
        ("states/epoch-3", 1),
        ("states/epoch-3/state.safetensors.part", 1),
    ];
    let expected = expected.map(|(path, count)| (path.to_string(), count));
    assert_eq!(syncs, BTreeMap::from(expected));
}
