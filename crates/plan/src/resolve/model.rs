//! `[model]`: a preset or layers, with the values of parameters, whose shapes must fit.

use super::layer_place::LayerPlace;
use super::layer_scope::{LayerScope, ModelDefaults};
use super::structure::LayerResolver;
use crate::document::parameters::substitute;
use crate::language::check::Checker;
use crate::language::reader::{TableReader, relocated};
use crate::language::tables::MODEL;
use crate::language::{presets, suggest};
use crate::source::problem::{Problem, ProblemCode, ProblemSink};
use crate::source::span::Span;
use crate::source::tree::{Node, NodeValue};
use convsweep_spec::model::{Init, ModelSpec};
use convsweep_spec::shape::{ModelSummary, Shape, ShapeError, summarize};
use std::sync::Arc;

/// Resolved `[model]` with the place of each layer.
#[derive(Clone, Debug)]
pub(super) struct ResolvedModel {
    pub spec: ModelSpec,
    places: Vec<LayerPlace>,
    span: Span,
}

/// Resolves `[model]`, which may use `blocks`, for data with this number of classes.
pub(super) fn model(
    node: &Node,
    blocks: &Node,
    classes: u32,
    sink: &mut ProblemSink,
) -> Option<ResolvedModel> {
    let expanded = with_preset(node, blocks, sink)?;
    let model = &expanded.model;
    let bare = without_layers(model, &expanded.scope.parameters);
    let right = Checker::whole(sink).section(&bare, MODEL, "model");
    let Some(list) = model.get("layers") else {
        if right {
            let problem = Problem::of(ProblemCode::Missing, model, "model has no `layers`");
            let help = "layers = [ … ] from the image to { dense = \"classes\" }, or preset = \
                        \"resnet20\"";
            sink.report(problem.help(help));
        }
        return None;
    };
    if list.items().is_empty() && list.text().is_none() {
        let problem = Problem::of(ProblemCode::Missing, list, "the model has no layers");
        let help = "at least { flatten = true } and { dense = \"classes\" }";
        sink.report(problem.label("empty").help(help));
        return None;
    }
    // If `init` is wrong, that has been reported, and the layers are checked nevertheless.
    let init = TableReader::new(&bare, MODEL).choice("init");
    let defaults = ModelDefaults {
        classes,
        init: init.unwrap_or(Init::GlorotUniform),
    };
    let Expanded { blocks, scope, .. } = &expanded;
    let mut resolver = LayerResolver::new(blocks, &scope.parameters, defaults, sink);
    let resolved = resolver.layers(list, scope)?;
    right.then_some(ResolvedModel {
        spec: ModelSpec {
            layers: resolved.layers,
        },
        places: resolved.places,
        span: list.span,
    })
}

/// A model with the layers of its preset.
struct Expanded {
    model: Node,
    /// The blocks that its layers use.
    blocks: Node,
    scope: LayerScope,
}

fn with_preset(node: &Node, blocks: &Node, sink: &mut ProblemSink) -> Option<Expanded> {
    let own = sink.ok(parameters(node))?;
    let named = node.get("preset").and_then(|preset| {
        let name = preset.text()?;
        Some((preset, name, presets::parsed(name)?))
    });
    // A preset that does not exist is reported by the check of the section.
    let Some((preset, name, found)) = named else {
        return Some(Expanded {
            model: node.clone(),
            blocks: blocks.clone(),
            scope: scope(own, String::new(), None),
        });
    };
    if let Some(layers) = node.entry("layers") {
        let title = format!("preset \"{name}\" has its own layers");
        let problem = Problem::at(ProblemCode::Conflict, layers.key_span, title);
        let problem = problem.label("a second list");
        sink.report(
            problem
                .also(Some(preset.span), "the first")
                .help("remove `layers` or `preset`"),
        );
        return None;
    }
    let found = relocated(&found, preset.span);
    let shipped = found.get("model")?;
    let parameters = sink.ok(preset_parameters(shipped, &own, preset, name))?;
    let mut model = shipped.clone();
    for entry in node.entries().iter().filter(|e| &*e.key != "parameters") {
        model.insert(entry.clone());
    }
    let no_blocks = Node::empty_table(preset.span);
    Some(Expanded {
        model,
        blocks: found.get("blocks").cloned().unwrap_or(no_blocks),
        scope: scope(parameters, format!("{name}."), Some(preset.span)),
    })
}

fn scope(parameters: Node, prefix: String, used_at: Option<Span>) -> LayerScope {
    LayerScope {
        parameters,
        owner: "the model".to_string(),
        prefix,
        used_at,
    }
}

/// The parameters of a preset with the values that the file gives them.
fn preset_parameters(
    shipped: &Node,
    own: &Node,
    preset: &Node,
    name: &str,
) -> Result<Node, Box<Problem>> {
    let none = Node::empty_table(preset.span);
    let defaults = shipped.get("parameters").unwrap_or(&none);
    let mut values = defaults.clone();
    for entry in own.entries() {
        if defaults.get(&entry.key).is_none() {
            let known: Vec<_> = defaults.entries().iter().map(|e| &*e.key).collect();
            let title = format!("preset \"{name}\" has no parameter `{}`", entry.key);
            let problem = Problem::at(ProblemCode::UnknownKey, entry.key_span, title);
            let problem = problem
                .label("has no effect")
                .also(Some(preset.span), "this preset");
            return Err(Box::new(problem.help(suggest::remedy(&entry.key, &known))));
        }
        values.insert(entry.clone());
    }
    Ok(values)
}

fn parameters(node: &Node) -> Result<Node, Box<Problem>> {
    let Some(parameters) = node.get("parameters") else {
        return Ok(Node::empty_table(node.span));
    };
    if parameters.is_table() {
        return Ok(parameters.clone());
    }
    let found = parameters.type_name();
    let title = format!("`model.parameters` must be a table, not {found}");
    let problem = Problem::of(ProblemCode::WrongType, parameters, title);
    Err(Box::new(problem.help("parameters = { width = 32 }")))
}

/// The model with its list of layers emptied and the values of parameters in its other keys, for a
/// check of those.
fn without_layers(node: &Node, parameters: &Node) -> Node {
    let mut bare = node.clone();
    for entry in node.entries() {
        let value = if &*entry.key == "layers" && entry.node.is_list() {
            entry.node.with_value(NodeValue::List(Arc::default()))
        } else {
            substitute(&entry.node, parameters)
        };
        bare.insert(entry.with_node(value));
    }
    bare
}

/// The shapes of all layers for images of this shape. A layer that does not fit is a problem at
/// its line.
pub(super) fn summary(
    model: &ResolvedModel,
    image: Shape,
    classes: u32,
    sink: &mut ProblemSink,
) -> Option<ModelSummary> {
    match summarize(&model.spec, image, classes) {
        Ok(summary) => Some(summary),
        Err(error) => {
            sink.report(shape_problem(model, &error));
            None
        }
    }
}

fn shape_problem(model: &ResolvedModel, error: &ShapeError) -> Problem {
    let Some(place) = place(&model.places, error) else {
        let title = "the model has no layers that do anything";
        let problem = Problem::at(ProblemCode::Shape, model.span, title);
        return problem.help("end with { dense = \"classes\" }");
    };
    let (fault, remedy) = error
        .problem
        .split_once(": ")
        .unwrap_or((&error.problem, ""));
    let title = format!("layer {} ({}) {fault}", place.number, error.kind);
    let used_at = place.used_at.filter(|span| *span != place.span);
    let problem = Problem::at(ProblemCode::Shape, place.span, title)
        .about(format!("{} {remedy}", error.kind))
        .label(format!("gets {}", error.input))
        .also(used_at, "used here");
    if remedy.is_empty() {
        problem
    } else {
        problem.help(remedy)
    }
}

/// The place of the layer that an error is about, or of the nearest structure around it.
fn place<'a>(places: &'a [LayerPlace], error: &ShapeError) -> Option<&'a LayerPlace> {
    let (first, rest) = error.path.split_first()?;
    let mut place = places.get(*first)?;
    for step in rest.chunks_exact(2) {
        let branch = place.branches.get(step[0]);
        match branch.and_then(|branch| branch.get(step[1])) {
            Some(inner) => place = inner,
            None => break,
        }
    }
    Some(place)
}
