//! `[model]`: a preset or layers, parameters put in, shapes checked.

use super::layer::Around;
use super::structure::{Place, Resolved, Scope, Structure, relocated};
use crate::document::merge::substitute;
use crate::language::check::{Sink, check};
use crate::language::field::Kind;
use crate::language::presets;
use crate::language::reader::Reader;
use crate::language::suggest;
use crate::language::tables::layers::MODEL;
use crate::source::problem::Problem;
use crate::source::tree::{Entry, Node, Origin, Value};
use convsweep_spec::model::{Init, ModelSpec};
use convsweep_spec::shape::{ModelSummary, Shape, ShapeError, summarize};
use std::sync::Arc;

/// Resolved `[model]` with the place of each layer.
#[derive(Clone, Debug)]
pub(crate) struct Model {
    pub spec: ModelSpec,
    places: Vec<Place>,
    at: Origin,
}

/// Resolves `[model]`, which may use `blocks`, for data with `classes` classes.
pub(crate) fn model(node: &Node, blocks: &Node, classes: u32, sink: &mut Sink) -> Option<Model> {
    let (node, blocks, scope) = with_preset(node, blocks, sink)?;
    let bare = without_layers(&node, &scope);
    let ok = check(&bare, &Kind::Table(MODEL), "model", "", sink);
    let Some(list) = node.get("layers") else {
        if !ok {
            return None;
        }
        let help =
            "layers = [ … ] from the image to { dense = \"classes\" }, or preset = \"resnet20\"";
        sink.at(&node, "model has no `layers`".into(), "", help.into());
        return None;
    };
    if list.items().is_empty() && list.text().is_none() {
        let help = "at least { flatten = true } and { dense = \"classes\" }";
        sink.at(list, "the model has no layers".into(), "empty", help.into());
        return None;
    }
    // Where `init` is wrong, its layers are still looked at.
    let init = Reader::new(&bare, MODEL)
        .choice("init")
        .unwrap_or(Init::GlorotUniform);
    let around = Around { classes, init };
    let Resolved { layers, places } =
        Structure::new(&blocks, &scope.parameters, around, sink).layers(list, &scope)?;
    ok.then_some(Model {
        spec: ModelSpec { layers },
        places,
        at: list.at,
    })
}

/// The model with its preset's layers, the blocks that they use, and the parameters.
fn with_preset(node: &Node, blocks: &Node, sink: &mut Sink) -> Option<(Node, Node, Scope)> {
    let own = parameters(node, sink)?;
    let whole = |parameters: Node, prefix: String, via| {
        let owner = "the model".to_string();
        Scope {
            parameters,
            owner,
            prefix,
            via,
        }
    };
    let Some(preset) = node.get("preset") else {
        return Some((
            node.clone(),
            blocks.clone(),
            whole(own, String::new(), None),
        ));
    };
    let Some((name, found)) = preset
        .text()
        .and_then(|name| Some((name, presets::parsed(name)?)))
    else {
        // The check against the schema says what is known.
        return Some((
            node.clone(),
            blocks.clone(),
            whole(own, String::new(), None),
        ));
    };
    if let Some(layers) = node.entry("layers") {
        let problem = Problem::new(
            layers.key_at,
            format!("preset \"{name}\" has layers of its own"),
            "a second list",
        );
        sink.push(
            problem
                .also(Some(preset.at), "the first")
                .help("remove `layers` or `preset`"),
        );
        return None;
    }
    let found = relocated(&found, preset.at);
    let empty = Node::table(preset.at);
    let shipped = found.get("model")?;
    let mut values = shipped.get("parameters").unwrap_or(&empty).clone();
    let known: Vec<_> = values.entries().iter().map(|e| e.key.clone()).collect();
    for entry in own.entries() {
        if !known.contains(&entry.key) {
            let title = format!("preset \"{name}\" has no parameter `{}`", entry.key);
            let keys: Vec<_> = known.iter().map(|k| &**k).collect();
            let problem = Problem::new(entry.key_at, title, "has no effect");
            sink.push(
                problem
                    .also(Some(preset.at), "this preset")
                    .help(suggest::remedy(&entry.key, &keys)),
            );
            return None;
        }
        values.put(entry.clone());
    }
    let mut model = shipped.clone();
    node.entries()
        .iter()
        .filter(|e| &*e.key != "parameters")
        .for_each(|e| model.put(e.clone()));
    let blocks = found.get("blocks").cloned().unwrap_or(empty);
    Some((
        model,
        blocks,
        whole(values, format!("{name}."), Some(preset.at)),
    ))
}

fn parameters(node: &Node, sink: &mut Sink) -> Option<Node> {
    let Some(parameters) = node.get("parameters") else {
        return Some(Node::table(node.at));
    };
    if !parameters.is_table() {
        let title = format!(
            "`model.parameters` is {} where a table is needed",
            parameters.type_name()
        );
        sink.at(parameters, title, "", "parameters = { width = 32 }".into());
        return None;
    }
    Some(parameters.clone())
}

/// The model with an empty list of layers and its other values filled in, for a check of the rest.
fn without_layers(node: &Node, scope: &Scope) -> Node {
    let mut bare = node.clone();
    for entry in node.entries() {
        let new = match (&*entry.key, &entry.node.value) {
            ("layers", Value::List(_)) => Node {
                value: Value::List(Arc::default()),
                ..entry.node.clone()
            },
            _ => substitute(&entry.node, &scope.parameters, &mut |_, _| ()),
        };
        bare.put(Entry {
            node: new,
            ..entry.clone()
        });
    }
    bare
}

/// Walks the shapes; a layer that does not fit is a problem at its line.
pub(crate) fn fits(
    model: &Model,
    input: Shape,
    classes: u32,
    sink: &mut Sink,
) -> Option<ModelSummary> {
    match summarize(&model.spec, input, classes) {
        Ok(summary) => Some(summary),
        Err(error) => {
            let Some(place) = place(&model.places, &error) else {
                let help = "end with { dense = \"classes\" }";
                let title = "the model has no layers that do anything";
                sink.push(Problem::new(model.at, title, "").help(help));
                return None;
            };
            let (problem, remedy) = error
                .problem
                .split_once(": ")
                .unwrap_or((&error.problem, ""));
            let title = format!("layer {} ({}) {problem}", place.number, error.kind);
            let via = place.via.filter(|via| *via != place.at);
            let problem = Problem::new(place.at, title, format!("gets {}", error.input))
                .also(via, "used here");
            sink.push(if remedy.is_empty() {
                problem
            } else {
                problem.help(remedy)
            });
            None
        }
    }
}

/// The place of the layer that an error is about, or of the nearest structure around it.
fn place<'a>(places: &'a [Place], error: &ShapeError) -> Option<&'a Place> {
    let (first, rest) = error.path.split_first()?;
    let mut place = places.get(*first)?;
    for step in rest.chunks_exact(2) {
        match place
            .branches
            .get(step[0])
            .and_then(|branch| branch.get(step[1]))
        {
            Some(inner) => place = inner,
            None => break,
        }
    }
    Some(place)
}
