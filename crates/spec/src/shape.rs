//! Shapes, parameters, multiply-accumulate operations and receptive fields, layer by layer, without a tensor.

use crate::model::{Conv, Layer, ModelSpec, Norm, Padding, Pool};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fmt;
use thiserror::Error;

/// What flows between layers, batch left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shape {
    /// `[channels, height, width]`.
    Image {
        /// Channels.
        channels: u32,
        /// Height in pixels.
        height: u32,
        /// Width in pixels.
        width: u32,
    },
    /// `[features]`.
    Flat(u32),
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Shape::Image { channels, height, width } => write!(f, "{channels}×{height}×{width}"),
            Shape::Flat(features) => write!(f, "{features}"),
        }
    }
}

impl Shape {
    /// Numbers in one image or vector.
    pub fn elements(&self) -> u64 {
        match *self {
            Shape::Image { channels, height, width } => u64::from(channels) * u64::from(height) * u64::from(width),
            Shape::Flat(features) => u64::from(features),
        }
    }
}

/// What one layer is and costs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LayerSummary {
    /// Stable name by kind and count, `conv1`, `dense2`: names weights and seeds their initialisation.
    pub name: String,
    /// What it does in short, `conv 3×3, 32, valid, relu`.
    pub description: String,
    /// Shape that leaves it.
    pub output: Shape,
    /// Trainable parameters.
    pub parameters: u64,
    /// Multiply-accumulate operations for one image: convolution and dense products only, as is usual.
    pub macs: u64,
    /// Receptive field of one output position `[vertical, horizontal]` in input pixels; `None` once positions are gone.
    pub receptive_field: Option<[u32; 2]>,
    /// Step between neighbouring output positions in input pixels.
    pub stride: Option<[u32; 2]>,
    /// Memory of one image's output in bytes, f32.
    pub activation_bytes: u64,
}

/// What a whole network is and costs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelSummary {
    /// Shape of the images.
    pub input: Shape,
    /// Layers in order.
    pub layers: Vec<LayerSummary>,
    /// Trainable parameters.
    pub parameters: u64,
    /// Multiply-accumulate operations for one image.
    pub macs: u64,
}

/// Why an architecture does not fit its input.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("layer {} ({kind}) {problem}", position + 1)]
pub struct ShapeError {
    /// Place of the layer, from 0; equals the number of layers where the end itself is wrong.
    pub position: usize,
    /// Kind of the layer.
    pub kind: &'static str,
    /// Shape that reaches it.
    pub input: Shape,
    /// What is wrong and what would be right, as the rest of a sentence after the layer's name.
    pub problem: String,
}

/// Walks `model` from `input` to logits of `classes` classes.
pub fn summarize(model: &ModelSpec, input: Shape, classes: u32) -> Result<ModelSummary, ShapeError> {
    let mut walk = Walk { shape: input, field: [1, 1], stride: [1, 1], counts: HashMap::new() };
    let mut layers = Vec::with_capacity(model.layers.len());
    for (position, layer) in model.layers.iter().enumerate() {
        let reached = walk.shape;
        let summary =
            walk.step(layer).map_err(|problem| ShapeError { position, kind: layer.kind(), input: reached, problem })?;
        layers.push(summary);
    }
    if walk.shape != Shape::Flat(classes) {
        let problem =
            format!("leaves {} where {classes} logits are needed: end with {{ dense = \"classes\" }}", walk.shape);
        let kind = model.layers.last().map_or("none", Layer::kind);
        return Err(ShapeError { position: model.layers.len().saturating_sub(1), kind, input: walk.shape, problem });
    }
    let parameters = layers.iter().map(|l| l.parameters).sum();
    let macs = layers.iter().map(|l| l.macs).sum();
    Ok(ModelSummary { input, layers, parameters, macs })
}

/// Padding in pixels `[[top, bottom], [left, right]]` for an input of `size` `[height, width]`.
pub fn padding_pixels(
    padding: Padding,
    size: [u32; 2],
    kernel: [u32; 2],
    stride: [u32; 2],
    dilation: [u32; 2],
) -> [[u32; 2]; 2] {
    [0, 1].map(|d| match padding {
        Padding::Valid => [0, 0],
        Padding::Pixels(p) => [p[d], p[d]],
        Padding::Same => {
            let extent = u64::from(dilation[d]) * u64::from(kernel[d].max(1) - 1) + 1;
            let outputs = u64::from(size[d].div_ceil(stride[d].max(1)));
            let needed = (outputs.max(1) - 1) * u64::from(stride[d]) + extent;
            let total = needed.saturating_sub(u64::from(size[d])).min(u64::from(u32::MAX)) as u32;
            [total / 2, total - total / 2]
        }
    })
}

struct Walk {
    shape: Shape,
    field: [u32; 2],
    stride: [u32; 2],
    counts: HashMap<&'static str, u32>,
}

type Cost = (u64, u64);

impl Walk {
    fn step(&mut self, layer: &Layer) -> Result<LayerSummary, String> {
        let (parameters, macs) = match layer {
            Layer::Conv(conv) => self.conv(conv)?,
            Layer::Pool(pool) => self.pool(pool)?,
            Layer::Norm { norm } => (self.norm(norm), 0),
            Layer::Activation { .. } | Layer::Dropout { .. } => (0, 0),
            Layer::Flatten => self.flatten()?,
            Layer::Dense(dense) => self.dense(dense.units, dense.bias)?,
        };
        let count = self.counts.entry(layer.kind()).or_insert(0);
        *count += 1;
        let spatial = matches!(self.shape, Shape::Image { .. });
        Ok(LayerSummary {
            name: format!("{}{count}", layer.kind()),
            description: describe(layer),
            output: self.shape,
            parameters,
            macs,
            receptive_field: spatial.then_some(self.field),
            stride: spatial.then_some(self.stride),
            activation_bytes: self.shape.elements() * 4,
        })
    }

    fn image(&self, remedy: &str) -> Result<[u32; 3], String> {
        match self.shape {
            Shape::Image { channels, height, width } => Ok([channels, height, width]),
            Shape::Flat(n) => Err(format!("needs an image but gets {n} flat features: {remedy}")),
        }
    }

    fn conv(&mut self, conv: &Conv) -> Result<Cost, String> {
        let [channels, height, width] = self.image("put it before { flatten = true }")?;
        if conv.groups == 0 || !channels.is_multiple_of(conv.groups) || !conv.filters.is_multiple_of(conv.groups) {
            return Err(format!(
                "has {} groups, which must divide its {channels} input and {} output channels",
                conv.groups, conv.filters
            ));
        }
        let [h, w] = self.window([height, width], conv.kernel, conv.stride, conv.padding, conv.dilation)?;
        self.shape = Shape::Image { channels: conv.filters, height: h, width: w };
        let taps = u64::from(conv.kernel[0]) * u64::from(conv.kernel[1]) * u64::from(channels / conv.groups);
        let weights = taps.saturating_mul(conv.filters.into());
        let bias = if conv.bias { conv.filters.into() } else { 0 };
        let norm = conv.norm.as_ref().map_or(0, |n| self.norm(n));
        let macs = weights.saturating_mul(u64::from(h) * u64::from(w));
        Ok((weights.saturating_add(bias + norm), macs))
    }

    fn pool(&mut self, pool: &Pool) -> Result<Cost, String> {
        let [channels, height, width] = self.image("put it before { flatten = true }")?;
        if pool.kind.is_global() {
            self.field = [0, 1].map(|d| self.field[d] + ([height, width][d] - 1) * self.stride[d]);
            self.shape = Shape::Flat(channels);
            return Ok((0, 0));
        }
        let [h, w] = self.window([height, width], pool.size, pool.stride, pool.padding, [1, 1])?;
        self.shape = Shape::Image { channels, height: h, width: w };
        Ok((0, 0))
    }

    /// Slides a window over the plane: output size, and the receptive field grown.
    fn window(
        &mut self,
        size: [u32; 2],
        kernel: [u32; 2],
        stride: [u32; 2],
        padding: Padding,
        dilation: [u32; 2],
    ) -> Result<[u32; 2], String> {
        if kernel.contains(&0) || stride.contains(&0) || dilation.contains(&0) {
            return Err("has a kernel, stride or dilation of 0: the least is 1".into());
        }
        let pads = padding_pixels(padding, size, kernel, stride, dilation);
        let mut output = [0; 2];
        for d in [0, 1] {
            let extent = u64::from(dilation[d]) * u64::from(kernel[d] - 1) + 1;
            let available = u64::from(size[d]) + u64::from(pads[d][0]) + u64::from(pads[d][1]);
            if extent > available {
                return Err(format!(
                    "has a {}×{} window that is larger than its {}×{} input: use a smaller kernel, padding = \"same\", or fewer poolings before it",
                    kernel[0], kernel[1], size[0], size[1]
                ));
            }
            output[d] = u32::try_from((available - extent) / u64::from(stride[d]) + 1).map_err(|_| "is too large")?;
            let grown = u64::from(self.field[d]) + (extent - 1) * u64::from(self.stride[d]);
            self.field[d] = u32::try_from(grown).unwrap_or(u32::MAX);
            self.stride[d] = self.stride[d].saturating_mul(stride[d]);
        }
        Ok(output)
    }

    fn norm(&self, norm: &Norm) -> u64 {
        let channels = match self.shape {
            Shape::Image { channels, .. } => channels,
            Shape::Flat(features) => features,
        };
        match norm {
            Norm::Batch { .. } => 2 * u64::from(channels),
        }
    }

    fn flatten(&mut self) -> Result<Cost, String> {
        let features = u32::try_from(self.shape.elements()).map_err(|_| "has more than 2^32 outputs".to_string())?;
        self.shape = Shape::Flat(features);
        Ok((0, 0))
    }

    fn dense(&mut self, units: u32, bias: bool) -> Result<Cost, String> {
        let Shape::Flat(features) = self.shape else {
            return Err(format!("needs a flat input but gets {}: put {{ flatten = true }} before it", self.shape));
        };
        self.shape = Shape::Flat(units);
        let weights = u64::from(features) * u64::from(units);
        Ok((weights + if bias { units.into() } else { 0 }, weights))
    }
}

fn describe(layer: &Layer) -> String {
    let pair = |[a, b]: [u32; 2]| format!("{a}×{b}");
    match layer {
        Layer::Conv(c) => {
            let mut text = format!("conv {}, {}", pair(c.kernel), c.filters);
            if c.stride != [1, 1] {
                text += &format!(", stride {}", pair(c.stride));
            }
            match c.padding {
                Padding::Valid => {}
                Padding::Same => text += ", same",
                Padding::Pixels(p) => text += &format!(", padding {}", pair(p)),
            }
            if c.dilation != [1, 1] {
                text += &format!(", dilation {}", pair(c.dilation));
            }
            if c.groups != 1 {
                text += &format!(", {} groups", c.groups);
            }
            if c.norm.is_some() {
                text += ", batch norm";
            }
            text + &c.activation.map_or(String::new(), |a| format!(", {}", name(&a)))
        }
        Layer::Pool(p) if p.kind.is_global() => format!("{} pool", name(&p.kind)),
        Layer::Pool(p) if p.size == p.stride => format!("{} pool {}", name(&p.kind), pair(p.size)),
        Layer::Pool(p) => format!("{} pool {}, stride {}", name(&p.kind), pair(p.size), pair(p.stride)),
        Layer::Norm { norm: Norm::Batch { .. } } => "batch norm".into(),
        Layer::Activation { activation } => name(activation),
        Layer::Dropout { rate } => format!("dropout {rate}"),
        Layer::Flatten => "flatten".into(),
        Layer::Dense(d) => {
            format!("dense {}", d.units) + &d.activation.map_or(String::new(), |a| format!(", {}", name(&a)))
        }
    }
}

/// The name that a plain enum value has in files.
fn name(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(text)) => text,
        other => format!("{other:?}"),
    }
}
