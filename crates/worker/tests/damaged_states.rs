//! A state that is damaged or belongs elsewhere is refused by name, and the job ends with the bits of
//! an undisturbed one.

mod common;

use common::*;
use convsweep_spec::event::{Event, Part, Start};
use convsweep_spec::job::{Job, SavedState};
use convsweep_spec::outcome::Outcome;
use convsweep_spec::seal;
use safetensors::SafeTensors;
use safetensors::tensor::TensorView;
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use tempfile::{TempDir, tempdir};

const NEWEST: &str = "checkpoint/state.safetensors";
const PREVIOUS: &str = "checkpoint/previous.safetensors";

/// A job of three epochs whose worker died after the second checkpoint, within the second epoch of
/// the only phase.
struct Interrupted {
    results: TempDir,
    job: Job,
}

impl Interrupted {
    fn new() -> Self {
        Interrupted::at("checkpoint-renamed:2", 3)
    }

    fn at(failpoint: &str, epochs: u32) -> Self {
        let results = tempdir().expect("temporary");
        let mut job = job(results.path(), &[(epochs, adam(3e-3))]);
        assert_eq!(outcome(&run(&job, Some(failpoint))), None);
        job.execution.attempt = 2;
        Interrupted { results, job }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.job.execution.folder.join(name)
    }

    fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).expect(name)
    }

    /// Runs the next attempt; the answer is where it began and what it warned of.
    fn resume(&mut self) -> (Start, Vec<String>) {
        let events = run(&self.job, None);
        assert_eq!(outcome(&events), Some(&Outcome::Finished), "{events:?}");
        assert_eq!(left(&self.job), *undisturbed());
        let Some(Event::Started { from, .. }) = events.first() else {
            panic!("not started: {events:?}");
        };
        let warnings = events.iter().filter_map(|event| match event {
            Event::Warning { text } => Some(text.clone()),
            _ => None,
        });
        (from.clone(), warnings.collect())
    }
}

/// What the undisturbed job leaves.
fn undisturbed() -> &'static Left {
    static UNDISTURBED: LazyLock<Left> = LazyLock::new(|| {
        let results = tempdir().expect("temporary");
        let job = job(results.path(), &[(3, adam(3e-3))]);
        assert_eq!(outcome(&run(&job, None)), Some(&Outcome::Finished));
        left(&job)
    });
    &UNDISTURBED
}

fn starts_at(start: &Start) -> Option<u32> {
    match start {
        Start::Checkpoint { epoch, .. } => Some(*epoch),
        Start::Scratch | Start::State { .. } => None,
    }
}

/// Edits the JSON of the position of a state, and writes the file anew without or with a hash.
fn edit_position(path: &Path, is_sealed: bool, edit: &dyn Fn(&mut serde_json::Value)) {
    let bytes = fs::read(path).expect("a state");
    let (_, header) = SafeTensors::read_metadata(&bytes).expect("a header");
    let text = &header.metadata().as_ref().expect("metadata")["position"];
    let mut position = serde_json::from_str(text).expect("JSON");
    edit(&mut position);
    let mut metadata = HashMap::from([("position".to_string(), position.to_string())]);
    if is_sealed {
        metadata.insert(seal::KEY.into(), seal::BLANK.into());
    }
    let file = SafeTensors::deserialize(&bytes).expect("tensors");
    let tensors: Vec<(String, TensorView)> = file.tensors();
    let mut edited = safetensors::serialize(tensors, Some(metadata)).expect("serialises");
    if is_sealed {
        seal::seal(&mut edited).expect("has a place for it");
    }
    fs::write(path, edited).expect("writes");
}

fn make_pipe(path: &Path) {
    let status = std::process::Command::new("mkfifo").arg(path).status();
    assert!(status.expect("mkfifo").success());
}

/// As a program before the hashes wrote it.
fn as_format_1(path: &Path) {
    edit_position(path, false, &|position| position["format"] = 1.into());
}

#[test]
fn a_flipped_bit_anywhere_is_refused_and_the_checkpoint_before_is_used() {
    for number in 0..6 {
        let mut interrupted = Interrupted::new();
        let mut bytes = interrupted.read(NEWEST);
        // Times in the header make its length differ from file to file.
        let length = bytes[..8].try_into().expect("eight bytes");
        let header = 8 + u64::from_le_bytes(length) as usize;
        let places = [0, 9, header / 2, header - 3, header + 2, bytes.len() - 1];
        let place = places[number];
        bytes[place] ^= 0x04;
        fs::write(interrupted.path(NEWEST), bytes).expect("writes");
        let (start, warnings) = interrupted.resume();
        assert_eq!(starts_at(&start), Some(1), "byte {place}");
        let newest = interrupted.path(NEWEST).display().to_string();
        assert!(
            warnings.len() == 1 && warnings[0].contains(&newest),
            "byte {place}: {warnings:?}"
        );
        assert!(!interrupted.path(PREVIOUS).exists(), "no longer needed");
    }
}

#[test]
fn without_whole_checkpoints_training_begins_anew() {
    for change in [
        |bytes: &mut Vec<u8>| bytes.truncate(100),
        |bytes: &mut Vec<u8>| bytes.clear(),
        |bytes: &mut Vec<u8>| bytes.fill(0),
        |bytes: &mut Vec<u8>| bytes.extend(bytes.clone()),
    ] {
        let mut interrupted = Interrupted::new();
        for name in [NEWEST, PREVIOUS] {
            let mut bytes = interrupted.read(name);
            change(&mut bytes);
            fs::write(interrupted.path(name), bytes).expect("writes");
        }
        let (start, warnings) = interrupted.resume();
        assert_eq!(start, Start::Scratch);
        assert_eq!(warnings.len(), 2, "{warnings:?}");
    }
}

#[test]
fn a_folder_or_pipe_in_the_place_of_a_checkpoint_is_refused() {
    let mut interrupted = Interrupted::new();
    fs::remove_file(interrupted.path(NEWEST)).expect("removes");
    make_pipe(&interrupted.path(NEWEST));
    let (start, warnings) = interrupted.resume();
    assert_eq!(starts_at(&start), Some(1));
    assert!(
        warnings[0].contains("is a named pipe, not a file"),
        "{warnings:?}"
    );
}

#[test]
fn the_checkpoint_before_is_used_where_the_newest_is_gone() {
    let mut interrupted = Interrupted::new();
    fs::remove_file(interrupted.path(NEWEST)).expect("removes");
    let (start, warnings) = interrupted.resume();
    assert_eq!((starts_at(&start), warnings), (Some(1), vec![]));
}

#[test]
fn states_kept_at_the_ends_of_phases_are_used_where_checkpoints_are_gone() {
    let results = tempdir().expect("temporary");
    let phases = [(1, adam(3e-3)), (2, adam(3e-4))];
    let mut job = job(results.path(), &phases);
    assert_eq!(outcome(&run(&job, Some("checkpoint-renamed:2"))), None);
    fs::remove_dir_all(job.execution.folder.join("checkpoint")).expect("removes");
    job.execution.attempt = 2;
    let events = run(&job, None);
    assert_eq!(outcome(&events), Some(&Outcome::Finished));
    let Some(Event::Started { from, .. }) = events.first() else {
        panic!("not started: {events:?}");
    };
    assert_eq!(starts_at(from), Some(1));
    let reference = tempdir().expect("temporary");
    let whole = common::job(reference.path(), &phases);
    run(&whole, None);
    assert_eq!(left(&job), left(&whole));
}

#[test]
fn checkpoints_of_two_jobs_that_are_exchanged_are_refused() {
    let mut interrupted = Interrupted::new();
    let other = Interrupted::at("checkpoint-renamed:2", 4);
    for name in [NEWEST, PREVIOUS] {
        fs::copy(other.path(name), interrupted.path(name)).expect("copies");
    }
    let (start, warnings) = interrupted.resume();
    assert_eq!(start, Start::Scratch);
    let words = format!("is a state of job {}", other.job.id);
    assert!(
        warnings.len() == 2 && warnings.iter().all(|text| text.contains(&words)),
        "{warnings:?}"
    );
    assert!(other.results.path().exists());
}

/// Edits that no hash betrays, since the file is sealed again or of an older program.
#[test]
fn a_position_that_contradicts_itself_the_job_or_the_log_is_refused() {
    type Edit = fn(&mut serde_json::Value);
    let edits: [(Edit, &str); 9] = [
        (|p| p["epoch"] = 3.into(), "its key does not belong"),
        (|p| p["epoch"] = 7.into(), "the job has 3 epochs"),
        (|p| p["step"] = 5000.into(), "an epoch has"),
        (|p| p["step"] = 2.into(), "its key does not belong"),
        (
            |p| p["job"] = "0123456789abcdef".into(),
            "is a state of job",
        ),
        (|p| p["partial"]["images"] = 3.into(), "its sums are not"),
        (
            |p| _ = p["history"].as_array_mut().expect("epochs").pop(),
            "has the metrics of 1",
        ),
        (
            |p| p["history"][0]["epoch"] = 2.into(),
            "epoch 1 are missing or out of place",
        ),
        (
            |p| p["history"][1]["values"]["val_loss"] = 0.25.into(),
            "contradicts the job's log",
        ),
    ];
    for (edit, words) in edits {
        for is_sealed in [true, false] {
            let mut interrupted = Interrupted::new();
            edit_position(&interrupted.path(NEWEST), is_sealed, &|position| {
                if !is_sealed {
                    position["format"] = 1.into();
                }
                edit(position);
            });
            let (start, warnings) = interrupted.resume();
            assert_eq!(starts_at(&start), Some(1), "{words}");
            assert!(warnings[0].contains(words), "{words}: {warnings:?}");
        }
    }
}

/// A job that is stopped while it validates has made all steps of the epoch.
#[test]
fn a_checkpoint_after_the_last_step_of_an_epoch_is_used() {
    let whole = tempdir().expect("temporary");
    let events = run(&job(whole.path(), &[(1, adam(3e-3))]), None);
    let validated = events.iter().find_map(|event| match event {
        Event::Evaluated(evaluation) if evaluation.part == Part::Validation => {
            Some(evaluation.images)
        }
        _ => None,
    });
    let trained = 256 - validated.expect("is evaluated");
    let interrupted = Interrupted::new();
    edit_position(&interrupted.path(NEWEST), true, &|position| {
        position["step"] = position["history"][0]["step"].clone();
        position["key"] = serde_json::Value::Null;
        position["partial"]["images"] = trained.into();
    });
    let events = run(&interrupted.job, None);
    assert_eq!(outcome(&events), Some(&Outcome::Finished), "{events:?}");
    let steps = trained.div_ceil(16);
    let Some(Event::Started { from, .. }) = events.first() else {
        panic!("not started: {events:?}");
    };
    assert!(
        matches!(from, Start::Checkpoint { epoch: 2, step, .. } if *step == steps),
        "{from:?}"
    );
}

#[test]
fn weights_that_are_not_finite_are_damage_and_no_divergence() {
    let mut interrupted = Interrupted::new();
    for name in [NEWEST, PREVIOUS] {
        as_format_1(&interrupted.path(name));
        let mut bytes = interrupted.read(name);
        let file = SafeTensors::deserialize(&bytes).expect("tensors");
        let moment = file.tensor("adam.moment2.conv1.weight").expect("a moment");
        let start = moment.data().as_ptr() as usize - bytes.as_ptr() as usize;
        bytes[start..start + 4].copy_from_slice(&f32::NAN.to_le_bytes());
        fs::write(interrupted.path(name), bytes).expect("writes");
    }
    let (start, warnings) = interrupted.resume();
    assert_eq!(start, Start::Scratch);
    let words = "has \"adam.moment2.conv1.weight\" with a value that is not finite (number 0,";
    assert!(
        warnings.iter().all(|text| text.contains(words)),
        "{warnings:?}"
    );
}

#[test]
fn states_of_older_programs_are_used_and_said_to_be_unchecked() {
    let mut interrupted = Interrupted::new();
    as_format_1(&interrupted.path(NEWEST));
    let (start, warnings) = interrupted.resume();
    assert_eq!(starts_at(&start), Some(2));
    assert!(
        warnings.len() == 1 && warnings[0].contains("unchecked"),
        "{warnings:?}"
    );
    let newest = interrupted.read(NEWEST);
    assert!(seal::verify(&newest).expect("whole").is_some());
}

#[test]
fn a_state_without_its_hash_and_one_of_a_newer_program_are_refused() {
    for (format, words) in [
        (2, "its hash is missing"),
        (3, "this program reads up to 2"),
    ] {
        let mut interrupted = Interrupted::new();
        edit_position(&interrupted.path(NEWEST), false, &|position| {
            position["format"] = format.into();
        });
        let (start, warnings) = interrupted.resume();
        assert_eq!(starts_at(&start), Some(1));
        assert!(warnings[0].contains(words), "{warnings:?}");
    }
}

#[test]
fn a_damaged_question_is_written_anew() {
    let mut interrupted = Interrupted::new();
    let whole = interrupted.read("job.json");
    let mut damaged = whole.clone();
    damaged[40] ^= 0x01;
    fs::write(interrupted.path("job.json"), damaged).expect("writes");
    let (start, warnings) = interrupted.resume();
    assert_eq!((starts_at(&start), warnings), (Some(2), vec![]));
    assert_eq!(interrupted.read("job.json"), whole);
}

#[test]
fn pipes_in_the_place_of_a_question_or_log_hold_nothing_up() {
    let mut interrupted = Interrupted::new();
    let whole = interrupted.read("job.json");
    fs::remove_file(interrupted.path("job.json")).expect("removes");
    make_pipe(&interrupted.path("job.json"));
    let (start, _) = interrupted.resume();
    assert_eq!(starts_at(&start), Some(2));
    assert_eq!(interrupted.read("job.json"), whole);

    let interrupted = Interrupted::new();
    fs::remove_file(interrupted.path("events.jsonl")).expect("removes");
    make_pipe(&interrupted.path("events.jsonl"));
    let events = run(&interrupted.job, None);
    let Some(Outcome::Failed { message }) = outcome(&events) else {
        panic!("did not fail: {events:?}");
    };
    assert!(message.contains("it is a named pipe"), "{message}");
}

#[test]
fn every_artifact_state_and_checkpoint_is_reported_with_its_hash() {
    let results = tempdir().expect("temporary");
    let job = job(results.path(), &[(1, adam(3e-3))]);
    let mut hashes = 0;
    for event in run(&job, None) {
        let (path, hash) = match event {
            Event::Artifact { path, blake3, .. } => {
                let bytes = fs::read(job.execution.folder.join(&path)).expect("left");
                (path, (blake3, convsweep_spec::canonical::hash_of(&bytes)))
            }
            Event::StateSaved { path, blake3, .. } => {
                let file = job.execution.folder.join(&path).join("state.safetensors");
                let found = seal::verify(&fs::read(file).expect("left")).expect("whole");
                (path, (blake3, found.expect("sealed")))
            }
            Event::Checkpoint { blake3, .. } => {
                let file = job.execution.folder.join(NEWEST);
                let found = seal::verify(&fs::read(file).expect("left")).expect("whole");
                (NEWEST.into(), (blake3, found.expect("sealed")))
            }
            _ => continue,
        };
        assert_eq!(hash.0, Some(hash.1), "{path}");
        hashes += 1;
    }
    assert_eq!(hashes, 5);
}

#[test]
fn unusable_states_are_ignored_with_a_warning() {
    let [reference, results] = [tempdir().expect("temporary"), tempdir().expect("temporary")];
    let undisturbed = job(reference.path(), &[(1, adam(3e-3)), (1, adam(3e-4))]);
    run(&undisturbed, None);
    let mut job = job(results.path(), &[(1, adam(3e-3)), (1, adam(3e-4))]);
    run(&job, Some("metrics:2"));
    let file = job.execution.folder.join("checkpoint/state.safetensors");
    let bytes = fs::read(&file).expect("has a checkpoint");
    fs::write(&file, &bytes[..bytes.len() - 10]).expect("writes");
    job.execution.attempt = 2;
    let path = results.path().join("nowhere");
    let key = job.question.state_key(1);
    job.execution.start_from = Some(SavedState {
        job: job.id.clone(),
        epoch: 1,
        key,
        path,
    });
    let events = run(&job, None);
    assert!(
        matches!(
            &events[0],
            Event::Started {
                from: Start::Scratch,
                ..
            }
        ),
        "{:?}",
        events[0]
    );
    let warned: Vec<_> = events
        .iter()
        .filter(|e| matches!(e, Event::Warning { .. }))
        .collect();
    assert_eq!(warned.len(), 2, "{warned:?}");
    assert_eq!(left(&job), left(&undisturbed));
}
