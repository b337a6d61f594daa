//! Files of jobs that are gone, damaged or exchanged: they are named wherever they are used, and
//! `retry --damaged` trains their jobs again.

use crate::needs;
use crate::support::{ProgramRun, SMALL, Workdir, assert_contains, root};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A folder where `small.toml` was run.
fn finished() -> Workdir {
    let workdir = Workdir::small();
    workdir.run(&["run", "small.toml"]).exits(0);
    workdir
}

/// One job whose worker died after its second checkpoint, and `small.toml` of it.
fn interrupted() -> Workdir {
    let one = SMALL
        .replace("seeds = 2", "seeds = 1")
        .replace("[1e-3, 1e-2]", "[1e-3]");
    let workdir = Workdir::with(&format!("{one}[run]\nretry = {{ crashed = 0 }}\n"));
    workdir.write("whole.toml", &one);
    let mut run = workdir.command(&["run", "small.toml"]);
    run.env("CONVSWEEP_FAILPOINT", "checkpoint-renamed:2");
    assert_eq!(run.output().expect("starts").status.code(), Some(1));
    workdir
}

/// Flips a bit in the middle of a file, which keeps its size.
fn flip(path: &Path) {
    let mut bytes = fs::read(path).expect("a file");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x10;
    fs::write(path, bytes).expect("writes");
}

/// The folder of the first job.
fn first_job(workdir: &Workdir) -> PathBuf {
    workdir.job_folders().into_iter().next().expect("a job")
}

/// Asserts that neither `check` nor `retry --damaged` finds a damaged job.
#[track_caller]
fn assert_nothing_is_damaged(workdir: &Workdir) {
    workdir.run(&["check"]).exits(0);
    workdir
        .run(&["retry", "small", "--damaged"])
        .exits(0)
        .says(&["no job is damaged"]);
}

fn id_of(folder: &Path) -> String {
    folder
        .file_name()
        .expect("has a name")
        .display()
        .to_string()
}

#[test]
fn a_run_names_files_that_are_gone_and_a_retry_trains_their_jobs_again() {
    let workdir = finished();
    let undisturbed = workdir.results();
    let jobs = workdir.job_folders();
    let (first, second) = (id_of(&jobs[0]), id_of(&jobs[1]));
    fs::remove_file(jobs[0].join("model.safetensors")).expect("removes");
    let state = jobs[1].join("states/epoch-3/state.safetensors");
    let file = fs::File::options().write(true).open(&state).expect("opens");
    file.set_len(100).expect("cuts");
    let again = workdir.run(&["run", "small.toml"]).exits(0);
    again.says(&[
        "note: files of 2 finished jobs are gone or damaged: ",
        &format!("jobs/{first}/model.safetensors is gone"),
        &format!("jobs/{second}/states/epoch-3/state.safetensors has 100 bytes instead of"),
        "`convsweep retry small --damaged` trains them again",
        "nothing to train",
    ]);
    let retried = workdir.run(&["retry", "small", "--damaged"]).exits(0);
    let aside = workdir.path(&format!("results/damaged/{first}-1"));
    retried.says(&[&format!(
        "job {first}: its folder is now {}",
        aside.display()
    )]);
    assert!(aside.join("predictions.safetensors").exists());
    assert_eq!(workdir.results(), undisturbed);
    let quiet = workdir.run(&["run", "small.toml"]).exits(0);
    assert!(!quiet.stderr().contains("gone"), "{}", quiet.stderr());
    workdir.run(&["check"]).exits(0);
    let nothing = workdir.run(&["retry", "small", "--damaged"]).exits(0);
    nothing.says(&["nothing to retry: no job is damaged"]);
}

#[test]
fn a_folder_that_is_gone_is_trained_again() {
    let workdir = finished();
    let undisturbed = workdir.results();
    let job = first_job(&workdir);
    fs::remove_dir_all(&job).expect("removes");
    let id = id_of(&job);
    workdir
        .run(&["run", "small.toml"])
        .exits(0)
        .says(&[&format!("{id}/model.safetensors is gone")]);
    workdir
        .run(&["retry", &id, "--damaged"])
        .exits(0)
        .says(&[&format!("job {id}: its folder is gone")]);
    assert_eq!(workdir.results(), undisturbed);
}

#[test]
fn what_is_in_the_place_of_a_folder_is_set_aside() {
    let workdir = finished();
    let undisturbed = workdir.results();
    let job = first_job(&workdir);
    let id = id_of(&job);
    let retry = || {
        let retry = workdir.run(&["retry", "small", "--damaged"]).exits(0);
        retry.says(&[&format!("job {id}: its folder is now")]);
        assert_eq!(workdir.results(), undisturbed);
        assert!(job.join("events.jsonl").is_file());
    };
    fs::remove_dir_all(&job).expect("removes");
    fs::write(&job, "a file").expect("writes");
    retry();
    fs::remove_dir_all(&job).expect("removes");
    symlink("nowhere", &job).expect("links");
    retry();
    let aside = |n: u32| workdir.path(&format!("results/damaged/{id}-{n}"));
    assert_eq!(fs::read(aside(1)).expect("a file"), b"a file");
    assert_eq!(
        fs::read_link(aside(2)).expect("a link"),
        Path::new("nowhere")
    );
}

#[test]
fn what_was_set_aside_is_trained_again_although_another_folder_cannot_be_moved() {
    let workdir = finished();
    let undisturbed = workdir.results();
    let Ok(other) = tempfile::tempdir_in("/dev/shm") else {
        return needs::skip("there is no /dev/shm");
    };
    symlink(other.path(), workdir.path("results/damaged")).expect("links");
    let jobs = workdir.job_folders();
    for job in &jobs[..2] {
        fs::remove_file(job.join("model.safetensors")).expect("removes");
    }
    // The second folder holds a file that is larger than the limit below.
    let large = jobs[1].join("large");
    let file = fs::File::create(&large).expect("creates");
    file.set_len(64 << 20).expect("a sparse file");
    let script = "ulimit -f 30000; exec \"$0\" retry small --damaged";
    let mut shell = workdir.command_of(Path::new("/bin/sh"), &["-c", script]);
    let retry = ProgramRun::of(shell.arg(workdir.command(&[]).get_program()));
    retry
        .exits(5)
        .says(&["cannot move", "(ulimit -f unlimited)"]);
    assert!(!jobs[0].exists() && jobs[1].join("events.jsonl").exists());
    fs::remove_file(&large).expect("removes");
    workdir.run(&["run", "small.toml"]).exits(0);
    assert!(jobs[0].join("model.safetensors").exists(), "trained again");
    workdir.run(&["retry", "small", "--damaged"]).exits(0);
    assert_nothing_is_damaged(&workdir);
    assert_eq!(workdir.results(), undisturbed);
}

#[test]
fn the_folder_of_an_unfinished_job_that_is_gone_is_told_with_what_helps() {
    let workdir = interrupted();
    let job = first_job(&workdir);
    fs::remove_dir_all(&job).expect("removes");
    let explained = workdir.stdout(&["why", &id_of(&job)]);
    assert_contains(&explained, &["is gone", "is trained from the beginning"]);
    assert!(!explained.contains("--damaged"), "{explained}");
    workdir.run(&["run", "small.toml"]).exits(0);
    assert_eq!(workdir.jobs("finished"), 1.0);
    // Of a finished one, the command trains it again.
    fs::remove_dir_all(&job).expect("removes");
    let explained = workdir.stdout(&["why", &id_of(&job)]);
    assert_contains(&explained, &["is gone", "--damaged` trains the job again"]);
    // Where the system does not say what is there, nothing is known to be gone.
    symlink(&job, &job).expect("links to itself");
    let explained = workdir.stdout(&["why", &id_of(&job)]);
    assert_contains(&explained, &["whether the log is sound is not known"]);
    assert!(!explained.contains("--damaged"), "{explained}");
}

#[test]
fn pruned_states_are_not_gone() {
    let workdir = finished();
    workdir.run(&["prune", "--states"]).exits(0);
    let again = workdir.run(&["run", "small.toml"]).exits(0);
    assert!(!again.stderr().contains("gone"), "{}", again.stderr());
    assert_nothing_is_damaged(&workdir);
}

#[test]
fn flipped_bits_are_found_by_a_check_and_damaged_predictions_by_the_report() {
    let workdir = finished();
    let undisturbed = workdir.results();
    let files = [
        "model.safetensors",
        "predictions.safetensors",
        "kernels.json",
        "job.json",
        "states/epoch-3/state.safetensors",
    ];
    for job in workdir.job_folders() {
        files.iter().for_each(|file| flip(&job.join(file)));
    }
    let report = workdir.run(&["report", "small"]).exits(0);
    let page = workdir.read("results/small/report.html");
    for text in [&report.stdout(), &page] {
        assert!(text.contains("No images are shown: the predictions of job"));
    }
    let check = workdir.run(&["check"]).exits(5);
    for job in workdir.job_folders() {
        for file in files {
            let named = format!("jobs/{}/{file} ", id_of(&job));
            assert!(
                check.stdout().contains(&named),
                "{named}\n{}",
                check.stdout()
            );
        }
    }
    workdir.run(&["retry", "small", "--damaged"]).exits(0);
    assert_eq!(workdir.results(), undisturbed);
    workdir.run(&["check"]).exits(0);
    workdir.run(&["report", "small"]).exits(0);
    let page = workdir.read("results/small/report.html");
    assert!(!page.contains("No images are shown"));
}

#[test]
fn a_check_names_folders_that_belong_to_nothing() {
    let workdir = finished();
    fs::create_dir_all(workdir.path("results/jobs/mine")).expect("creates");
    fs::create_dir_all(workdir.path("results/notes")).expect("creates");
    fs::create_dir_all(workdir.path("results/reference")).expect("creates");
    let check = workdir.stdout(&["check"]);
    assert!(!check.contains("folder reference"), "{check}");
    for note in [
        "note: jobs/mine belongs to no job of any experiment",
        "note: the folder notes belongs to no experiment",
    ] {
        assert!(check.contains(note), "{note}\n{check}");
    }
}

#[test]
fn a_refused_checkpoint_is_told_and_changes_nothing() {
    let workdir = interrupted();
    let job = first_job(&workdir);
    flip(&job.join("checkpoint/state.safetensors"));
    workdir.run(&["run", "small.toml"]).exits(0);
    let refused = format!(
        "warning: not used: {}: is damaged",
        job.join("checkpoint/state.safetensors").display()
    );
    let id = id_of(&job);
    for command in ["why", "show"] {
        let told = workdir.stdout(&[command, &id]);
        assert!(told.contains(&refused), "{refused}\n{told}");
    }
    let page = workdir.read("results/small/report.html");
    assert!(page.contains("A training state was damaged"), "{page}");
    let disturbed = workdir.results();
    fs::remove_dir_all(workdir.path("results")).expect("removes");
    workdir.run(&["run", "whole.toml"]).exits(0);
    assert_eq!(workdir.results(), disturbed);
}

#[test]
fn weights_of_a_job_are_not_taken_from_a_damaged_file() {
    let workdir = finished();
    let job = first_job(&workdir);
    let id = id_of(&job);
    let from = format!("epochs = 3\nfrom = {{ job = \"{id}\" }}");
    let other = SMALL
        .replace("epochs = 3", &from)
        .replace("\"small\"", "\"other\"");
    workdir.write("other.toml", &other);
    workdir.run(&["plan", "other.toml"]).exits(0);
    flip(&job.join("model.safetensors"));
    workdir.run(&["run", "other.toml"]).exits(2).says(&[
        "model.safetensors is damaged",
        &format!("`convsweep retry {id} --damaged`"),
    ]);
    workdir.run(&["retry", &id, "--damaged"]).exits(0);
    workdir.run(&["plan", "other.toml"]).exits(0);
    flip(&first_job(&workdir).join("events.jsonl"));
    // A command that only plans reads no logs.
    workdir.run(&["run", "small.toml"]).exits(1);
    workdir.run(&["run", "other.toml"]).exits(2).says(&[
        &format!("the log of job {id} is damaged"),
        &format!("`convsweep retry {id} --damaged`"),
    ]);
    workdir.run(&["retry", &id, "--damaged"]).exits(0);
    workdir.run(&["plan", "other.toml"]).exits(0);
}

/// Replaces the first occurrence of a text in a file by one of the same length.
fn overwrite(path: &Path, text: &[u8], by: &[u8]) {
    let mut bytes = fs::read(path).expect("a file");
    let windows = &mut bytes.windows(text.len());
    let at = windows.position(|window| window == text).expect("is there");
    bytes[at..at + by.len()].copy_from_slice(by);
    fs::write(path, bytes).expect("writes");
}

#[test]
fn a_check_refuses_checkpoints_as_a_worker_does() {
    let workdir = finished();
    let checkpoints: Vec<PathBuf> = workdir
        .job_folders()
        .iter()
        .map(|job| job.join("checkpoint/state.safetensors"))
        .collect();
    workdir.run(&["check"]).exits(0);
    let [a, b, c, d] = &checkpoints[..] else {
        panic!("four jobs: {checkpoints:?}");
    };
    let aside = workdir.path("aside");
    for (from, to) in [(a, &aside), (b, a), (&aside, b)] {
        fs::rename(from, to).expect("moves");
    }
    overwrite(c, b"\"blake3\":", b"\"blake4\":");
    let sparse = fs::File::options().write(true).open(d).expect("opens");
    sparse.set_len(20 << 30).expect("a sparse file");
    let check = workdir.run(&["check"]).exits(5).stdout();
    let id = |path: &Path| id_of(path.ancestors().nth(2).expect("a job"));
    for (path, problem) in [
        (a, format!("is a state of job {}", id(b))),
        (b, format!("is a state of job {}", id(a))),
        (c, "is damaged: its hash is missing".to_string()),
        (d, "is damaged: it has 21474836480 bytes".to_string()),
    ] {
        let named = format!("jobs/{}/checkpoint/state.safetensors {problem}", id(path));
        assert!(check.contains(&named), "{named}\n{check}");
    }
}

#[test]
fn a_damaged_question_is_written_again_without_training() {
    let workdir = finished();
    let job = first_job(&workdir);
    let id = id_of(&job);
    let whole = fs::read(job.join("job.json")).expect("reads");
    flip(&job.join("job.json"));
    let check = workdir.run(&["check"]).exits(5).stdout();
    let remedy = format!("`convsweep retry {id} --damaged` writes it again");
    assert!(check.contains(&remedy), "{check}");
    let retried = workdir.run(&["retry", &id, "--damaged"]).exits(0);
    retried.says(&[&format!(
        "job {id}: its job.json was written again; all else is sound"
    )]);
    assert_eq!(fs::read(job.join("job.json")).expect("reads"), whole);
    assert_eq!(workdir.all_attempts(), 4.0);
    workdir.run(&["check"]).exits(0);
}

#[test]
fn a_job_that_died_before_it_wrote_anything_is_not_damaged() {
    let workdir = interrupted();
    fs::remove_dir_all(first_job(&workdir)).expect("removes");
    workdir.run(&["rebuild", "--forget-lost"]).exits(0);
    assert_eq!(workdir.all_attempts(), 1.0);
    assert_nothing_is_damaged(&workdir);
}

#[test]
fn a_damaged_job_of_two_experiments_is_set_aside_once() {
    let workdir = finished();
    let other = SMALL.replace("\"small\"", "\"other\"");
    workdir.write("other.toml", &other);
    workdir.run(&["run", "other.toml"]).exits(0);
    let undisturbed = workdir.results();
    let job = first_job(&workdir);
    let id = id_of(&job);
    fs::remove_file(job.join("model.safetensors")).expect("removes");
    let retried = workdir
        .run(&["retry", "small", "other", "--damaged"])
        .exits(0);
    let told = retried
        .stderr()
        .matches(&format!("job {id}: its folder is"))
        .count();
    assert_eq!(told, 1, "{}", retried.stderr());
    assert_eq!(workdir.results(), undisturbed);
    workdir.run(&["check"]).exits(0);
}

/// A results folder in which a program before the hashes was interrupted.
#[test]
fn a_job_of_an_older_program_continues_and_is_said_to_be_unchecked() {
    let workdir = Workdir::new();
    let kept = root().join("tests/kept/states-of-format-1");
    let copied = Command::new("cp")
        .arg("-r")
        .args([kept.join("old.toml"), kept.join("results")])
        .arg(workdir.path("."))
        .status();
    assert!(copied.expect("cp").success());
    workdir.run(&["run", "old.toml"]).exits(0);
    let began = "select start || ' ' || start_epoch from attempts where attempt = 2";
    assert_eq!(workdir.text(began), "checkpoint 2");
    let warning = workdir.text("select text from warnings");
    assert!(
        warning.contains("unchecked, since an older program"),
        "{warning}"
    );
    let same = "select count(distinct instructions) from attempts";
    if workdir.number(same) == 1.0 {
        let disturbed = workdir.results();
        workdir
            .run(&["run", "old.toml", "--results", "whole"])
            .exits(0);
        fs::remove_dir_all(workdir.path("results")).expect("removes");
        fs::rename(workdir.path("whole"), workdir.path("results")).expect("moves");
        assert_eq!(workdir.results(), disturbed);
    }
}
