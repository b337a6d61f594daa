//! The nearest known name to one that is not known.

use crate::language::field::{Field, Kind};
use crate::language::tables;

/// Names of other programs for what a key is called here; underscores stand for dashes too.
const ELSEWHERE: [(&str, &str); 66] = [
    ("learning_rate", "lr"),
    ("learningrate", "lr"),
    ("kernel_size", "kernel"),
    ("strides", "stride"),
    ("filters", "conv"),
    ("conv2d", "conv"),
    ("maxpool", "pool"),
    ("max_pool", "pool"),
    ("avg", "average"),
    ("avg_pool", "average"),
    ("mean", "average"),
    ("batchnorm", "norm"),
    ("linear", "dense"),
    ("units", "dense"),
    ("batch", "batch_size"),
    ("eps", "epsilon"),
    ("dataset", "source"),
    ("type", "name"),
    ("random_crop", "crop"),
    ("horizontal_flip", "flip"),
    ("random_flip", "flip"),
    ("rotation", "rotate"),
    ("random_rotation", "rotate"),
    ("zoom", "scale"),
    ("pad", "padding"),
    ("out_channels", "conv"),
    ("out_features", "dense"),
    ("fc", "dense"),
    ("averagepool", "pool"),
    ("average_pool", "pool"),
    ("avgpool", "pool"),
    ("global_average_pool", "pool"),
    ("global_average_pooling", "pool"),
    ("global_avg_pool", "pool"),
    ("gap", "pool"),
    ("adaptive_avg_pool", "pool"),
    ("batch_norm", "norm"),
    ("bn", "norm"),
    ("relu", "activation"),
    ("gelu", "activation"),
    ("sigmoid", "activation"),
    ("act", "activation"),
    ("conv_transpose", "transposed"),
    ("deconv", "transposed"),
    ("conv2d_transpose", "transposed"),
    ("separable_conv", "separable"),
    ("depthwise_conv", "depthwise"),
    ("xavier_uniform", "glorot-uniform"),
    ("xavier", "glorot-uniform"),
    ("xavier_normal", "glorot-uniform"),
    ("he_normal", "kaiming-normal"),
    ("he_uniform", "kaiming-uniform"),
    ("he", "kaiming-normal"),
    ("color_jitter", "brightness"),
    ("colour_jitter", "brightness"),
    ("cutout", "erase"),
    ("random_erasing", "erase"),
    ("gaussian_blur", "blur"),
    ("gaussian_noise", "noise"),
    ("scheduler", "schedule"),
    ("lr_schedule", "schedule"),
    ("lr_scheduler", "schedule"),
    ("criterion", "loss"),
    ("betas", "beta1"),
    ("grad_clip", "clip_norm"),
    ("clip_grad_norm", "clip_norm"),
];

/// The name among `known` that was probably meant.
pub(crate) fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    if name.len() > 64 {
        return None;
    }
    let lower = name.to_lowercase().replace('-', "_");
    if let Some(found) = elsewhere(&lower, known) {
        return Some(found);
    }
    let likeness = |k: &str| strsim::normalized_damerau_levenshtein(&lower, &k.replace('-', "_"));
    // The first of equals.
    let best = known
        .iter()
        .rev()
        .map(|k| (likeness(k), *k))
        .max_by(|a, b| a.0.total_cmp(&b.0))?;
    if best.0 >= 0.55 {
        return Some(best.1);
    }
    known.iter().copied().find(|k| {
        k.len() >= 3 && lower.len() >= 3 && (lower.starts_with(k) || k.starts_with(&*lower))
    })
}

/// The one among `known` that other programs call so.
pub(crate) fn elsewhere<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let meant = ELSEWHERE
        .iter()
        .filter(|(theirs, _)| *theirs == name)
        .map(|(_, ours)| *ours);
    meant
        .filter_map(|m| known.iter().find(|k| **k == m))
        .next()
        .copied()
}

/// The remedy for an unknown name: the nearest known one, or all of them.
pub(crate) fn remedy(name: &str, known: &[&str]) -> String {
    match nearest(name, known) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.is_empty() => "there is nothing to set here".into(),
        None => format!("known here: {}", known.join(", ")),
    }
}

/// The section, or the table in a section, that has `key`, for a key that stands in the wrong
/// place.
pub(crate) fn home_of(key: &str) -> Option<String> {
    let has = |fields: &[Field]| fields.iter().any(|f| f.key == key);
    let sections = || {
        tables::FILE
            .iter()
            .filter_map(|f| Some((f.key, fields(&f.kind)?)))
    };
    let section = sections()
        .find(|(_, fields)| has(fields))
        .map(|(name, _)| name.to_string());
    let inside = || {
        sections().find_map(|(name, fields)| {
            let with =
                |f: &&Field| matches!(&f.kind, Kind::Named(family) if family.variants.iter().any(|v| has(v.fields)));
            fields.iter().find(with).map(|f| format!("{name}.{}", f.key))
        })
    };
    section.or_else(inside)
}

fn fields(kind: &Kind) -> Option<&'static [Field]> {
    match kind {
        Kind::Table(fields) => Some(fields),
        _ => None,
    }
}
