//! How the shortcut of a residual goes around its layers.

use super::dims::Shape;
use crate::model::*;

/// How a residual's input reaches the sum, given the shapes before and after its layers.
#[derive(Clone, Debug, PartialEq)]
pub enum Route {
    /// Through these layers; an empty list is the identity.
    Layers(Vec<Layer>),
    /// Every `stride`-th pixel, with channels of zeros appended up to `channels`.
    Pad {
        /// Step.
        stride: [u32; 2],
        /// Channels of the sum.
        channels: u32,
    },
}

/// How the shortcut of `residual` goes from `input` to `output`, the shapes before and after its
/// layers.
///
/// # Errors
/// Why it cannot, as the rest of a sentence after the layer's name.
pub fn route(residual: &Residual, input: Shape, output: Shape) -> Result<Route, String> {
    match &residual.shortcut {
        Shortcut::Identity if input != output => Err(format!(
            "adds {output} to {input}: \
             use padding = \"same\" and equal channels, or shortcut = \"auto\""
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
                    "has fewer channels ({}) than its input ({}), which zeros cannot make: \
                     use shortcut = \"projection\"",
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

/// Bias, norm and initialisation of the last layer with weights, including those in structures. A
/// norm layer behind it counts as its norm.
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
            // Without weights, or (squeeze and excitation) not a convolution.
            _ => None,
        };
        if let Some((bias, norm, init)) = found {
            return Some((bias, norm.or(behind), init));
        }
    }
    None
}

/// The stride that takes an image from `input` to `output`.
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
