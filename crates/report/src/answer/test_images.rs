//! Accuracy on the sealed test images, for the chosen configuration and the baseline.

use crate::ranking::{MetricFormat, RankedConfiguration, Ranking};
use convsweep_spec::metric::VAL_ACCURACY;
use convsweep_statistics::sample::Sample;

/// The test accuracy; `None` if the chosen configuration was not evaluated on test images.
pub fn paragraph(ranking: &Ranking, best: &RankedConfiguration) -> Option<String> {
    let accuracy = best.test_accuracy()?;
    let metric = MetricFormat::named(VAL_ACCURACY);
    let mut text = format!(
        "On the test images, which played no part in any choice, {} has an accuracy of {} over {}",
        best.label(),
        metric.mean_and_sd(accuracy),
        ranking.unit.count(accuracy.n)
    );
    if let Some((label, accuracy)) = baseline(ranking) {
        let accuracy = metric.mean_and_sd(accuracy);
        text += &format!("; the baseline, {label}, has {accuracy}");
    }
    text.push('.');
    if ranking.configurations.len() > 1 {
        text += " The validation figure is slightly optimistic for a configuration that was \
                 chosen by it; the test figure is not.";
        if ranking.revision.show_test {
            text += " The file asks for the test figures of all configurations: whoever chooses \
                     by them has no sealed images left.";
        }
    }
    Some(text)
}

/// Label and test accuracy of the baseline, unless it is the best itself.
fn baseline<'a>(ranking: &Ranking<'a>) -> Option<(&'a str, Sample)> {
    let rank = ranking.baseline.filter(|rank| *rank != 0)?;
    let baseline = &ranking.configurations[rank];
    Some((baseline.label(), baseline.test_accuracy()?))
}
