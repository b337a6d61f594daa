//! Learning curves: the mean over runs after each epoch, with a band of one standard deviation.

mod curves;
mod drawing;

pub use curves::{CurvePanel, CurvePoint, LearningCurve, LearningCurves};

use super::chart::{Chart, ChartData};
use convsweep_spec::metric;

/// The charts of accuracy and of loss.
pub(super) fn charts(data: &ChartData) -> Vec<Chart> {
    let mut charts = Vec::new();
    let caption = format!(
        "After each epoch: mean over {}, with a band of ± one standard deviation; dotted lines \
         mark changes of phase.",
        data.ranking.runs_in_words()
    );
    if let Some(curves) = LearningCurves::new(data, &[metric::VAL_ACCURACY]) {
        charts.push(Chart::new(
            "curves-accuracy",
            "Learning curves: accuracy on the validation images",
            caption.as_str(),
            drawing::scene(&curves, "Validation accuracy by epoch"),
        ));
    }
    if let Some(curves) = LearningCurves::new(data, &[metric::TRAIN_LOSS, metric::VAL_LOSS]) {
        let caption = format!(
            "{caption} The training loss is the mean over an epoch's augmented batches while the \
             weights change, so it may lie above the validation loss."
        );
        charts.push(Chart::new(
            "curves-loss",
            "Learning curves: loss",
            caption,
            drawing::scene(&curves, "Training and validation loss by epoch"),
        ));
    }
    charts
}
