//! Parameters that no layer uses.

use crate::document::alternatives::Alternatives;
use crate::document::parameters::uses;
use crate::grid::axes::Axes;
use crate::grid::axis::GridAxis;
use crate::language::{presets, suggest};
use crate::source::problem::{Problem, ProblemCode, ProblemSink};
use crate::source::tree::Node;
use std::collections::BTreeSet;

/// Reports axes over parameters that no layer uses, and notes the other parameters that none uses.
pub(crate) fn check_unused_parameters(
    root: &Node,
    alternatives: &Alternatives,
    axes: &Axes,
    sink: &mut ProblemSink,
) -> Vec<String> {
    let used = used_parameters(root, alternatives, axes);
    for axis in &axes.all {
        if let Some(name) = model_parameter(axis)
            && !used.contains(name)
        {
            sink.report(unused_axis(axis, name, &used));
        }
    }
    let defined = defined_parameters(root, alternatives);
    let unused = defined.difference(&used);
    unused
        .map(|name| format!("parameter `{name}` is defined but no layer uses it"))
        .collect()
}

/// The name of the model's parameter that is an axis.
fn model_parameter(axis: &GridAxis) -> Option<&str> {
    match &axis.segments[..] {
        [model, parameters, name] if (&**model, &**parameters) == ("model", "parameters") => {
            Some(name)
        }
        [..] => None,
    }
}

fn unused_axis(axis: &GridAxis, name: &str, used: &BTreeSet<String>) -> Problem {
    let known: Vec<_> = used.iter().map(String::as_str).collect();
    let help = match suggest::nearest(name, &known) {
        Some(near) => format!("did you mean `model.parameters.{near}`?"),
        None => format!("write \"${name}\" where it should change the value of a layer"),
    };
    let title = format!("no layer uses \"${name}\"");
    Problem::at(ProblemCode::NoEffect, axis.span, title)
        .label("has no effect")
        .help(help)
}

/// `[model]` and all of `[models]`.
fn models<'a>(root: &'a Node, alternatives: &'a Alternatives) -> Vec<&'a Node> {
    let mut models: Vec<&Node> = root.get("model").into_iter().collect();
    if let Some(others) = &alternatives.models {
        models.extend(others.entries().iter().map(|e| &e.node));
    }
    models
}

fn defined_parameters(root: &Node, alternatives: &Alternatives) -> BTreeSet<String> {
    let mut defined = BTreeSet::new();
    for model in models(root, alternatives) {
        if let Some(parameters) = model.get("parameters") {
            defined.extend(parameters.entries().iter().map(|e| e.key.to_string()));
        }
    }
    defined
}

/// Names of parameters that are used in any of the models, in blocks, in values of axes or in
/// presets.
fn used_parameters(root: &Node, alternatives: &Alternatives, axes: &Axes) -> BTreeSet<String> {
    let mut used = BTreeSet::new();
    let models = models(root, alternatives);
    let values = axes.all.iter().flat_map(|axis| &axis.values);
    let values: Vec<&Node> = values.map(|value| &value.node).collect();
    for node in models.iter().chain(&values) {
        used.extend(uses(node).into_iter().map(|used| used.name.to_string()));
    }
    for block in root.get("blocks").into_iter().flat_map(Node::entries) {
        // The block's own parameters are not those of the model.
        let own = block.node.get("parameters");
        for used_here in uses(&block.node) {
            if own.is_none_or(|own| own.get(used_here.name).is_none()) {
                used.insert(used_here.name.to_string());
            }
        }
    }
    for name in preset_names(&models, axes) {
        let preset = presets::parsed(name);
        let parameters = preset
            .as_ref()
            .and_then(|root| root.get("model")?.get("parameters"));
        let names = parameters.into_iter().flat_map(Node::entries);
        used.extend(names.map(|e| e.key.to_string()));
    }
    used
}

/// Names of the presets that models or values of axes choose.
fn preset_names<'a>(models: &[&'a Node], axes: &'a Axes) -> Vec<&'a str> {
    let of_models = models.iter().filter_map(|model| model.get("preset"));
    let mut nodes: Vec<&Node> = of_models.collect();
    for axis in &axes.all {
        for value in &axis.values {
            nodes.extend(match axis.path.as_str() {
                "model.preset" => Some(&value.node),
                _other => value.node.get("preset"),
            });
        }
    }
    nodes.into_iter().filter_map(Node::text).collect()
}
