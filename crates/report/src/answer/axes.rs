//! How far each axis moves the metric.

use crate::ranking::{AxisEffect, Ranking, axis_effects};

/// The axes, the one with the largest effect first; only where every value was combined with the
/// same values of the other axes, so that the means are comparable.
pub fn paragraph(ranking: &Ranking) -> Option<String> {
    let effects = axis_effects(ranking);
    if effects.len() < 2 || !effects.iter().all(is_balanced) {
        return None;
    }
    let mut sizes: Vec<EffectSize> = effects.iter().filter_map(effect_size).collect();
    sizes.sort_by(|a, b| b.size.total_cmp(&a.size));
    let metric = &ranking.metric;
    let mut parts = Vec::new();
    for (i, effect) in sizes.iter().enumerate() {
        let verb = if i == 0 { " moves it most," } else { "" };
        parts.push(format!(
            "{}{verb} by {} (from {} to {})",
            effect.axis,
            metric.difference(effect.size / metric.scale()),
            effect.lowest,
            effect.highest
        ));
    }
    Some(format!(
        "Averaged over the other axes, {}.",
        parts.join("; ")
    ))
}

fn is_balanced(effect: &AxisEffect) -> bool {
    let n = effect.values[0].sample.n;
    effect.values.iter().all(|value| value.sample.n == n)
}

/// The values of an axis with the lowest and highest mean.
struct EffectSize<'a> {
    axis: &'a str,
    lowest: &'a str,
    highest: &'a str,
    /// Difference between the two, in the unit of charts.
    size: f64,
}

fn effect_size(effect: &AxisEffect) -> Option<EffectSize<'_>> {
    let (mut lowest, mut highest) = (effect.values.first()?, effect.values.first()?);
    for value in &effect.values {
        if value.sample.mean < lowest.sample.mean {
            lowest = value;
        }
        if value.sample.mean >= highest.sample.mean {
            highest = value;
        }
    }
    Some(EffectSize {
        axis: &effect.axis,
        lowest: &lowest.label,
        highest: &highest.label,
        size: highest.sample.mean - lowest.sample.mean,
    })
}
