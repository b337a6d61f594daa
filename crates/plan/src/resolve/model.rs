//! `[model]`: parameters filled in, layers resolved, shapes checked.

use crate::check::{Sink, check, naming};
use crate::merge::substitute;
use crate::problem::Problem;
use crate::read::{Reader, named, pair};
use crate::schema::{Kind, tables};
use crate::suggest;
use crate::tree::{Node, Origin};
use convsweep_spec::model::{Activation, Conv, Dense, Init, Layer, ModelSpec, Norm, Padding, Pool, PoolKind};
use convsweep_spec::shape::{ModelSummary, Shape, summarize};

/// Resolved `[model]` with the place of each layer.
#[derive(Clone, Debug)]
pub(crate) struct Model {
    pub spec: ModelSpec,
    /// For each layer of `spec`, its number in the file (from 1) and its place there.
    pub places: Vec<(usize, Origin)>,
}

/// Resolves `[model]` for data with `classes` classes.
pub(crate) fn model(node: &Node, classes: u32, sink: &mut Sink) -> Option<Model> {
    let node = filled_in(node, sink)?;
    if !check(&node, &Kind::Table(tables::MODEL), "model", "", sink) {
        return None;
    }
    let reader = Reader::new(&node, tables::MODEL);
    let init: Init = reader.choice("init")?;
    let mut spec = ModelSpec { layers: vec![] };
    let mut places = vec![];
    let mut ok = true;
    for (i, item) in reader.given("layers")?.items().iter().enumerate() {
        match layer(item, classes, init, sink) {
            Some(Some(layer)) => {
                spec.layers.push(layer);
                places.push((i + 1, item.at));
            }
            Some(None) => {}
            None => ok = false,
        }
    }
    ok.then_some(Model { spec, places })
}

/// The model with its parameters put where their names stand.
fn filled_in(node: &Node, sink: &mut Sink) -> Option<Node> {
    let empty = Node::table(node.at);
    let parameters = node.get("parameters").unwrap_or(&empty);
    if !parameters.is_table() {
        let title = format!("`model.parameters` is {} where a table is needed", parameters.type_name());
        return sink.at(parameters, title, "", "parameters = { width = 32 }".into()).then(|| node.clone());
    }
    let mut unknown = Vec::new();
    let mut filled = node.clone();
    for entry in node.entries().iter().filter(|e| &*e.key != "parameters") {
        let new = substitute(&entry.node, parameters, &mut |name, at| {
            if parameters.get(name).is_none() {
                unknown.push((name.to_string(), at.clone()));
            }
        });
        filled.put(crate::tree::Entry { node: new, ..entry.clone() });
    }
    if sink.partial || unknown.is_empty() {
        return Some(filled);
    }
    let known: Vec<_> = parameters.entries().iter().map(|e| &*e.key).collect();
    for (name, at) in unknown {
        let help = match suggest::nearest(&name, &known) {
            Some(near) => format!("did you mean \"${near}\"?"),
            None => format!("define it: parameters = {{ {name} = … }}"),
        };
        sink.at(&at, format!("nothing defines \"${name}\""), "not a parameter of the model", help);
    }
    None
}

/// `Some(None)` for a layer that does nothing.
fn layer(node: &Node, classes: u32, init: Init, sink: &mut Sink) -> Option<Option<Layer>> {
    let variant = *naming(node, &tables::LAYERS).first()?;
    let reader = Reader::new(node, variant.fields);
    Some(match variant.key {
        "conv" => Some(Layer::Conv(conv(&reader, init)?)),
        "pool" => Some(Layer::Pool(pool(&reader, sink)?)),
        "norm" => norm(&reader)?.map(|norm| Layer::Norm { norm }),
        "activation" => activation(&reader)?.map(|activation| Layer::Activation { activation }),
        "dropout" => Some(Layer::Dropout { rate: reader.f64("dropout")? }),
        "flatten" => Some(Layer::Flatten),
        _ => {
            let units = if reader.given("dense")?.text().is_some() { classes } else { reader.u32("dense")? };
            Some(Layer::Dense(Dense {
                units,
                bias: reader.bool("bias")?,
                activation: activation(&reader)?,
                init: reader.choice("init").unwrap_or(init),
            }))
        }
    })
}

fn conv(reader: &Reader, init: Init) -> Option<Conv> {
    Some(Conv {
        filters: reader.u32("conv")?,
        kernel: reader.pair("kernel")?,
        stride: reader.pair("stride")?,
        padding: padding(reader)?,
        dilation: reader.pair("dilation")?,
        groups: reader.u32("groups")?,
        bias: reader.bool("bias")?,
        norm: norm(reader)?,
        activation: activation(reader)?,
        init: reader.choice("init").unwrap_or(init),
    })
}

fn pool(reader: &Reader, sink: &mut Sink) -> Option<Pool> {
    let kind: PoolKind = reader.choice("pool")?;
    if kind.is_global() {
        let extra: Vec<_> =
            ["size", "stride", "padding"].iter().filter_map(|k| reader.given(k).map(|n| (k, n))).collect();
        for (key, node) in &extra {
            let title = format!("a global pool covers the whole plane and has no `{key}`");
            sink.at(node, title, "has no effect", format!("remove `{key}`, or take \"max\" or \"average\""));
        }
        let pool = Pool { kind, size: [0, 0], stride: [0, 0], padding: Padding::Valid };
        return extra.is_empty().then_some(pool);
    }
    let size = reader.pair("size")?;
    let padding = padding(reader)?;
    if let (Padding::Pixels(pixels), Some(node)) = (padding, reader.given("padding"))
        && (0..2).any(|d| pixels[d] > size[d] / 2)
    {
        let title = format!("a pool of size {}×{} can be padded by half of that at most", size[0], size[1]);
        sink.at(node, title, "too much", "windows would lie outside the image".into());
        return None;
    }
    Some(Pool { kind, size, stride: reader.pair("stride").unwrap_or(size), padding })
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
    let (name, options) = named(&node, &tables::NORMS)?;
    Some(match name {
        "batch" => Some(Norm::Batch { momentum: options.f64("momentum")?, epsilon: options.f64("epsilon")? }),
        _ => None,
    })
}

fn activation(reader: &Reader) -> Option<Option<Activation>> {
    match reader.text("activation")?.as_str() {
        "none" => Some(None),
        _ => reader.choice("activation").map(Some),
    }
}

/// Walks the shapes; a layer that does not fit is a problem at its line.
pub(crate) fn fits(model: &Model, input: Shape, classes: u32, sink: &mut Sink) -> Option<ModelSummary> {
    match summarize(&model.spec, input, classes) {
        Ok(summary) => Some(summary),
        Err(error) => {
            let Some((number, at)) = model.places.get(error.position).or(model.places.last()) else {
                let help = "end with { dense = \"classes\" }";
                sink.push(Problem::nowhere("the model has no layers that do anything", "").help(help));
                return None;
            };
            let (problem, remedy) = error.problem.split_once(": ").unwrap_or((&error.problem, ""));
            let title = format!("layer {number} ({}) {problem}", error.kind);
            let problem = Problem::new(*at, title, format!("gets {}", error.input));
            sink.push(if remedy.is_empty() { problem } else { problem.help(remedy) });
            None
        }
    }
}
