//! Layers that change the size of planes without weights.

use crate::augment::Fill;
use crate::model::{Interpolation, Pad, Upsample};
use crate::shape::measure::Measure;
use crate::shape::text::{name_of, pair};

pub(in crate::shape) fn describe_upsample(upsample: &Upsample) -> String {
    let (factor, method) = (pair(upsample.factor), name_of(&upsample.method));
    format!("upsample {factor}, {method}")
}

pub(in crate::shape) fn describe_pad(pad: &Pad) -> String {
    let [[top, bottom], [left, right]] = pad.pixels;
    let fill = match pad.fill {
        Fill::Zero => String::new(),
        Fill::Reflect | Fill::Nearest => format!(", {}", name_of(&pad.fill)),
    };
    match top == bottom && left == right {
        true => format!("pad {}{fill}", pair([top, left])),
        false => format!("pad {top}, {bottom}, {left}, {right}{fill}"),
    }
}

pub(in crate::shape) fn measure_upsample(
    measure: &mut Measure,
    upsample: &Upsample,
) -> Result<(), String> {
    let [channels, height, width] = measure.image()?;
    let mut output = [height, width];
    for d in [0, 1] {
        let factor = upsample.factor[d];
        if factor == 0 {
            return Err("has a factor of 0: the least is 1".into());
        }
        output[d] = output[d].checked_mul(factor).ok_or("is too large")?;
        if upsample.method == Interpolation::Bilinear && factor > 1 {
            measure.flow.widen(d, 1.0);
        }
        measure.flow.step[d] /= f64::from(factor);
    }
    measure.set_image(channels, output);
    Ok(())
}

pub(in crate::shape) fn measure_pad(measure: &mut Measure, pad: &Pad) -> Result<(), String> {
    let [channels, height, width] = measure.image()?;
    let mut output = [height, width];
    for d in [0, 1] {
        let [before, after] = pad.pixels[d];
        if pad.fill == Fill::Reflect && before.max(after) > output[d] {
            let size = pair([height, width]);
            return Err(format!(
                "mirrors more pixels than its {size} input has: use less"
            ));
        }
        let padded = output[d].checked_add(before);
        let padded = padded.and_then(|size| size.checked_add(after));
        output[d] = padded.ok_or("is too large")?;
    }
    measure.set_image(channels, output);
    Ok(())
}
