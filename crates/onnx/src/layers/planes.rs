//! Layers without weights that change the size of planes.

use super::LayerWriter;
use crate::graph::{Value, int, text};
use convsweep_spec::augment::Fill;
use convsweep_spec::layer_names::part;
use convsweep_spec::model::{Interpolation, Pad, Upsample};
use convsweep_spec::shape::Shape;

/// Axes of the height and the width.
const AXES: [i64; 2] = [2, 3];

impl LayerWriter<'_> {
    /// Planes that are enlarged.
    pub(super) fn upsample(
        &mut self,
        upsample: &Upsample,
        name: &str,
        input: Value,
        output: Shape,
    ) -> Value {
        let [rows, columns] = upsample.factor.map(|factor| factor as f32);
        let scales = [1.0, 1.0, rows, columns];
        let scales = self.graph.floats(&part(name, "scales"), &[4], &scales);
        let attributes = match upsample.method {
            Interpolation::Nearest => vec![
                text("mode", "nearest"),
                text("coordinate_transformation_mode", "asymmetric"),
                text("nearest_mode", "floor"),
            ],
            Interpolation::Bilinear => vec![
                text("mode", "linear"),
                text("coordinate_transformation_mode", "half_pixel"),
            ],
        };
        // The second input is the region of interest, which these modes do not have.
        let inputs = [input.name.as_str(), "", scales.as_str()];
        Value {
            name: self.graph.node("Resize", name, &inputs, attributes),
            shape: output,
        }
    }

    /// Pixels around the planes.
    pub(super) fn pad(&mut self, pad: &Pad, name: &str, input: Value, output: Shape) -> Value {
        let [[top, bottom], [left, right]] = pad.pixels.map(|pixels| pixels.map(i64::from));
        let name = match pad.fill {
            Fill::Zero => {
                let pads = [0, 0, top, left, 0, 0, bottom, right];
                let pads = self.graph.integers(&part(name, "pads"), &pads);
                self.graph.node("Pad", name, &[&input.name, &pads], vec![])
            }
            // ONNX's reflection does not repeat the border pixel.
            Fill::Reflect | Fill::Nearest => {
                let sizes = super::plane(input.shape).map(i64::from);
                let mut value = input.name;
                for (d, [before, after]) in [[top, bottom], [left, right]].into_iter().enumerate() {
                    let pixel = |i: i64| match (pad.fill, i) {
                        (Fill::Reflect, i) if i < 0 => -1 - i,
                        (Fill::Reflect, i) if i >= sizes[d] => 2 * sizes[d] - 1 - i,
                        _ => i.clamp(0, sizes[d] - 1),
                    };
                    let pixels: Vec<i64> = (-before..sizes[d] + after).map(pixel).collect();
                    let pixels = self.graph.integers(&part(name, "pixels"), &pixels);
                    let axis = vec![int("axis", AXES[d])];
                    value = self.graph.node("Gather", name, &[&value, &pixels], axis);
                }
                value
            }
        };
        Value {
            name,
            shape: output,
        }
    }

    /// Every `stride`-th pixel, with channels of zeros appended up to `channels`.
    pub(super) fn pad_shortcut(
        &mut self,
        name: &str,
        input: Value,
        (stride, channels): ([u32; 2], u32),
        output: Shape,
    ) -> Value {
        let graph = &mut self.graph;
        let mut value = input.name;
        if stride != [1, 1] {
            let starts = graph.integers(&part(name, "starts"), &[0, 0]);
            let ends = super::plane(input.shape).map(i64::from);
            let ends = graph.integers(&part(name, "ends"), &ends);
            let axes = graph.integers(&part(name, "axes"), &AXES);
            let steps = graph.integers(&part(name, "steps"), &stride.map(i64::from));
            let inputs = [value.as_str(), &starts, &ends, &axes, &steps];
            value = graph.node("Slice", &part(name, "pixels"), &inputs, vec![]);
        }
        let missing = channels.saturating_sub(input.shape.channels());
        if missing > 0 {
            let pads = [0, 0, 0, 0, 0, i64::from(missing), 0, 0];
            let pads = graph.integers(&part(name, "pads"), &pads);
            value = graph.node("Pad", &part(name, "zeros"), &[&value, &pads], vec![]);
        }
        Value {
            name: value,
            shape: output,
        }
    }
}
