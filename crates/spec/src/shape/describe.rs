//! Layers in short, for tables.

use super::Route;
use crate::augment::Fill;
use crate::model::*;
use serde::Serialize;

/// What a layer does, as `conv 3×3, 32, same, relu`.
pub(super) fn layer(layer: &Layer) -> String {
    match layer {
        Layer::Conv(c) => {
            let head = format!("conv {}, {}", pair(c.kernel), c.filters);
            window(head, c.stride, c.padding, c.dilation)
                + &groups(c.groups)
                + &tail(c.norm, c.activation)
        }
        Layer::Depthwise(c) => {
            let head = format!("depthwise {}{}", pair(c.kernel), times(c.multiplier));
            window(head, c.stride, c.padding, c.dilation) + &tail(c.norm, c.activation)
        }
        Layer::Separable(c) => {
            let head = format!(
                "separable {}{}, {}",
                pair(c.kernel),
                times(c.multiplier),
                c.filters
            );
            window(head, c.stride, c.padding, c.dilation) + &tail(c.norm, c.activation)
        }
        Layer::Transposed(c) => {
            let head = format!("transposed {}, {}", pair(c.kernel), c.filters);
            window(head, c.stride, c.padding, c.dilation)
                + &groups(c.groups)
                + &tail(c.norm, c.activation)
        }
        Layer::LocallyConnected(c) => {
            let head = format!("locally connected {}, {}", pair(c.kernel), c.filters);
            window(head, c.stride, c.padding, [1, 1]) + &tail(c.norm, c.activation)
        }
        Layer::Pool(p) if p.kind.is_global() => format!("{} pool", name(&p.kind)),
        Layer::Pool(p) if p.kind.is_adaptive() => {
            format!("{} pool to {}", name(&p.kind), pair(p.size))
        }
        Layer::Pool(p) if p.size == p.stride => format!("{} pool {}", name(&p.kind), pair(p.size)),
        Layer::Pool(p) => format!(
            "{} pool {}, stride {}",
            name(&p.kind),
            pair(p.size),
            pair(p.stride)
        ),
        Layer::Norm { norm } => self::norm(*norm),
        Layer::Activation { activation } => name(activation),
        Layer::Dropout { rate } => format!("dropout {rate}"),
        Layer::SpatialDropout { rate } => format!("spatial dropout {rate}"),
        Layer::DropPath { rate } => format!("drop path {rate}"),
        Layer::Flatten => "flatten".into(),
        Layer::Dense(d) => format!("dense {}", d.units) + &tail(None, d.activation),
        Layer::Upsample(u) => format!("upsample {}, {}", pair(u.factor), name(&u.method)),
        Layer::SqueezeExcite(s) => {
            format!(
                "squeeze-excite 1/{}, {}, {}",
                s.reduction,
                name(&s.activation),
                name(&s.gate)
            )
        }
        Layer::Pad(p) => {
            let [[top, bottom], [left, right]] = p.pixels;
            let fill = if p.fill == Fill::Zero {
                String::new()
            } else {
                format!(", {}", name(&p.fill))
            };
            match top == bottom && left == right {
                true => format!("pad {}{fill}", pair([top, left])),
                false => format!("pad {top}, {bottom}, {left}, {right}{fill}"),
            }
        }
        Layer::Residual(_) => "add".into(),
        Layer::Parallel(p) => format!("{} {} branches", name(&p.join), p.branches.len()),
    }
}

/// The sum at the end of a residual.
pub(super) fn residual(residual: &Residual, route: &Route) -> String {
    let way = match (&residual.shortcut, route) {
        (_, Route::Pad { .. }) => "padded",
        (_, Route::Layers(layers)) if layers.is_empty() => "identity",
        (Shortcut::Layers(_), _) => "own",
        _ => "projection",
    };
    format!("add, {way} shortcut")
}

fn window(mut text: String, stride: [u32; 2], padding: Padding, dilation: [u32; 2]) -> String {
    if stride != [1, 1] {
        text += &format!(", stride {}", pair(stride));
    }
    match padding {
        Padding::Valid => {}
        Padding::Same => text += ", same",
        Padding::Pixels(p) => text += &format!(", padding {}", pair(p)),
    }
    if dilation != [1, 1] {
        text += &format!(", dilation {}", pair(dilation));
    }
    text
}

fn groups(groups: u32) -> String {
    if groups == 1 {
        String::new()
    } else {
        format!(", {groups} groups")
    }
}

fn times(multiplier: u32) -> String {
    if multiplier == 1 {
        String::new()
    } else {
        format!(" ×{multiplier}")
    }
}

fn tail(norm: Option<Norm>, activation: Option<Activation>) -> String {
    let norm = norm.map_or(String::new(), |n| format!(", {}", self::norm(n)));
    norm + &activation.map_or(String::new(), |a| format!(", {}", name(&a)))
}

fn norm(norm: Norm) -> String {
    match norm {
        Norm::Batch { .. } => "batch norm".into(),
        Norm::Layer { .. } => "layer norm".into(),
        Norm::Group { groups, .. } => format!("group norm of {groups}"),
        Norm::Instance { .. } => "instance norm".into(),
    }
}

fn pair([a, b]: [u32; 2]) -> String {
    format!("{a}×{b}")
}

/// The name that a plain enum value has in files.
fn name(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(text)) => text,
        other => format!("{other:?}"),
    }
}
