//! Words that descriptions of layers are made of.

use crate::model::{Activation, Norm, Padding};
use serde::Serialize;

/// What differs from a plain window.
pub(super) fn window(stride: [u32; 2], padding: Padding, dilation: [u32; 2]) -> String {
    let mut text = String::new();
    if stride != [1, 1] {
        text += &format!(", stride {}", pair(stride));
    }
    match padding {
        Padding::Valid => {}
        Padding::Same => text += ", same",
        Padding::Pixels(pixels) => text += &format!(", padding {}", pair(pixels)),
    }
    if dilation != [1, 1] {
        text += &format!(", dilation {}", pair(dilation));
    }
    text
}

pub(super) fn groups(groups: u32) -> String {
    match groups {
        1 => String::new(),
        groups => format!(", {groups} groups"),
    }
}

pub(super) fn times(multiplier: u32) -> String {
    match multiplier {
        1 => String::new(),
        multiplier => format!(" ×{multiplier}"),
    }
}

/// The norm and the activation behind a layer with weights.
pub(super) fn norm_and_activation(norm: Option<Norm>, activation: Option<Activation>) -> String {
    let mut text = String::new();
    if let Some(norm) = norm {
        text += &format!(", {}", self::norm(norm));
    }
    if let Some(activation) = activation {
        text += &format!(", {}", name_of(&activation));
    }
    text
}

pub(super) fn norm(norm: Norm) -> String {
    match norm {
        Norm::Batch { .. } => "batch norm".into(),
        Norm::Layer { .. } => "layer norm".into(),
        Norm::Group { groups, .. } => format!("group norm of {groups}"),
        Norm::Instance { .. } => "instance norm".into(),
    }
}

pub(super) fn pair([a, b]: [u32; 2]) -> String {
    format!("{a}×{b}")
}

/// The word for a plain enum value in experiment files.
pub(super) fn name_of(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(text)) => text,
        other => format!("{other:?}"),
    }
}
