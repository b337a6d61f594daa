//! The learning rate by epoch.

use super::chart_of;
use crate::marks::{lines, text, words};
use crate::synthetic::cases::{self, six};
use crate::synthetic::jobs::STEPS_PER_EPOCH;
use convsweep_report::charts::learning_rate::{LearningRates, RatePoint};
use convsweep_report::draw::scene::Scene;
use convsweep_report::ranking::Ranking;
use convsweep_spec::metric::LEARNING_RATE;
use convsweep_spec::train::{Course, Schedule};
use convsweep_store::ExperimentRows;
use std::f64::consts::PI;

/// Steps of 15 epochs have two points an epoch.
fn schedules(scene: &Scene) -> usize {
    lines(scene).filter(|line| line.points.len() == 30).count()
}

#[test]
fn configurations_with_the_same_schedule_share_a_line() {
    let scene = chart_of(&six().rows(), "learning-rate").scene;
    // The rate of the synthetic jobs depends on the second axis only.
    assert_eq!(schedules(&scene), 2);
    for name in ["optimizer=sgd", "optimizer=adam"] {
        text(&scene, name);
    }
}

#[test]
fn a_common_schedule_has_no_legend() {
    let rows = cases::two().rows();
    let scene = chart_of(&rows, "learning-rate").scene;
    assert_eq!(schedules(&scene), 1);
    assert!(!words(&scene).iter().any(|word| word.contains("pool")));
    let rates = LearningRates::new(&Ranking::new(&rows)).expect("recorded");
    assert_eq!(rates.schedules[0].name, "pool=average and 1 more");
}

#[test]
fn steps_fall_where_the_rate_does() {
    let scene = chart_of(&cases::two().rows(), "learning-rate").scene;
    let steps = lines(&scene)
        .find(|line| line.points.len() == 30)
        .expect("a schedule");
    let tenth_epoch = steps.points[19];
    let eleventh_epoch = steps.points[20];
    assert_eq!(tenth_epoch.0, eleventh_epoch.0);
    assert!(tenth_epoch.1 < eleventh_epoch.1, "the rate falls");
    assert_eq!(steps.points[0].1, tenth_epoch.1);
}

/// Half a cosine down to zero over the ten epochs of the first phase, from this rate.
fn with_a_cosine() -> (ExperimentRows, f64) {
    let mut rows = cases::two().rows();
    let mut peak = 0.0;
    for configuration in &mut rows.configurations {
        let phase = &mut configuration.member.resolved.train.phases[0];
        phase.schedule = Schedule::new(Course::Cosine {
            epochs: 10,
            min_lr: 0.0,
        });
        peak = phase.optimizer.lr;
        for job in &mut configuration.jobs {
            for row in &mut job.epochs[..10] {
                let rate = cosine(peak, f64::from(row.epoch) * STEPS_PER_EPOCH as f64 - 1.0);
                row.values.insert(LEARNING_RATE.into(), rate);
            }
        }
    }
    (rows, peak)
}

fn cosine(peak: f64, step: f64) -> f64 {
    peak * (1.0 + (PI * step / (10.0 * STEPS_PER_EPOCH as f64)).cos()) / 2.0
}

#[test]
fn rates_within_an_epoch_are_those_of_its_steps() {
    let (rows, peak) = with_a_cosine();
    let rates = LearningRates::new(&Ranking::new(&rows)).expect("recorded");
    let course = &rates.schedules[0].course;
    assert!(course.by_step);
    let last_epoch: Vec<&RatePoint> = course
        .points
        .iter()
        .filter(|point| point.epochs > 9.0 && point.epochs < 10.0)
        .collect();
    assert!(last_epoch.len() > 20, "{last_epoch:?}");
    assert!(last_epoch.len() < 60, "no more than are seen");
    for point in &last_epoch {
        let expected = cosine(peak, point.epochs * STEPS_PER_EPOCH as f64);
        assert!((point.rate - expected).abs() < 1e-12 * peak, "{point:?}");
    }
    let [first, .., last] = last_epoch[..] else {
        panic!("several points");
    };
    assert!(first.rate > 0.02 * peak && last.rate > 0.0 && last.rate < 1e-4 * peak);
}

#[test]
fn a_cosine_is_drawn_on_a_linear_scale() {
    let (rows, _) = with_a_cosine();
    let chart = chart_of(&rows, "learning-rate");
    text(&chart.scene, "learning rate");
    assert!(
        chart
            .caption
            .starts_with("The rate that the optimizer used at every step")
    );
}

#[test]
fn rates_that_are_not_those_of_the_file_are_drawn_as_they_were_recorded() {
    let (mut rows, peak) = with_a_cosine();
    for configuration in &mut rows.configurations {
        let recorded = &mut configuration.jobs[0].epochs[3].values;
        recorded.insert(LEARNING_RATE.into(), peak * 2.0);
    }
    let chart = chart_of(&rows, "learning-rate");
    assert!(chart.caption.contains("as recorded"), "{}", chart.caption);
    let rates = LearningRates::new(&Ranking::new(&rows)).expect("recorded");
    let held = |point: &&RatePoint| point.rate == peak * 2.0;
    let held: Vec<f64> = (rates.schedules[0].course.points.iter())
        .filter(held)
        .map(|point| point.epochs)
        .collect();
    assert_eq!(held, [3.0, 4.0]);
}
