//! `[augment]`.

use super::internal::not_resolved;
use crate::language::check::{Checker, named_variants};
use crate::language::reader::{TableReader, choice};
use crate::language::tables;
use crate::source::problem::{Problem, ProblemCode, ProblemSink};
use crate::source::span::Span;
use crate::source::tree::Node;
use convsweep_spec::augment::{AugmentSpec, FlipAxis, Normalize, Step};
use convsweep_spec::words::counted;

/// Resolved `[augment]`, with the places that later messages need.
#[derive(Clone, Debug)]
pub(super) struct ResolvedAugment {
    pub spec: AugmentSpec,
    normalize_span: Span,
    steps_span: Span,
}

/// Resolves `[augment]`.
pub(super) fn augment(node: &Node, sink: &mut ProblemSink) -> Option<ResolvedAugment> {
    if !Checker::whole(sink).section(node, tables::AUGMENT, "augment") {
        return None;
    }
    let reader = TableReader::new(node, tables::AUGMENT);
    let normalize_node = reader.node("normalize")?;
    let list = reader.node("steps")?;
    // All steps are looked at, so that every problem is reported.
    let steps: Vec<_> = list.items().iter().map(|s| step(s, sink)).collect();
    let steps: Vec<Step> = steps.into_iter().collect::<Option<_>>()?;
    if let Some(late) = step_after_mixing(&steps) {
        let title = "this step changes single images, but comes after one that mixes the batch";
        let problem = Problem::of(ProblemCode::Conflict, &list.items()[late], title);
        sink.report(problem.help("write mixup and cutmix last"));
        return None;
    }
    Some(ResolvedAugment {
        spec: AugmentSpec {
            normalize: normalize(&normalize_node)?,
            steps,
        },
        normalize_span: normalize_node.span,
        steps_span: list.span,
    })
}

/// The first step for single images after one over the batch.
fn step_after_mixing(steps: &[Step]) -> Option<usize> {
    let mut pairs = steps.windows(2);
    let first = pairs.position(|pair| pair[0].is_over_batch() && !pair[1].is_over_batch())?;
    Some(first + 1)
}

fn normalize(node: &Node) -> Option<Normalize> {
    if node.text().is_some() {
        return choice(node);
    }
    let reader = TableReader::new(node, tables::NORMALIZE);
    Some(Normalize::Given {
        mean: reader.floats("mean")?,
        std: reader.floats("std")?,
    })
}

fn step(node: &Node, sink: &mut ProblemSink) -> Option<Step> {
    let variant = *named_variants(node, &tables::STEPS).first()?;
    let reader = TableReader::new(node, variant.fields);
    let p = reader.f64("p")?;
    Some(match variant.key {
        "rotate" => Step::Rotate {
            degrees: reader.f64("rotate")?,
            fill: reader.choice("fill")?,
            p,
        },
        "scale" => {
            let [min, max] = bounds(&reader, "scale", sink)?;
            Step::Scale {
                min,
                max,
                fill: reader.choice("fill")?,
                p,
            }
        }
        "flip" => flip(&reader, p, sink)?,
        "crop" => Step::Crop {
            pad: reader.u32("pad")?,
            fill: reader.choice("fill")?,
            p,
        },
        "translate" => Step::Translate {
            share: reader.f64("translate")?,
            fill: reader.choice("fill")?,
            p,
        },
        "shear" => Step::Shear {
            degrees: reader.f64("shear")?,
            fill: reader.choice("fill")?,
            p,
        },
        "random-resized-crop" => {
            let [min, max] = bounds(&reader, "random-resized-crop", sink)?;
            Step::RandomResizedCrop {
                min,
                max,
                ratio: reader.f64("ratio")?,
                p,
            }
        }
        "brightness" => Step::Brightness {
            strength: reader.f64("brightness")?,
            p,
        },
        "contrast" => Step::Contrast {
            strength: reader.f64("contrast")?,
            p,
        },
        "saturation" => Step::Saturation {
            strength: reader.f64("saturation")?,
            p,
        },
        "hue" => Step::Hue {
            turns: reader.f64("hue")?,
            p,
        },
        "grayscale" => Step::Grayscale { p },
        "blur" => {
            let [min, max] = bounds(&reader, "blur", sink)?;
            Step::Blur { min, max, p }
        }
        "noise" => Step::Noise {
            deviation: reader.f64("noise")?,
            p,
        },
        "erase" => {
            let [min, max] = bounds(&reader, "erase", sink)?;
            Step::Erase { min, max, p }
        }
        "rand-augment" => Step::RandAugment {
            operations: reader.u32("rand-augment")?,
            magnitude: reader.u32("magnitude")?,
            p,
        },
        "trivial-augment" => Step::TrivialAugment { p },
        "auto-augment" => Step::AutoAugment {
            policy: reader.choice("auto-augment")?,
            p,
        },
        "mixup" => Step::Mixup {
            alpha: reader.f64("mixup")?,
            p,
        },
        "cutmix" => Step::Cutmix {
            alpha: reader.f64("cutmix")?,
            p,
        },
        other => return not_resolved(node, tables::STEPS.noun, other, sink),
    })
}

fn flip(reader: &TableReader, p: f64, sink: &mut ProblemSink) -> Option<Step> {
    let axis = reader.choice("flip")?;
    if axis != FlipAxis::Alternating {
        return Some(Step::Flip { axis, p });
    }
    let Some(given) = reader.given("p") else {
        return Some(Step::Flip { axis, p: 1.0 });
    };
    let title = "an alternating flip has no `p`";
    let problem = Problem::of(ProblemCode::NoEffect, given, title);
    let help = "leave it out: each image is flipped in every other epoch";
    sink.report(problem.label("has no effect").help(help));
    None
}

/// Two numbers, the smaller one first.
fn bounds(reader: &TableReader, key: &str, sink: &mut ProblemSink) -> Option<[f64; 2]> {
    let [min, max] = reader.floats(key)?[..] else {
        return None;
    };
    if min <= max {
        return Some([min, max]);
    }
    let title = format!("`{key}` must give the smaller number first, not {min} before {max}");
    let problem = Problem::of(ProblemCode::WrongValue, reader.given(key)?, title);
    sink.report(problem.help(format!("{key} = [{max}, {min}]")));
    None
}

/// Reports steps that change colours of grey images, and means and standard deviations whose
/// number is not that of the channels.
pub(super) fn check_channels(augment: &ResolvedAugment, channels: u32, sink: &mut ProblemSink) {
    let colour = augment.spec.steps.iter().find_map(colour_step);
    if let Some(step) = colour.filter(|_| channels == 1) {
        let title = format!("`{step}` has no effect on grey images");
        let problem = Problem::at(ProblemCode::NoEffect, augment.steps_span, title);
        sink.report(problem.help("leave it out, or data.channels = 3"));
        return;
    }
    let Normalize::Given { mean, std } = &augment.spec.normalize else {
        return;
    };
    if [mean.len(), std.len()] == [channels as usize; 2] {
        return;
    }
    let means = counted(mean.len() as u64, "mean");
    let deviations = counted(std.len() as u64, "standard deviation");
    let images = counted(channels.into(), "channel");
    let title = format!("`normalize` has {means} and {deviations} for {images}");
    let problem = Problem::at(ProblemCode::WrongValue, augment.normalize_span, title);
    let help = format!("give {channels} of each, or normalize = \"standard\"");
    sink.report(problem.about("normalize").help(help));
}

/// The name of a step that only changes colours.
fn colour_step(step: &Step) -> Option<&'static str> {
    match step {
        Step::Saturation { .. } => Some("saturation"),
        Step::Hue { .. } => Some("hue"),
        Step::Grayscale { .. } => Some("grayscale"),
        _other => None,
    }
}
