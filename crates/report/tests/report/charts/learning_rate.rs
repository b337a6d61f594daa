//! The learning rate by epoch.

use super::chart_of;
use crate::marks::{lines, text, words};
use crate::synthetic::cases::{self, six};
use convsweep_report::charts::learning_rate::LearningRates;
use convsweep_report::draw::scene::Scene;
use convsweep_report::ranking::Ranking;

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
