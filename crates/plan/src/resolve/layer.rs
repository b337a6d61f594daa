//! A layer without layers in it, from its checked table.

use super::checked_item::CheckedItem;
use super::internal::not_resolved;
use super::layer_scope::ModelDefaults;
use super::norm::norm;
use super::padding::padding;
use super::pool::pool;
use crate::language::reader::{TableReader, natural, pair};
use crate::language::tables::LAYERS;
use crate::source::problem::{Problem, ProblemCode, ProblemSink};
use convsweep_spec::model::{
    Activation, Conv, Dense, Depthwise, Init, Layer, LocallyConnected, Norm, Pad, Padding,
    Separable, SqueezeExcite, Transposed, Upsample,
};

/// Resolves a layer; the inner `None` for a norm or an activation that is `"none"`.
pub(super) fn layer(
    item: &CheckedItem,
    defaults: ModelDefaults,
    sink: &mut ProblemSink,
) -> Option<Option<Layer>> {
    let reader = &item.reader();
    let init = match reader.given("init") {
        Some(_) => reader.choice("init")?,
        None => defaults.init,
    };
    Some(Some(match item.variant.key {
        "conv" => Layer::Conv(conv(reader, defaults.classes, init, sink)?),
        "depthwise" => Layer::Depthwise(depthwise(reader, init, sink)?),
        "separable" => Layer::Separable(separable(reader, init, sink)?),
        "transposed" => Layer::Transposed(transposed(reader, init, sink)?),
        "locally-connected" => Layer::LocallyConnected(locally_connected(reader, init, sink)?),
        "pool" => Layer::Pool(pool(reader, sink)?),
        "norm" => return Some(norm(reader, sink)?.map(|norm| Layer::Norm { norm })),
        "activation" => {
            let activation = activation(reader, "activation")?;
            return Some(activation.map(|activation| Layer::Activation { activation }));
        }
        "dropout" => Layer::Dropout {
            rate: reader.f64("dropout")?,
        },
        "spatial-dropout" => Layer::SpatialDropout {
            rate: reader.f64("spatial-dropout")?,
        },
        "drop-path" => Layer::DropPath {
            rate: reader.f64("drop-path")?,
        },
        "flatten" => Layer::Flatten,
        "dense" => Layer::Dense(dense(reader, defaults.classes, init)?),
        "upsample" => Layer::Upsample(Upsample {
            factor: reader.pair("upsample")?,
            method: reader.choice("method")?,
        }),
        "squeeze-excite" => Layer::SqueezeExcite(squeeze_excite(reader, init, sink)?),
        "pad" => Layer::Pad(pad(reader)?),
        other => return not_resolved(item.whole, LAYERS.noun, other, sink),
    }))
}

/// What follows the weights of a layer.
struct Tail {
    bias: bool,
    norm: Option<Norm>,
    activation: Option<Activation>,
}

fn tail(reader: &TableReader, sink: &mut ProblemSink) -> Option<Tail> {
    Some(Tail {
        bias: reader.bool("bias")?,
        norm: norm(reader, sink)?,
        activation: activation(reader, "activation")?,
    })
}

fn conv(reader: &TableReader, classes: u32, init: Init, sink: &mut ProblemSink) -> Option<Conv> {
    let tail = tail(reader, sink)?;
    Some(Conv {
        filters: units(reader, "conv", classes)?,
        kernel: reader.pair("kernel")?,
        stride: reader.pair("stride")?,
        padding: padding(reader, sink)?,
        dilation: reader.pair("dilation")?,
        groups: reader.u32("groups")?,
        bias: tail.bias,
        norm: tail.norm,
        activation: tail.activation,
        init,
    })
}

fn depthwise(reader: &TableReader, init: Init, sink: &mut ProblemSink) -> Option<Depthwise> {
    let tail = tail(reader, sink)?;
    let is_true = reader.bool("depthwise").is_some();
    Some(Depthwise {
        multiplier: if is_true { 1 } else { reader.u32("depthwise")? },
        kernel: reader.pair("kernel")?,
        stride: reader.pair("stride")?,
        padding: padding(reader, sink)?,
        dilation: reader.pair("dilation")?,
        bias: tail.bias,
        norm: tail.norm,
        activation: tail.activation,
        init,
    })
}

fn separable(reader: &TableReader, init: Init, sink: &mut ProblemSink) -> Option<Separable> {
    let tail = tail(reader, sink)?;
    Some(Separable {
        filters: reader.u32("separable")?,
        multiplier: reader.u32("multiplier")?,
        kernel: reader.pair("kernel")?,
        stride: reader.pair("stride")?,
        padding: padding(reader, sink)?,
        dilation: reader.pair("dilation")?,
        bias: tail.bias,
        norm: tail.norm,
        activation: tail.activation,
        init,
    })
}

fn transposed(reader: &TableReader, init: Init, sink: &mut ProblemSink) -> Option<Transposed> {
    let tail = tail(reader, sink)?;
    let padding = padding(reader, sink)?;
    let output_padding = reader.pair("output_padding")?;
    if padding == Padding::Same
        && output_padding != [0, 0]
        && let Some(node) = reader.given("output_padding")
    {
        let title = "padding = \"same\" already makes the output input × stride";
        let problem = Problem::of(ProblemCode::Conflict, node, title);
        let help = "remove `output_padding`, or give `padding` in pixels";
        sink.report(problem.label("too much").help(help));
        return None;
    }
    Some(Transposed {
        filters: reader.u32("transposed")?,
        kernel: reader.pair("kernel")?,
        stride: reader.pair("stride")?,
        padding,
        output_padding,
        dilation: reader.pair("dilation")?,
        groups: reader.u32("groups")?,
        bias: tail.bias,
        norm: tail.norm,
        activation: tail.activation,
        init,
    })
}

fn locally_connected(
    reader: &TableReader,
    init: Init,
    sink: &mut ProblemSink,
) -> Option<LocallyConnected> {
    let tail = tail(reader, sink)?;
    Some(LocallyConnected {
        filters: reader.u32("locally-connected")?,
        kernel: reader.pair("kernel")?,
        stride: reader.pair("stride")?,
        padding: padding(reader, sink)?,
        bias: tail.bias,
        norm: tail.norm,
        activation: tail.activation,
        init,
    })
}

fn dense(reader: &TableReader, classes: u32, init: Init) -> Option<Dense> {
    Some(Dense {
        units: units(reader, "dense", classes)?,
        bias: reader.bool("bias")?,
        activation: activation(reader, "activation")?,
        init,
    })
}

/// A number, or that of the classes for `"classes"`.
fn units(reader: &TableReader, key: &str, classes: u32) -> Option<u32> {
    match reader.given(key)?.text() {
        Some(_) => Some(classes),
        None => reader.u32(key),
    }
}

fn squeeze_excite(
    reader: &TableReader,
    init: Init,
    sink: &mut ProblemSink,
) -> Option<SqueezeExcite> {
    Some(SqueezeExcite {
        reduction: reader.u32("squeeze-excite")?,
        activation: some_activation(reader, "activation", sink)?,
        gate: some_activation(reader, "gate", sink)?,
        init,
    })
}

/// An activation of a squeeze-excite layer, which cannot be missing.
fn some_activation(reader: &TableReader, key: &str, sink: &mut ProblemSink) -> Option<Activation> {
    let activation = activation(reader, key)?;
    if activation.is_none() {
        let title = format!("`{key}` of a squeeze-excite layer cannot be \"none\"");
        let problem = Problem::of(ProblemCode::WrongValue, reader.given(key)?, title);
        let help = "without it, the two dense layers would be equivalent to one";
        sink.report(problem.help(help));
    }
    activation
}

fn pad(reader: &TableReader) -> Option<Pad> {
    let node = reader.given("pad")?;
    let pixels = match node.items() {
        [top, bottom, left, right] => [
            [natural(top)?, natural(bottom)?],
            [natural(left)?, natural(right)?],
        ],
        [..] => pair(node)?.map(|pixels| [pixels, pixels]),
    };
    Some(Pad {
        pixels,
        fill: reader.choice("fill")?,
    })
}

/// An activation function; the inner `None` for `"none"`.
fn activation(reader: &TableReader, key: &str) -> Option<Option<Activation>> {
    if reader.text(key)? == "none" {
        return Some(None);
    }
    reader.choice(key).map(Some)
}
