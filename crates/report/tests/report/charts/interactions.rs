//! Interactions of two axes.

use super::{chart_of, names};
use crate::marks::{lines, text};
use crate::synthetic::cases::six;
use convsweep_store::ExperimentRows;

/// `adam` is much better with one kind of pooling, and much worse with the others.
fn with_an_interaction() -> ExperimentRows {
    let mut rows = six().rows();
    for (i, configuration) in rows.configurations.iter_mut().enumerate() {
        let shift = if i == 1 { 0.2 } else { 0.0 };
        for job in &mut configuration.jobs {
            let last = job.epochs.last_mut().expect("epochs");
            let accuracy = last.values["val_accuracy"];
            last.values.insert("val_accuracy".into(), accuracy + shift);
        }
    }
    rows
}

#[test]
fn an_interaction_has_a_line_for_each_value() {
    let chart = chart_of(&with_an_interaction(), "interaction");
    assert!(
        chart.title.starts_with("Does the effect of "),
        "{}",
        chart.title
    );
    assert!(
        chart.caption.contains("a difference of"),
        "{}",
        chart.caption
    );
    let of_values = lines(&chart.scene).filter(|line| line.width == 1.8 && line.points.len() == 3);
    assert_eq!(
        of_values.count(),
        2,
        "a line for each optimizer over three kinds of pooling"
    );
    for label in [
        "max",
        "average",
        "strided",
        "optimizer=sgd",
        "optimizer=adam",
    ] {
        text(&chart.scene, label);
    }
    assert_eq!(chart.scene.collisions(), Vec::<String>::new());
}

#[test]
fn without_an_interaction_there_is_none() {
    assert!(!names(&six().rows()).contains(&"interaction".to_string()));
}
