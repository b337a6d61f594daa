//! Learning curves: the mean over runs after each epoch, with a band of one standard deviation and
//! every single run.

mod curves;
mod drawing;
mod words;

pub use curves::{CurvePanel, CurvePoint, LearningCurve, LearningCurves, RunCurve};

use super::chart::{Chart, ChartData};
use convsweep_spec::metric;

/// The charts of accuracy and of loss.
pub(super) fn charts(data: &ChartData) -> Vec<Chart> {
    let mut charts = Vec::new();
    if let Some(curves) = LearningCurves::new(data, &[metric::VAL_ACCURACY]) {
        let scene = drawing::scene(&curves, "Validation accuracy by epoch");
        let chart = Chart::new(
            "curves-accuracy",
            "How does the accuracy on the validation images grow?",
            words::caption(data, &curves),
            scene,
        );
        charts.push(chart.saying(words::figures(data, &curves)));
    }
    if let Some(curves) = LearningCurves::new(data, &[metric::TRAIN_LOSS, metric::VAL_LOSS]) {
        let caption = format!(
            "{} The training loss is the mean over an epoch's augmented batches while the weights \
             change, so it may lie above the validation loss.",
            words::caption(data, &curves)
        );
        let scene = drawing::scene(&curves, "Training and validation loss by epoch");
        let title = "How does the loss fall on training and validation images?";
        let chart = Chart::new("curves-loss", title, caption, scene);
        charts.push(chart.saying(words::figures(data, &curves)));
    }
    charts
}
