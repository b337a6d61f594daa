//! Measures one layer: its output, tensors and products.

use super::dims::Shape;
use super::flow::Flow;
use super::tensor_shape::TensorShape;
use super::text::pair;
use super::window::{extent, padding_pixels};
use crate::layer_names::{part, role};
use crate::model::{Activation, Norm, Padding};

/// One layer while it is measured.
pub(super) struct Measure<'a> {
    /// The layer's name.
    pub name: &'a str,
    /// The input at first, the output in the end.
    pub flow: Flow,
    /// Trainable parameters so far.
    pub parameters: u64,
    /// Multiply-accumulate operations so far.
    pub macs: u64,
    /// Where tensors are listed, if they are asked for.
    pub tensors: Option<&'a mut Vec<TensorShape>>,
}

/// How a window moves over a plane. Pairs are `[vertical, horizontal]`.
#[derive(Clone, Copy)]
pub(super) struct Window {
    pub kernel: [u32; 2],
    pub stride: [u32; 2],
    pub padding: Padding,
    pub dilation: [u32; 2],
}

impl Measure<'_> {
    /// `[channels, height, width]` of the input.
    pub(super) fn image(&self) -> Result<[u32; 3], String> {
        match self.flow.shape {
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

    /// Slides a window over a plane of `size`: extends the receptive field, and returns the size of
    /// the output.
    pub(super) fn slide(&mut self, size: [u32; 2], window: Window) -> Result<[u32; 2], String> {
        let Window {
            kernel,
            stride,
            padding,
            dilation,
        } = window;
        check_positive(kernel, stride, dilation)?;
        let pads = padding_pixels(padding, size, kernel, stride, dilation);
        let mut output = [0; 2];
        for d in [0, 1] {
            let reach = extent(kernel[d], dilation[d]);
            let available = u64::from(size[d]) + u64::from(pads[d][0]) + u64::from(pads[d][1]);
            if reach > available {
                let (window, size) = (pair(kernel), pair(size));
                return Err(format!(
                    "has a {window} window that is larger than its {size} input: \
                     use a smaller kernel, padding = \"same\", or fewer poolings before it"
                ));
            }
            output[d] = u32::try_from((available - reach) / u64::from(stride[d]) + 1)
                .map_err(|_| "is too large")?;
            self.flow.widen(d, (reach - 1) as f64);
            self.flow.step[d] *= f64::from(stride[d]);
        }
        Ok(output)
    }

    /// Sets the output to planes of this size.
    pub(super) fn set_image(&mut self, channels: u32, [height, width]: [u32; 2]) {
        self.flow.shape = Shape::Image {
            channels,
            height,
            width,
        };
    }

    /// Adds a trainable tensor of the layer or part `owner`, and returns the number of its values.
    pub(super) fn parameter(&mut self, owner: &str, role: &str, dims: &[u64]) -> u64 {
        let count = dims.iter().copied().fold(1, u64::saturating_mul);
        self.parameters = self.parameters.saturating_add(count);
        self.list(owner, role, dims, false);
        count
    }

    /// Adds a running statistic for each channel.
    fn statistic(&mut self, owner: &str, role: &str, channels: u64) {
        self.list(owner, role, &[channels], true);
    }

    fn list(&mut self, owner: &str, role: &str, dims: &[u64], statistic: bool) {
        if let Some(tensors) = &mut self.tensors {
            let dims = dims.iter().map(|&n| u32::try_from(n).unwrap_or(u32::MAX));
            tensors.push(TensorShape {
                name: part(owner, role),
                shape: dims.collect(),
                statistic,
            });
        }
    }

    /// Adds one bias for each output channel, if there are biases.
    pub(super) fn channel_bias(&mut self, owner: &str, has_bias: bool) {
        if has_bias {
            let channels = self.flow.shape.channels();
            self.parameter(owner, role::BIAS, &[channels.into()]);
        }
    }

    /// Adds the norm and the activation behind a layer with weights.
    pub(super) fn norm_and_activation(
        &mut self,
        owner: &str,
        norm: Option<Norm>,
        activation: Option<Activation>,
    ) -> Result<(), String> {
        if let Some(norm) = norm {
            self.norm(&part(owner, role::NORM), norm)?;
        }
        self.activation(owner, activation);
        Ok(())
    }

    pub(super) fn norm(&mut self, owner: &str, norm: Norm) -> Result<(), String> {
        let channels = self.flow.shape.channels();
        match norm {
            Norm::Group { groups, .. } if groups == 0 || !channels.is_multiple_of(groups) => {
                return Err(format!(
                    "normalises {groups} groups, which must divide its {channels} channels: \
                     norm = {{ name = \"group\", groups = … }}"
                ));
            }
            Norm::Instance { .. } if matches!(self.flow.shape, Shape::Flat(_)) => {
                return Err(
                    "normalises planes but gets flat features: use norm = \"layer\"".into(),
                );
            }
            Norm::Batch { .. }
            | Norm::Layer { .. }
            | Norm::Group { .. }
            | Norm::Instance { .. } => {}
        }
        let channels = u64::from(channels);
        self.parameter(owner, role::WEIGHT, &[channels]);
        self.parameter(owner, role::BIAS, &[channels]);
        if matches!(norm, Norm::Batch { .. }) {
            self.statistic(owner, role::RUNNING_MEAN, channels);
            self.statistic(owner, role::RUNNING_VARIANCE, channels);
        }
        Ok(())
    }

    pub(super) fn activation(&mut self, owner: &str, activation: Option<Activation>) {
        if activation == Some(Activation::Prelu) {
            let channels = self.flow.shape.channels();
            self.parameter(owner, role::SLOPE, &[channels.into()]);
        }
    }
}

/// Checks that no size or step of a window is 0.
pub(super) fn check_positive(
    kernel: [u32; 2],
    stride: [u32; 2],
    dilation: [u32; 2],
) -> Result<(), String> {
    if kernel.contains(&0) || stride.contains(&0) || dilation.contains(&0) {
        return Err("has a kernel, stride or dilation of 0: the least is 1".into());
    }
    Ok(())
}

/// Checks that the groups divide the channels on both sides.
pub(super) fn check_groups(groups: u32, channels: u32, filters: u32) -> Result<(), String> {
    if groups == 0 || !channels.is_multiple_of(groups) || !filters.is_multiple_of(groups) {
        return Err(format!(
            "has {groups} groups, which must divide its {channels} input and {filters} output \
             channels"
        ));
    }
    Ok(())
}
