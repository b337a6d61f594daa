//! `[augment]`.

use crate::language::check::{Sink, check, naming};
use crate::language::field::Kind;
use crate::language::reader::{Reader, choice};
use crate::language::tables;
use crate::source::problem::Problem;
use crate::source::tree::{Node, Origin};
use convsweep_spec::augment::{AugmentSpec, FlipAxis, Normalize, Step};

/// Resolved `[augment]` and where its `normalize` stands.
#[derive(Clone, Debug)]
pub(crate) struct Augment {
    pub spec: AugmentSpec,
    normalize_at: Origin,
    steps_at: Origin,
}

/// Resolves `[augment]`.
pub(crate) fn augment(node: &Node, sink: &mut Sink) -> Option<Augment> {
    if !check(node, &Kind::Table(tables::AUGMENT), "augment", "", sink) {
        return None;
    }
    let reader = Reader::new(node, tables::AUGMENT);
    let normalize = reader.node("normalize")?;
    let list = reader.node("steps")?;
    let steps: Vec<_> = list.items().iter().map(|s| step(s, sink)).collect();
    let steps: Vec<_> = steps.into_iter().collect::<Option<_>>()?;
    if let Some(i) = steps
        .windows(2)
        .position(|w| w[0].is_over_batch() && !w[1].is_over_batch())
    {
        let late = &list.items()[i + 1];
        let title = "a step for each image stands behind one over the batch".to_string();
        sink.at(
            late,
            title,
            "",
            "write mixup and cutmix last: images are changed before they are mixed".into(),
        );
        return None;
    }
    Some(Augment {
        spec: AugmentSpec {
            normalize: self::normalize(&normalize)?,
            steps,
        },
        normalize_at: normalize.at,
        steps_at: list.at,
    })
}

fn normalize(node: &Node) -> Option<Normalize> {
    if node.text().is_some() {
        return choice(node);
    }
    let reader = Reader::new(node, &[]);
    Some(Normalize::Given {
        mean: reader.floats("mean")?,
        std: reader.floats("std")?,
    })
}

fn step(node: &Node, sink: &mut Sink) -> Option<Step> {
    let variant = *naming(node, &tables::STEPS).first()?;
    let reader = Reader::new(node, variant.fields);
    let p = reader.f64("p")?;
    Some(match variant.key {
        "rotate" => Step::Rotate {
            degrees: reader.f64("rotate")?,
            fill: reader.choice("fill")?,
            p,
        },
        "scale" => {
            let [min, max] = range(&reader, "scale", sink)?;
            Step::Scale {
                min,
                max,
                fill: reader.choice("fill")?,
                p,
            }
        }
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
            let [min, max] = range(&reader, "random-resized-crop", sink)?;
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
            let [min, max] = range(&reader, "blur", sink)?;
            Step::Blur { min, max, p }
        }
        "noise" => Step::Noise {
            deviation: reader.f64("noise")?,
            p,
        },
        "erase" => {
            let [min, max] = range(&reader, "erase", sink)?;
            Step::Erase { min, max, p }
        }
        "flip" => flip(&reader, p, sink)?,
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
        _ => Step::Crop {
            pad: reader.u32("pad")?,
            fill: reader.choice("fill")?,
            p,
        },
    })
}

fn flip(reader: &Reader, p: f64, sink: &mut Sink) -> Option<Step> {
    let axis = reader.choice("flip")?;
    if axis != FlipAxis::Alternating {
        return Some(Step::Flip { axis, p });
    }
    if let Some(given) = reader.given("p") {
        let help = "leave it out: each image is flipped in every other epoch";
        sink.at(
            given,
            "an alternating flip has no `p`".into(),
            "has no effect",
            help.into(),
        );
        return None;
    }
    Some(Step::Flip { axis, p: 1.0 })
}

/// Two numbers, the smaller one first.
fn range(reader: &Reader, key: &str, sink: &mut Sink) -> Option<[f64; 2]> {
    let [min, max] = reader.floats(key)?[..] else {
        return None;
    };
    if min <= max {
        return Some([min, max]);
    }
    let help = format!("{key} = [{max}, {min}]");
    sink.at(
        reader.given(key)?,
        format!("a {key} from {min} to {max} is empty"),
        "smallest first",
        help,
    );
    None
}

/// Steps that change colours need colours, and given means and deviations must be as many as the
/// images have channels.
pub(crate) fn agrees_with_channels(augment: &Augment, channels: u32, sink: &mut Sink) -> bool {
    let colour = augment.spec.steps.iter().find_map(|step| match step {
        Step::Saturation { .. } => Some("saturation"),
        Step::Hue { .. } => Some("hue"),
        Step::Grayscale { .. } => Some("grayscale"),
        _ => None,
    });
    if let Some(step) = colour.filter(|_| channels == 1) {
        let help = "leave it out, or data.channels = 3";
        sink.push(
            Problem::new(
                augment.steps_at,
                format!("`{step}` changes nothing on grey images"),
                "",
            )
            .help(help),
        );
        return false;
    }
    let Normalize::Given { mean, std } = &augment.spec.normalize else {
        return true;
    };
    let given = [mean.len(), std.len()];
    if given == [channels as usize; 2] {
        return true;
    }
    let title = format!(
        "`normalize` has {} means and {} deviations for {channels} channels",
        given[0], given[1]
    );
    let help = format!("give {channels} of each, or normalize = \"standard\"");
    sink.push(Problem::new(augment.normalize_at, title, "").help(help));
    false
}
