//! Precision and recall by class.

use super::chart_of;
use crate::marks::{markers, text};
use crate::synthetic::cases::{self, six};
use convsweep_report::charts::classes::ClassTable;
use convsweep_report::draw::color::SERIES;
use convsweep_report::ranking::{ConfusionMatrix, Ranking};

#[test]
fn every_class_has_precision_and_recall_in_the_order_of_f1() {
    let rows = six().rows();
    let scene = chart_of(&rows, "classes").scene;
    let matrix = ConfusionMatrix::of_best(&Ranking::new(&rows)).expect("evaluated");
    let table = ClassTable::new(&matrix);
    assert!(table.rows.is_sorted_by(|a, b| a.1.f1 >= b.1.f1));
    // The first marker of each colour belongs to the legend.
    let precision = &markers(&scene, SERIES[1])[1..];
    let recall = &markers(&scene, SERIES[0])[1..];
    assert_eq!((precision.len(), recall.len()), (10, 10));
    for (i, (name, score)) in table.rows.iter().enumerate() {
        assert!(
            (text(&scene, name).at.1 - recall[i].1).abs() < 5.0,
            "{name}"
        );
        let difference = score.precision.expect("predicted") - score.recall.expect("has images");
        assert_eq!(difference > 0.0, precision[i].0 > recall[i].0, "{name}");
    }
}

#[test]
fn many_classes_are_in_three_columns() {
    let scene = chart_of(&cases::hundred_classes().rows(), "classes").scene;
    let recall = &markers(&scene, SERIES[0])[1..];
    assert_eq!(recall.len(), 100);
    let below: usize = recall.windows(2).filter(|w| w[0].1 > w[1].1).count();
    assert_eq!(below, 2, "the rows start twice more at the top");
}
