//! Features that jobs share in the data cache change no bit of a result, whatever happens to their
//! files.

mod common;

use common::*;
use convsweep_spec::augment::Normalize;
use convsweep_spec::event::Event;
use convsweep_spec::job::Job;
use convsweep_spec::outcome::Outcome;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::{TempDir, tempdir};

/// A job on images that are the same in every epoch, whose frozen layers depend on the seed alone.
fn frozen_job(results: &Path, lr: f64, change: &dyn Fn(&mut Job)) -> Job {
    let mut question = job(results, &[(2, adam(lr))]).question;
    question.configuration.augment.steps.clear();
    let train = &mut question.configuration.train;
    train.phases[0].freeze = vec!["backbone".into()];
    train.tta_flip = true;
    let mut job = finish(question, results);
    change(&mut job);
    finish_again(job, results)
}

/// The job with the id of its question, where that was changed.
fn finish_again(job: Job, results: &Path) -> Job {
    let execution = job.execution;
    let mut finished = finish(job.question, results);
    finished.execution.threads = execution.threads;
    finished
}

fn events_of(job: &Job, failpoint: Option<&str>) -> Vec<Event> {
    let events = run(job, failpoint);
    if failpoint.is_none() {
        assert_eq!(outcome(&events), Some(&Outcome::Finished));
    }
    events
}

fn warnings(events: &[Event]) -> Vec<String> {
    let text = |event: &Event| match event {
        Event::Warning { text } => Some(text.clone()),
        _ => None,
    };
    events.iter().filter_map(text).collect()
}

/// Changes the bytes of a file.
type Damage<'a> = &'a dyn Fn(&mut Vec<u8>);

/// What the job leaves that computes all features itself.
fn expected(lr: f64, change: &dyn Fn(&mut Job)) -> Left {
    let results = tempdir().expect("temporary");
    let job = frozen_job(results.path(), lr, change);
    let mut worker = Worker::start_in(None, &[("CONVSWEEP_FEATURE_MEMORY", "0")]);
    worker.train(&job);
    assert_eq!(outcome(&worker.events()), Some(&Outcome::Finished));
    left(&job)
}

/// A results folder in which a job has left its features, and their files.
fn with_features() -> (TempDir, Vec<PathBuf>) {
    let results = tempdir().expect("temporary");
    let first = frozen_job(results.path(), 3e-3, &|_| {});
    assert_eq!(warnings(&events_of(&first, None)), [""; 0]);
    let files = feature_files(results.path());
    assert_eq!(
        files.len(),
        5,
        "training images, and two parts in two views"
    );
    (results, files)
}

fn feature_files(results: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(results.join("cache/features")).expect("lists");
    let mut files: Vec<PathBuf> = entries.map(|e| e.expect("an entry").path()).collect();
    files.retain(|file| file.extension().is_some_and(|e| e == "features"));
    files.sort();
    files
}

/// Whether the job computes features of training images itself: it dies when it has.
fn computes(job: &Job) -> bool {
    outcome(&events_of(job, Some("features"))).is_none()
}

#[test]
fn a_job_with_the_same_frozen_layers_computes_none() {
    let (results, files) = with_features();
    let second = frozen_job(results.path(), 1e-3, &|_| {});
    assert!(!computes(&second));
    assert_eq!(left(&second), expected(1e-3, &|_| {}));
    let threads = |job: &mut Job| job.execution.threads = 2;
    let third = frozen_job(results.path(), 5e-3, &threads);
    assert!(!computes(&third));
    assert_eq!(left(&third), expected(5e-3, &|_| {}));
    assert_eq!(feature_files(results.path()), files);
}

#[test]
fn a_job_with_other_frozen_layers_or_images_computes_its_own() {
    let (results, files) = with_features();
    let others: [&dyn Fn(&mut Job); 3] = [
        &|job| job.question.seed = 4,
        &|job| job.question.configuration.augment.normalize = Normalize::Unit,
        &|job| job.question.configuration.data.split.seed = 7,
    ];
    for other in others {
        let job = frozen_job(results.path(), 3e-3, other);
        assert!(computes(&job));
        let before = feature_files(results.path()).len();
        let mut again = job.clone();
        again.execution.attempt = 2;
        assert_eq!(warnings(&events_of(&again, None)), [""; 0]);
        assert_eq!(left(&again), expected(3e-3, other));
        assert!(feature_files(results.path()).len() > before);
    }
    for file in files {
        assert!(file.exists());
    }
}

#[test]
fn damaged_features_are_refused_and_computed_again() {
    let wanted = expected(1e-3, &|_| {});
    let (results, files) = with_features();
    let whole: Vec<Vec<u8>> = files.iter().map(|f| fs::read(f).expect("reads")).collect();
    let damages: [Damage; 6] = [
        &|bytes| bytes[3] ^= 1,
        &|bytes| bytes[20] ^= 0x80,
        &|bytes| bytes[40] ^= 4,
        &|bytes| *bytes.last_mut().expect("a byte") ^= 0x10,
        &|bytes| bytes.truncate(bytes.len() - 1),
        &Vec::clear,
    ];
    for damage in damages {
        for (file, bytes) in files.iter().zip(&whole) {
            let mut bytes = bytes.clone();
            damage(&mut bytes);
            fs::write(file, bytes).expect("writes");
        }
        let job = frozen_job(results.path(), 1e-3, &|_| {});
        let said = warnings(&events_of(&job, None));
        assert_eq!(said.len(), 5, "{said:?}");
        for text in said {
            assert!(text.contains(".features: "), "{text}");
            assert!(
                text.ends_with("; the features are computed again"),
                "{text}"
            );
        }
        assert_eq!(left(&job), wanted);
        for (file, bytes) in files.iter().zip(&whole) {
            assert_eq!(&fs::read(file).expect("is there again"), bytes);
        }
        fs::remove_dir_all(&job.execution.folder).expect("removes");
    }
}

#[test]
fn features_of_other_images_are_refused() {
    let (results, files) = with_features();
    for pair in files.chunks_exact(2) {
        fs::copy(&pair[0], &pair[1]).expect("copies");
    }
    let job = frozen_job(results.path(), 1e-3, &|_| {});
    assert_eq!(warnings(&events_of(&job, None)).len(), 2);
    assert_eq!(left(&job), expected(1e-3, &|_| {}));
}

#[test]
fn jobs_that_write_the_same_features_at_once_do_not_disturb_each_other() {
    let results = tempdir().expect("temporary");
    let rates = [1e-3, 2e-3, 3e-3, 4e-3];
    let jobs = rates.map(|lr| frozen_job(results.path(), lr, &|_| {}));
    std::thread::scope(|scope| {
        let running = jobs
            .each_ref()
            .map(|job| scope.spawn(|| events_of(job, None)));
        for thread in running {
            let events = thread.join().expect("no panic");
            assert_eq!(warnings(&events), [""; 0]);
        }
    });
    for (job, lr) in jobs.iter().zip(rates) {
        assert_eq!(left(job), expected(lr, &|_| {}));
    }
    assert_eq!(feature_files(results.path()).len(), 5);
}

#[test]
fn without_a_place_for_features_jobs_train_on_and_it_is_said_once() {
    let results = tempdir().expect("temporary");
    let cache = results.path().join("cache");
    fs::create_dir_all(&cache).expect("makes");
    fs::write(cache.join("features"), "a file in the way").expect("writes");
    let mut worker = Worker::start(None);
    let mut said = Vec::new();
    for lr in [1e-3, 3e-3] {
        let job = frozen_job(results.path(), lr, &|_| {});
        worker.train(&job);
        let events = worker.events();
        assert_eq!(outcome(&events), Some(&Outcome::Finished));
        assert_eq!(left(&job), expected(lr, &|_| {}));
        said.extend(warnings(&events));
    }
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(
        said[0].contains("is not kept for other jobs"),
        "{}",
        said[0]
    );
    assert!(said[0].contains("cache/features"), "{}", said[0]);
}

#[test]
fn a_job_that_was_interrupted_shares_what_it_computed_later() {
    let results = tempdir().expect("temporary");
    for failpoint in ["step:5", "validation:1", "evaluation:1"] {
        let mut job = frozen_job(results.path(), 3e-3, &|_| {});
        events_of(&job, Some(failpoint));
        job.execution.attempt = 2;
        events_of(&job, None);
        assert_eq!(left(&job), expected(3e-3, &|_| {}), "{failpoint}");
        fs::remove_dir_all(results.path().join("cache/features")).expect("removes");
        fs::remove_dir_all(&job.execution.folder).expect("removes");
    }
}
