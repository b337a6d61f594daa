//! One layer without layers in it, from its checked table.

use crate::language::check::Sink;
use crate::language::reader::{Reader, named, pair};
use crate::language::tables::layers::NORMS;
use convsweep_spec::model::*;

/// What a layer takes from around it.
#[derive(Clone, Copy)]
pub(super) struct Around {
    pub classes: u32,
    pub init: Init,
}

/// The layer that `key` names; `Some(None)` if it does nothing.
pub(super) fn leaf(
    key: &str,
    reader: &Reader,
    around: Around,
    sink: &mut Sink,
) -> Option<Option<Layer>> {
    let init = reader.choice("init").unwrap_or(around.init);
    Some(Some(match key {
        "conv" => Layer::Conv(conv(reader, around.classes, init)?),
        "depthwise" => Layer::Depthwise(depthwise(reader, init)?),
        "separable" => Layer::Separable(separable(reader, init)?),
        "transposed" => Layer::Transposed(transposed(reader, init, sink)?),
        "locally-connected" => Layer::LocallyConnected(local(reader, init)?),
        "pool" => Layer::Pool(pool(reader, sink)?),
        "norm" => return Some(norm(reader)?.map(|norm| Layer::Norm { norm })),
        "activation" => {
            return Some(
                activation(reader, "activation")?
                    .map(|activation| Layer::Activation { activation }),
            );
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
        "upsample" => Layer::Upsample(Upsample {
            factor: reader.pair("upsample")?,
            method: reader.choice("method")?,
        }),
        "squeeze-excite" => Layer::SqueezeExcite(squeeze_excite(reader, init, sink)?),
        "pad" => Layer::Pad(pad(reader)?),
        _ => {
            let units = units(reader, "dense", around.classes)?;
            let (bias, activation) = (reader.bool("bias")?, activation(reader, "activation")?);
            Layer::Dense(Dense {
                units,
                bias,
                activation,
                init,
            })
        }
    }))
}

fn conv(reader: &Reader, classes: u32, init: Init) -> Option<Conv> {
    let (bias, norm, activation) = tail(reader)?;
    Some(Conv {
        filters: units(reader, "conv", classes)?,
        kernel: reader.pair("kernel")?,
        stride: reader.pair("stride")?,
        padding: padding(reader)?,
        dilation: reader.pair("dilation")?,
        groups: reader.u32("groups")?,
        bias,
        norm,
        activation,
        init,
    })
}

fn depthwise(reader: &Reader, init: Init) -> Option<Depthwise> {
    let (bias, norm, activation) = tail(reader)?;
    Some(Depthwise {
        multiplier: if reader.bool("depthwise").is_some() {
            1
        } else {
            reader.u32("depthwise")?
        },
        kernel: reader.pair("kernel")?,
        stride: reader.pair("stride")?,
        padding: padding(reader)?,
        dilation: reader.pair("dilation")?,
        bias,
        norm,
        activation,
        init,
    })
}

fn separable(reader: &Reader, init: Init) -> Option<Separable> {
    let (bias, norm, activation) = tail(reader)?;
    Some(Separable {
        filters: reader.u32("separable")?,
        multiplier: reader.u32("multiplier")?,
        kernel: reader.pair("kernel")?,
        stride: reader.pair("stride")?,
        padding: padding(reader)?,
        dilation: reader.pair("dilation")?,
        bias,
        norm,
        activation,
        init,
    })
}

fn transposed(reader: &Reader, init: Init, sink: &mut Sink) -> Option<Transposed> {
    let (bias, norm, activation) = tail(reader)?;
    let padding = padding(reader)?;
    let output_padding = reader.pair("output_padding")?;
    if let Some(node) = reader
        .given("output_padding")
        .filter(|_| padding == Padding::Same && output_padding != [0, 0])
    {
        let title = "padding = \"same\" already makes the output input × stride".to_string();
        sink.at(
            node,
            title,
            "too much",
            "remove `output_padding`, or give `padding` in pixels".into(),
        );
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
        bias,
        norm,
        activation,
        init,
    })
}

fn local(reader: &Reader, init: Init) -> Option<LocallyConnected> {
    let (bias, norm, activation) = tail(reader)?;
    Some(LocallyConnected {
        filters: reader.u32("locally-connected")?,
        kernel: reader.pair("kernel")?,
        stride: reader.pair("stride")?,
        padding: padding(reader)?,
        bias,
        norm,
        activation,
        init,
    })
}

/// A number, or "classes".
fn units(reader: &Reader, key: &str, classes: u32) -> Option<u32> {
    if reader.given(key)?.text().is_some() {
        Some(classes)
    } else {
        reader.u32(key)
    }
}

/// Bias, norm and activation of a layer with weights.
fn tail(reader: &Reader) -> Option<(bool, Option<Norm>, Option<Activation>)> {
    Some((
        reader.bool("bias")?,
        norm(reader)?,
        activation(reader, "activation")?,
    ))
}

fn pool(reader: &Reader, sink: &mut Sink) -> Option<Pool> {
    let kind: PoolKind = reader.choice("pool")?;
    if kind.is_global() || kind.is_adaptive() {
        return whole_plane(kind, reader, sink);
    }
    let size = reader.pair("size")?;
    let padding = padding(reader)?;
    if let (Padding::Pixels(pixels), Some(node)) = (padding, reader.given("padding"))
        && (0..2).any(|d| pixels[d] > size[d] / 2)
    {
        let title = format!(
            "a pool of size {}×{} can be padded by half of that at most",
            size[0], size[1]
        );
        sink.at(
            node,
            title,
            "too much",
            "windows would lie outside the image".into(),
        );
        return None;
    }
    Some(Pool {
        kind,
        size,
        stride: reader.pair("stride").unwrap_or(size),
        padding,
    })
}

/// Pools whose windows follow from the plane.
fn whole_plane(kind: PoolKind, reader: &Reader, sink: &mut Sink) -> Option<Pool> {
    let (what, keys): (_, &[&str]) = match kind.is_global() {
        true => (
            "a global pool covers the whole plane",
            &["size", "stride", "padding"],
        ),
        false => (
            "an adaptive pool makes its windows itself",
            &["stride", "padding"],
        ),
    };
    let extra: Vec<_> = keys
        .iter()
        .filter_map(|k| reader.given(k).map(|n| (k, n)))
        .collect();
    for (key, node) in &extra {
        let title = format!("{what} and has no `{key}`");
        sink.at(
            node,
            title,
            "has no effect",
            format!("remove `{key}`, or take \"max\" or \"average\""),
        );
    }
    if kind.is_adaptive() && reader.given("size").is_none() {
        let help = "size = [rows, columns] that it makes of every plane".into();
        sink.at(
            reader.given("pool")?,
            "an adaptive pool has no `size`".into(),
            "to which size?",
            help,
        );
        return None;
    }
    let size = if kind.is_adaptive() {
        reader.pair("size")?
    } else {
        [0, 0]
    };
    extra.is_empty().then_some(Pool {
        kind,
        size,
        stride: [0, 0],
        padding: Padding::Valid,
    })
}

fn squeeze_excite(reader: &Reader, init: Init, sink: &mut Sink) -> Option<SqueezeExcite> {
    let function = |key: &str, sink: &mut Sink| match activation(reader, key)? {
        Some(function) => Some(function),
        None => {
            let help = "the product of two dense layers would be one: name a function".into();
            sink.at(
                reader.given(key)?,
                format!("`{key}` of a squeeze-excite cannot be \"none\""),
                "",
                help,
            );
            None
        }
    };
    let (activation, gate) = (function("activation", sink)?, function("gate", sink)?);
    Some(SqueezeExcite {
        reduction: reader.u32("squeeze-excite")?,
        activation,
        gate,
        init,
    })
}

fn pad(reader: &Reader) -> Option<Pad> {
    let node = reader.given("pad")?;
    let pixels = match node.items() {
        [_, _, _, _] => {
            let sides = node
                .items()
                .iter()
                .map(|n| u32::try_from(n.int()?).ok())
                .collect::<Option<Vec<_>>>()?;
            [[sides[0], sides[1]], [sides[2], sides[3]]]
        }
        _ => pair(node)?.map(|p| [p, p]),
    };
    Some(Pad {
        pixels,
        fill: reader.choice("fill")?,
    })
}

fn padding(reader: &Reader) -> Option<Padding> {
    let node = reader.node("padding")?;
    match node.text() {
        Some("same") => Some(Padding::Same),
        Some(_) => Some(Padding::Valid),
        None => pair(&node).map(Padding::Pixels),
    }
}

fn norm(reader: &Reader) -> Option<Option<Norm>> {
    let node = reader.node("norm")?;
    let (name, options) = named(&node, &NORMS)?;
    let epsilon = || options.f64("epsilon");
    Some(match name {
        "batch" => Some(Norm::Batch {
            momentum: options.f64("momentum")?,
            epsilon: epsilon()?,
        }),
        "layer" => Some(Norm::Layer {
            epsilon: epsilon()?,
        }),
        "group" => Some(Norm::Group {
            groups: options.u32("groups")?,
            epsilon: epsilon()?,
        }),
        "instance" => Some(Norm::Instance {
            epsilon: epsilon()?,
        }),
        _ => None,
    })
}

fn activation(reader: &Reader, key: &str) -> Option<Option<Activation>> {
    match reader.text(key)?.as_str() {
        "none" => Some(None),
        _ => reader.choice(key).map(Some),
    }
}
