//! The walk through an architecture: what each layer makes of the shape that reaches it, and what
//! that costs.

use super::window::{adaptive_window, extent, padding_pixels, transposed_cut};
use super::{LayerSummary, Shape, ShapeError, describe};
use crate::augment::Fill;
use crate::model::*;
use std::collections::HashMap;

/// Most numbers that a layer may leave for one image.
const LARGEST: u64 = u32::MAX as u64;

/// Parameters and multiply-accumulate operations.
type Cost = (u64, u64);

/// How a residual's input reaches the sum, for given shapes.
#[derive(Clone, Debug, PartialEq)]
pub enum Route {
    /// Through these layers; none for the identity.
    Layers(Vec<Layer>),
    /// Every `stride`th pixel, with zeros behind up to `channels`.
    Pad {
        /// Step.
        stride: [u32; 2],
        /// Channels after it.
        channels: u32,
    },
}

/// The way of `residual`'s shortcut from `input` to `output`, the shapes before and after its
/// layers.
///
/// # Errors
/// What is wrong, as the rest of a sentence after the layer's name.
pub fn route(residual: &Residual, input: Shape, output: Shape) -> Result<Route, String> {
    match &residual.shortcut {
        Shortcut::Identity if input != output => Err(format!(
            "adds {output} to {input}: use padding = \"same\" and equal channels, or shortcut = \"auto\""
        )),
        Shortcut::Identity => Ok(Route::Layers(vec![])),
        Shortcut::Auto if input == output => Ok(Route::Layers(vec![])),
        Shortcut::Auto | Shortcut::Projection => {
            projection(residual, input, output).map(|c| Route::Layers(vec![c]))
        }
        Shortcut::Pad => {
            let stride = fitting_stride(input, output)?;
            if output.channels() < input.channels() {
                return Err(format!(
                    "has fewer channels ({}) than its input ({}), which zeros cannot make: use shortcut = \"projection\"",
                    output.channels(),
                    input.channels()
                ));
            }
            Ok(Route::Pad {
                stride,
                channels: output.channels(),
            })
        }
        Shortcut::Layers(layers) => Ok(Route::Layers(layers.clone())),
    }
}

fn projection(residual: &Residual, input: Shape, output: Shape) -> Result<Layer, String> {
    let (bias, norm, init) =
        last_convolution(&residual.layers).unwrap_or((true, None, Init::GlorotUniform));
    if let (Shape::Flat(_), Shape::Flat(units)) = (input, output) {
        return Ok(Layer::Dense(Dense {
            units,
            bias,
            activation: None,
            init,
        }));
    }
    let stride = fitting_stride(input, output)?;
    let (filters, kernel, dilation) = (output.channels(), [1, 1], [1, 1]);
    let padding = Padding::Valid;
    Ok(Layer::Conv(Conv {
        filters,
        kernel,
        stride,
        padding,
        dilation,
        groups: 1,
        bias,
        norm,
        activation: None,
        init,
    }))
}

/// Bias, norm and start of the last layer with weights, that in structures included; a norm layer
/// behind it is its norm.
fn last_convolution(layers: &[Layer]) -> Option<(bool, Option<Norm>, Init)> {
    let mut behind = None;
    for layer in layers.iter().rev() {
        let found = match layer {
            Layer::Conv(c) => Some((c.bias, c.norm, c.init)),
            Layer::Depthwise(c) => Some((c.bias, c.norm, c.init)),
            Layer::Separable(c) => Some((c.bias, c.norm, c.init)),
            Layer::Transposed(c) => Some((c.bias, c.norm, c.init)),
            Layer::LocallyConnected(c) => Some((c.bias, c.norm, c.init)),
            Layer::Dense(d) => Some((d.bias, None, d.init)),
            Layer::Residual(r) => last_convolution(&r.layers),
            Layer::Parallel(p) => p.branches.iter().rev().find_map(|b| last_convolution(b)),
            Layer::Norm { norm } => {
                behind = behind.or(Some(*norm));
                None
            }
            _ => None,
        };
        if let Some((bias, norm, init)) = found {
            return Some((bias, norm.or(behind), init));
        }
    }
    None
}

fn fitting_stride(input: Shape, output: Shape) -> Result<[u32; 2], String> {
    let (
        Shape::Image { height, width, .. },
        Shape::Image {
            height: h,
            width: w,
            ..
        },
    ) = (input, output)
    else {
        return Err(format!(
            "goes from {input} to {output}: a shortcut needs images on both sides"
        ));
    };
    let stride = [
        height.div_ceil(h.max(1)).max(1),
        width.div_ceil(w.max(1)).max(1),
    ];
    if [height.div_ceil(stride[0]), width.div_ceil(stride[1])] != [h, w] {
        return Err(format!(
            "goes from {input} to {output}, which no stride does: use padding = \"same\""
        ));
    }
    Ok(stride)
}

/// Walks `layers` from `input`: what each is, and the shape that leaves the last.
pub(super) fn walk(
    layers: &[Layer],
    input: Shape,
) -> Result<(Vec<LayerSummary>, Shape), ShapeError> {
    let at = Reach {
        shape: input,
        field: [1.0; 2],
        jump: [1.0; 2],
    };
    let mut walk = Walk {
        at,
        layers: vec![],
        path: vec![],
    };
    walk.layers(layers, "")?;
    Ok((walk.layers, walk.at.shape))
}

/// What the walk has come to: a shape, the receptive field of one position, and the step between
/// positions.
#[derive(Clone, Copy)]
struct Reach {
    shape: Shape,
    field: [f64; 2],
    jump: [f64; 2],
}

struct Walk {
    at: Reach,
    layers: Vec<LayerSummary>,
    path: Vec<usize>,
}

impl Walk {
    fn layers(&mut self, layers: &[Layer], prefix: &str) -> Result<(), ShapeError> {
        let mut counts: HashMap<&'static str, u32> = HashMap::new();
        for (i, layer) in layers.iter().enumerate() {
            self.path.push(i);
            let count = counts.entry(layer.kind()).or_insert(0);
            *count += 1;
            self.layer(layer, format!("{prefix}{}{count}", layer.kind()))?;
            self.path.pop();
        }
        Ok(())
    }

    fn branch(
        &mut self,
        index: usize,
        layers: &[Layer],
        prefix: &str,
    ) -> Result<Reach, ShapeError> {
        let start = self.at;
        self.path.push(index);
        self.layers(layers, prefix)?;
        self.path.pop();
        Ok(std::mem::replace(&mut self.at, start))
    }

    fn layer(&mut self, layer: &Layer, name: String) -> Result<(), ShapeError> {
        let reached = self.at.shape;
        let error = |path: &[usize], problem| ShapeError {
            path: path.to_vec(),
            kind: layer.kind(),
            input: reached,
            problem,
        };
        let mut description = describe::layer(layer);
        let (parameters, macs) = match layer {
            Layer::Residual(residual) => {
                let body = self.branch(0, &residual.layers, &format!("{name}."))?;
                let way = route(residual, reached, body.shape)
                    .map_err(|problem| error(&self.path, problem))?;
                description = describe::residual(residual, &way);
                let shortcut = match &way {
                    Route::Layers(layers) => {
                        self.branch(1, layers, &format!("{name}.shortcut."))?
                    }
                    Route::Pad { stride, .. } => {
                        let jump = [0, 1].map(|d| self.at.jump[d] * f64::from(stride[d]));
                        Reach {
                            shape: body.shape,
                            jump,
                            ..self.at
                        }
                    }
                };
                self.join(&[body, shortcut], Join::Add)
                    .map_err(|problem| error(&self.path, problem))?;
                (0, 0)
            }
            Layer::Parallel(parallel) => {
                let branch = |(i, b): (usize, &Vec<Layer>)| {
                    self.branch(i, b, &format!("{name}.branch{}.", i + 1))
                };
                let ends = parallel
                    .branches
                    .iter()
                    .enumerate()
                    .map(branch)
                    .collect::<Result<Vec<_>, _>>()?;
                self.join(&ends, parallel.join)
                    .map_err(|problem| error(&self.path, problem))?;
                (0, 0)
            }
            _ => self
                .leaf(layer)
                .map_err(|problem| error(&self.path, problem))?,
        };
        let output = self.at.shape;
        if output.elements() > LARGEST {
            return Err(error(
                &self.path,
                format!("leaves {output}, more than 2^32 numbers for one image"),
            ));
        }
        let spatial = matches!(output, Shape::Image { .. });
        let pixels = |x: f64| x.ceil().min(f64::from(u32::MAX)) as u32;
        self.layers.push(LayerSummary {
            name,
            description,
            output,
            parameters,
            macs,
            receptive_field: spatial.then_some(self.at.field.map(pixels)),
            stride: spatial.then_some(self.at.jump),
            activation_bytes: output.elements() * 4,
        });
        Ok(())
    }

    /// Goes on from where branches come together.
    fn join(&mut self, ends: &[Reach], join: Join) -> Result<(), String> {
        let Some(first) = ends.first() else {
            return Err("has no branches: write at least one".into());
        };
        let list = || {
            ends.iter()
                .map(|e| e.shape.to_string())
                .collect::<Vec<_>>()
                .join(", ")
        };
        let channels = ends
            .iter()
            .map(|e| u64::from(e.shape.channels()))
            .sum::<u64>();
        let channels =
            u32::try_from(channels).map_err(|_| "leaves more than 2^32 channels".to_string())?;
        let plane = |shape: Shape| match shape {
            Shape::Image { height, width, .. } => Some([height, width]),
            Shape::Flat(_) => None,
        };
        let shape = match join {
            Join::Add if ends.iter().all(|e| e.shape == first.shape) => first.shape,
            Join::Add => {
                return Err(format!(
                    "adds different shapes, {}: they must be equal",
                    list()
                ));
            }
            Join::Concat if ends.iter().any(|e| plane(e.shape) != plane(first.shape)) => {
                let remedy =
                    "use padding = \"same\" and equal strides, so that only the channels differ";
                return Err(format!(
                    "joins planes of different sizes, {}: {remedy}",
                    list()
                ));
            }
            Join::Concat => match first.shape {
                Shape::Image { height, width, .. } => Shape::Image {
                    channels,
                    height,
                    width,
                },
                Shape::Flat(_) => Shape::Flat(channels),
            },
        };
        let largest = |of: fn(&Reach) -> [f64; 2]| {
            [0, 1].map(|d| ends.iter().map(|e| of(e)[d]).fold(0.0, f64::max))
        };
        self.at = Reach {
            shape,
            field: largest(|e| e.field),
            jump: largest(|e| e.jump),
        };
        Ok(())
    }

    fn leaf(&mut self, layer: &Layer) -> Result<Cost, String> {
        match layer {
            Layer::Conv(conv) => self.conv(conv),
            Layer::Depthwise(depthwise) => {
                let [channels, ..] = self.image()?;
                self.conv(&depthwise.conv(channels))
            }
            Layer::Separable(separable) => {
                let [channels, ..] = self.image()?;
                let [depthwise, pointwise] = separable.convs(channels);
                let (first, second) = (self.conv(&depthwise)?, self.conv(&pointwise)?);
                Ok((
                    first.0.saturating_add(second.0),
                    first.1.saturating_add(second.1),
                ))
            }
            Layer::Transposed(transposed) => self.transposed(transposed),
            Layer::LocallyConnected(local) => self.locally_connected(local),
            Layer::Pool(pool) => self.pool(pool),
            Layer::Norm { norm } => Ok((self.norm(norm)?, 0)),
            Layer::Activation { activation } => Ok((self.activation(Some(*activation)), 0)),
            Layer::Dropout { .. } | Layer::SpatialDropout { .. } | Layer::DropPath { .. } => {
                Ok((0, 0))
            }
            Layer::Flatten => self.flatten(),
            Layer::Dense(dense) => self.dense(dense),
            Layer::Upsample(upsample) => self.upsample(upsample),
            Layer::SqueezeExcite(squeeze) => self.squeeze_excite(squeeze),
            Layer::Pad(pad) => self.pad(pad),
            Layer::Residual(_) | Layer::Parallel(_) => Err("is a structure".into()),
        }
    }

    fn image(&self) -> Result<[u32; 3], String> {
        match self.at.shape {
            Shape::Image {
                channels,
                height,
                width,
            } => Ok([channels, height, width]),
            Shape::Flat(n) => Err(format!(
                "needs an image but gets {n} flat features: put it before {{ flatten = true }}"
            )),
        }
    }

    fn conv(&mut self, conv: &Conv) -> Result<Cost, String> {
        let [channels, height, width] = self.image()?;
        groups_divide(conv.groups, channels, conv.filters)?;
        let [h, w] = self.window(
            [height, width],
            conv.kernel,
            conv.stride,
            conv.padding,
            conv.dilation,
        )?;
        self.at.shape = Shape::Image {
            channels: conv.filters,
            height: h,
            width: w,
        };
        let weights = taps(conv.kernel, channels / conv.groups).saturating_mul(conv.filters.into());
        let own =
            weights.saturating_add(self.tail(conv.bias, conv.norm.as_ref(), conv.activation)?);
        Ok((own, weights.saturating_mul(u64::from(h) * u64::from(w))))
    }

    /// Parameters of the bias, norm and activation behind a layer with weights.
    fn tail(
        &self,
        bias: bool,
        norm: Option<&Norm>,
        activation: Option<Activation>,
    ) -> Result<u64, String> {
        let bias = if bias {
            self.at.shape.channels().into()
        } else {
            0
        };
        let norm = norm.map_or(Ok(0), |n| self.norm(n))?;
        Ok(bias + norm + self.activation(activation))
    }

    fn transposed(&mut self, layer: &Transposed) -> Result<Cost, String> {
        let [channels, height, width] = self.image()?;
        groups_divide(layer.groups, channels, layer.filters)?;
        positive(layer.kernel, layer.stride, layer.dilation)?;
        for d in [0, 1] {
            if layer.output_padding[d] >= layer.stride[d].max(layer.dilation[d])
                && layer.output_padding[d] > 0
            {
                let (more, stride) = (layer.output_padding[d], layer.stride[d]);
                return Err(format!(
                    "has an output_padding of {more}, which must be smaller than its stride {stride}"
                ));
            }
        }
        let cut = transposed_cut(
            layer.padding,
            layer.kernel,
            layer.stride,
            layer.dilation,
            layer.output_padding,
        );
        let mut output = [0; 2];
        for d in [0, 1] {
            let reach = extent(layer.kernel[d], layer.dilation[d]);
            let size = u64::from([height, width][d]);
            let full = (size - 1) * u64::from(layer.stride[d]) + reach;
            let left = i64::try_from(full).unwrap_or(i64::MAX) - cut[d][0] - cut[d][1];
            if left < 1 {
                return Err(format!(
                    "cuts off more than the {full} pixels that it makes: use less padding"
                ));
            }
            output[d] = u32::try_from(left).map_err(|_| "is too large")?;
            let seen = reach.div_ceil(layer.stride[d].into());
            self.at.field[d] += (seen - 1) as f64 * self.at.jump[d];
            self.at.jump[d] /= f64::from(layer.stride[d]);
        }
        self.at.shape = Shape::Image {
            channels: layer.filters,
            height: output[0],
            width: output[1],
        };
        let weights =
            taps(layer.kernel, layer.filters / layer.groups).saturating_mul(channels.into());
        let own =
            weights.saturating_add(self.tail(layer.bias, layer.norm.as_ref(), layer.activation)?);
        Ok((
            own,
            weights.saturating_mul(u64::from(height) * u64::from(width)),
        ))
    }

    fn locally_connected(&mut self, layer: &LocallyConnected) -> Result<Cost, String> {
        let [channels, height, width] = self.image()?;
        let [h, w] = self.window(
            [height, width],
            layer.kernel,
            layer.stride,
            layer.padding,
            [1, 1],
        )?;
        self.at.shape = Shape::Image {
            channels: layer.filters,
            height: h,
            width: w,
        };
        let positions = u64::from(h) * u64::from(w);
        let units = u64::from(layer.filters).saturating_mul(positions);
        let weights = taps(layer.kernel, channels).saturating_mul(units);
        let tail = self.tail(false, layer.norm.as_ref(), layer.activation)?;
        let bias = if layer.bias { units } else { 0 };
        Ok((weights.saturating_add(bias).saturating_add(tail), weights))
    }

    fn pool(&mut self, pool: &Pool) -> Result<Cost, String> {
        let [channels, height, width] = self.image()?;
        if pool.kind.is_global() {
            self.at.field = [0, 1]
                .map(|d| self.at.field[d] + f64::from([height, width][d] - 1) * self.at.jump[d]);
            self.at.shape = Shape::Flat(channels);
            return Ok((0, 0));
        }
        let [h, w] = match pool.kind.is_adaptive() {
            true => self.adaptive([height, width], pool.size)?,
            false => self.window(
                [height, width],
                pool.size,
                pool.stride,
                pool.padding,
                [1, 1],
            )?,
        };
        self.at.shape = Shape::Image {
            channels,
            height: h,
            width: w,
        };
        Ok((0, 0))
    }

    fn adaptive(&mut self, size: [u32; 2], output: [u32; 2]) -> Result<[u32; 2], String> {
        if output.contains(&0) || (0..2).any(|d| output[d] > size[d]) {
            let (out, size) = (pair(output), pair(size));
            return Err(format!(
                "makes {out} positions of {size}: an adaptive pool can only make fewer, and at least one"
            ));
        }
        for d in [0, 1] {
            let widest = (0..output[d])
                .map(|i| adaptive_window(i, output[d], size[d]))
                .map(|[a, b]| b - a)
                .max();
            self.at.field[d] += f64::from(widest.unwrap_or(1) - 1) * self.at.jump[d];
            self.at.jump[d] *= f64::from(size[d]) / f64::from(output[d]);
        }
        Ok(output)
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
        positive(kernel, stride, dilation)?;
        let pads = padding_pixels(padding, size, kernel, stride, dilation);
        let mut output = [0; 2];
        for d in [0, 1] {
            let reach = extent(kernel[d], dilation[d]);
            let available = u64::from(size[d]) + u64::from(pads[d][0]) + u64::from(pads[d][1]);
            if reach > available {
                let (window, size) = (pair(kernel), pair(size));
                let remedy =
                    "use a smaller kernel, padding = \"same\", or fewer poolings before it";
                return Err(format!(
                    "has a {window} window that is larger than its {size} input: {remedy}"
                ));
            }
            output[d] = u32::try_from((available - reach) / u64::from(stride[d]) + 1)
                .map_err(|_| "is too large")?;
            self.at.field[d] += (reach - 1) as f64 * self.at.jump[d];
            self.at.jump[d] *= f64::from(stride[d]);
        }
        Ok(output)
    }

    fn norm(&self, norm: &Norm) -> Result<u64, String> {
        let channels = self.at.shape.channels();
        match norm {
            Norm::Group { groups, .. } if *groups == 0 || !channels.is_multiple_of(*groups) => {
                Err(format!(
                    "normalises {groups} groups, which must divide its {channels} channels: norm = {{ name = \"group\", groups = … }}"
                ))
            }
            Norm::Instance { .. } if matches!(self.at.shape, Shape::Flat(_)) => {
                Err("normalises planes but gets flat features: use norm = \"layer\"".into())
            }
            _ => Ok(2 * u64::from(channels)),
        }
    }

    fn activation(&self, activation: Option<Activation>) -> u64 {
        if activation == Some(Activation::Prelu) {
            self.at.shape.channels().into()
        } else {
            0
        }
    }

    fn flatten(&mut self) -> Result<Cost, String> {
        let features = u32::try_from(self.at.shape.elements())
            .map_err(|_| "has more than 2^32 outputs".to_string())?;
        self.at.shape = Shape::Flat(features);
        Ok((0, 0))
    }

    fn dense(&mut self, dense: &Dense) -> Result<Cost, String> {
        let Shape::Flat(features) = self.at.shape else {
            return Err(format!(
                "needs a flat input but gets {}: put {{ flatten = true }} before it",
                self.at.shape
            ));
        };
        self.at.shape = Shape::Flat(dense.units);
        let weights = u64::from(features) * u64::from(dense.units);
        Ok((
            weights.saturating_add(self.tail(dense.bias, None, dense.activation)?),
            weights,
        ))
    }

    fn upsample(&mut self, upsample: &Upsample) -> Result<Cost, String> {
        let [channels, height, width] = self.image()?;
        let mut output = [height, width];
        for d in [0, 1] {
            if upsample.factor[d] == 0 {
                return Err("has a factor of 0: the least is 1".into());
            }
            output[d] = output[d]
                .checked_mul(upsample.factor[d])
                .ok_or("is too large")?;
            if upsample.method == Interpolation::Bilinear && upsample.factor[d] > 1 {
                self.at.field[d] += self.at.jump[d];
            }
            self.at.jump[d] /= f64::from(upsample.factor[d]);
        }
        self.at.shape = Shape::Image {
            channels,
            height: output[0],
            width: output[1],
        };
        Ok((0, 0))
    }

    fn squeeze_excite(&mut self, squeeze: &SqueezeExcite) -> Result<Cost, String> {
        let [channels, height, width] = self.image()?;
        let hidden = squeeze.hidden(channels);
        let weights = 2 * u64::from(channels) * u64::from(hidden);
        let slopes = |activation, units: u32| {
            if activation == Activation::Prelu {
                u64::from(units)
            } else {
                0
            }
        };
        let slopes = slopes(squeeze.activation, hidden) + slopes(squeeze.gate, channels);
        self.at.field =
            [0, 1].map(|d| self.at.field[d] + f64::from([height, width][d] - 1) * self.at.jump[d]);
        Ok((
            weights + u64::from(hidden) + u64::from(channels) + slopes,
            weights,
        ))
    }

    fn pad(&mut self, pad: &Pad) -> Result<Cost, String> {
        let [channels, height, width] = self.image()?;
        let mut output = [height, width];
        for d in [0, 1] {
            let [before, after] = pad.pixels[d];
            if pad.fill == Fill::Reflect && before.max(after) > output[d] {
                return Err(format!(
                    "mirrors more pixels than its {} input has: use less",
                    pair([height, width])
                ));
            }
            output[d] = output[d]
                .checked_add(before)
                .and_then(|s| s.checked_add(after))
                .ok_or("is too large")?;
        }
        self.at.shape = Shape::Image {
            channels,
            height: output[0],
            width: output[1],
        };
        Ok((0, 0))
    }
}

/// Weights of one filter.
fn taps(kernel: [u32; 2], channels: u32) -> u64 {
    (u64::from(kernel[0]) * u64::from(kernel[1])).saturating_mul(channels.into())
}

fn groups_divide(groups: u32, channels: u32, filters: u32) -> Result<(), String> {
    if groups == 0 || !channels.is_multiple_of(groups) || !filters.is_multiple_of(groups) {
        return Err(format!(
            "has {groups} groups, which must divide its {channels} input and {filters} output channels"
        ));
    }
    Ok(())
}

fn positive(kernel: [u32; 2], stride: [u32; 2], dilation: [u32; 2]) -> Result<(), String> {
    if kernel.contains(&0) || stride.contains(&0) || dilation.contains(&0) {
        return Err("has a kernel, stride or dilation of 0: the least is 1".into());
    }
    Ok(())
}

fn pair([a, b]: [u32; 2]) -> String {
    format!("{a}×{b}")
}
