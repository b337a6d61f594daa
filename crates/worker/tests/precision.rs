//! Jobs in another precision than f32: refused where the worker cannot compute in it, else trained
//! and continued as others are.

mod common;

use common::*;
use convsweep_data::{Location, facts};
use convsweep_nn::BACKEND;
use convsweep_spec::data::{Shapes, Source};
use convsweep_spec::device::DeviceName;
use convsweep_spec::job::Job;
use convsweep_spec::outcome::Outcome;
use convsweep_spec::train::Precision;
use std::path::Path;
use tempfile::tempdir;

fn job_in(precision: Precision, results: &Path) -> Job {
    let device = match BACKEND {
        "flex" => DeviceName::CPU,
        _ => DeviceName::LIBTORCH,
    };
    let mut question = job(results, &[(3, adam(3e-3)), (2, adam(1e-3))]).question;
    let configuration = &mut question.configuration;
    configuration.augment.steps.clear();
    configuration.data.source = Source::Shapes(Shapes {
        train: 1500,
        test: 300,
        size: 16,
        rotation: 0.0,
        color: 0.0,
        texture: 0.0,
        classes: 4,
        ..Shapes::default()
    });
    let cache = results.join("cache");
    question.data_hash = facts(Location::new(&cache, None), &configuration.data)
        .expect("no needs")
        .hash;
    question.configuration.train.precision = precision;
    let mut job = finish(question, results);
    job.execution.device = device;
    job
}

#[test]
fn a_job_is_refused_with_words_where_its_precision_is_not_there() {
    let results = tempdir().expect("temporary");
    let message = match outcome(&run(&job_in(Precision::Tf32, results.path()), None)) {
        Some(Outcome::Failed { message }) => message.clone(),
        other => panic!("{other:?}"),
    };
    assert!(
        message.starts_with("train.precision = \"tf32\": "),
        "{message}"
    );
    assert!(
        message.contains("or set train.precision = \"f32\""),
        "{message}"
    );
}

#[cfg(feature = "libtorch")]
mod by_libtorch {
    use super::*;
    use convsweep_spec::event::{Evaluation, Event, Part};

    fn test_accuracy(events: &[Event]) -> f64 {
        let of_test = |event: &Event| match event {
            Event::Evaluated(Evaluation {
                part: Part::Test,
                accuracy,
                ..
            }) => Some(accuracy.0),
            _ => None,
        };
        events.iter().find_map(of_test).expect("a test")
    }

    #[test]
    fn a_job_in_bf16_learns_and_continues_to_the_bit() {
        let accuracy = |precision| {
            let results = tempdir().expect("temporary");
            let job = job_in(precision, results.path());
            let events = run(&job, None);
            assert_eq!(outcome(&events), Some(&Outcome::Finished));
            (test_accuracy(&events), left(&job))
        };
        let (exact, in_f32) = accuracy(Precision::F32);
        let (rounded, in_bf16) = accuracy(Precision::Bf16);
        assert_ne!(in_f32, in_bf16);
        assert!(
            exact > 0.5 && (exact - rounded).abs() < 0.15,
            "{exact} {rounded}"
        );
        for failpoint in ["step:7", "checkpoint-renamed:2"] {
            let results = tempdir().expect("temporary");
            let mut job = job_in(Precision::Bf16, results.path());
            assert_eq!(outcome(&run(&job, Some(failpoint))), None, "{failpoint}");
            job.execution.attempt = 2;
            let events = run(&job, None);
            assert_eq!(outcome(&events), Some(&Outcome::Finished), "{failpoint}");
            assert_eq!(left(&job), in_bf16, "{failpoint}");
        }
    }
}
