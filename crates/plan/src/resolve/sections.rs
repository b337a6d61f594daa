//! The sections as they stand in the file, before any axis: everything that is wrong whatever an
//! axis says.

use crate::document::merge::{Alternatives, substitute};
use crate::grid::axes::Axes;
use crate::language::check::{MOST_UNKNOWN, Sink, check, misspelt, unknown_key};
use crate::language::field::{Default, Kind};
use crate::language::presets;
use crate::language::suggest;
use crate::language::tables::{self, layers};
use crate::resolve::train::with_optimizers;
use crate::source::problem::Problem;
use crate::source::tree::Node;
use std::collections::BTreeSet;

/// The file's named alternatives.
pub(crate) fn alternatives(root: &Node) -> Alternatives {
    let section = |key: &str| root.get(key).cloned();
    Alternatives {
        models: section("models"),
        augments: section("augments"),
        optimizers: section("optimizers"),
    }
}

/// Checks the file as written. Nothing is missing yet: an axis may bring it.
pub(crate) fn check_written(root: &Node, others: &Alternatives, sink: &mut Sink) {
    let partial = &mut Sink::new(true);
    for entry in root.entries() {
        let Some(field) = tables::FILE.iter().find(|f| f.key == &*entry.key) else {
            continue;
        };
        match field.key {
            "experiment" | "run" | "search" => continue,
            "train" => {
                check(
                    &with_optimizers(&entry.node, others),
                    &field.kind,
                    field.key,
                    field.doc,
                    partial,
                );
            }
            _ => {
                check(&entry.node, &field.kind, field.key, field.doc, partial);
            }
        }
    }
    let blocks = root.get("blocks").cloned();
    let kinds = [
        ("blocks", Kind::Table(layers::BLOCK), "blocks", &blocks),
        (
            "models",
            Kind::Table(layers::MODEL),
            "model",
            &others.models,
        ),
        (
            "augments",
            Kind::Table(tables::AUGMENT),
            "augment",
            &others.augments,
        ),
        (
            "optimizers",
            Kind::Named(&tables::OPTIMIZERS),
            "optimizer",
            &others.optimizers,
        ),
    ];
    for (what, kind, path, section) in kinds {
        let Some(section) = section else { continue };
        if !section.is_table() {
            partial.at(
                section,
                format!("`{what}` is {}", section.type_name()),
                "",
                format!("[{what}.NAME]"),
            );
        }
        for entry in section.entries() {
            if !entry.node.is_table() {
                let title = format!("[{what}.{}] is {}", entry.key, entry.node.type_name());
                partial.at(
                    &entry.node,
                    title,
                    "",
                    format!("begin it with [{what}.{}]", entry.key),
                );
                continue;
            }
            let inside = format!("blocks.{}", entry.key);
            check(
                &entry.node,
                &kind,
                if what == "blocks" { &inside } else { path },
                "",
                partial,
            );
            if &*entry.key == "base" && ["models", "augments"].contains(&what) {
                let help = format!("\"base\" is the [{path}] of the file: choose another name");
                partial.push(
                    Problem::new(entry.key_at, format!("[{what}.base] cannot be defined"), "")
                        .help(help),
                );
            }
        }
    }
    sink.problems.append(&mut partial.problems);
    let unknown = root
        .entries()
        .iter()
        .filter(|e| tables::FILE.iter().all(|f| f.key != &*e.key));
    for entry in unknown.take(MOST_UNKNOWN) {
        unknown_key(entry, tables::FILE, &[], "", sink);
    }
}

/// Sections that must stand in the file, or come whole from an axis.
pub(crate) fn check_missing(root: &Node, axes: &Axes, sink: &mut Sink) {
    for field in tables::FILE
        .iter()
        .filter(|f| matches!(f.default, Default::Required))
    {
        let by_axis = axes.all.iter().any(|a| a.path == field.key);
        if root.get(field.key).is_none() && !by_axis && !misspelt(root, field, tables::FILE) {
            let title = format!("section [{}] is missing", field.key);
            sink.push(Problem::nowhere(title, "").help(format!("[{}]: {}", field.key, field.doc)));
        }
    }
}

/// Names of parameters that some layer uses, in any of the models, in a value of an axis, or in a
/// preset.
fn used_parameters(root: &Node, others: &Alternatives, axes: &Axes) -> BTreeSet<String> {
    let mut used = BTreeSet::new();
    let mut look = |node: &Node| {
        substitute(node, &Node::table(node.at), &mut |name, _| {
            used.insert(name.to_string());
        });
    };
    root.get("model").into_iter().for_each(&mut look);
    others.models.iter().for_each(&mut look);
    axes.all
        .iter()
        .flat_map(|a| &a.values)
        .for_each(|v| look(&v.node));
    for block in root
        .get("blocks")
        .into_iter()
        .flat_map(Node::entries)
        .map(|e| &e.node)
    {
        // A block's own parameters hide the model's.
        let own = block
            .get("parameters")
            .cloned()
            .unwrap_or_else(|| Node::table(block.at));
        substitute(block, &own, &mut |name, _| {
            if own.get(name).is_none() {
                used.insert(name.to_string());
            }
        });
    }
    let models = others
        .models
        .iter()
        .flat_map(|m| m.entries())
        .map(|e| &e.node)
        .chain(root.get("model"));
    let values = axes
        .all
        .iter()
        .flat_map(|a| a.values.iter().map(move |v| (a, &v.node)));
    let of_axes = values.filter_map(|(axis, node)| match axis.path.as_str() {
        "model.preset" => Some(node),
        _ => node.get("preset"),
    });
    for name in models
        .filter_map(|m| m.get("preset"))
        .chain(of_axes)
        .filter_map(Node::text)
    {
        let shipped = presets::parsed(name);
        let parameters = shipped
            .as_ref()
            .and_then(|root| root.get("model")?.get("parameters"));
        used.extend(
            parameters
                .iter()
                .flat_map(|p| p.entries())
                .map(|e| e.key.to_string()),
        );
    }
    used
}

/// Parameters that no layer uses: an error for an axis, a note for the rest.
pub(crate) fn check_parameters(
    root: &Node,
    others: &Alternatives,
    axes: &Axes,
    sink: &mut Sink,
) -> Vec<String> {
    let used = used_parameters(root, others, axes);
    let names: Vec<_> = used.iter().map(String::as_str).collect();
    for axis in &axes.all {
        if let [model, parameters, name] = &axis.segments[..]
            && (&**model, &**parameters) == ("model", "parameters")
            && !used.contains(&**name)
        {
            let problem = Problem::new(
                axis.at,
                format!("no layer uses \"${name}\""),
                "changes nothing",
            );
            sink.push(problem.help(match suggest::nearest(name, &names) {
                Some(near) => format!("did you mean `model.parameters.{near}`?"),
                None => format!("write \"${name}\" where a layer's value should change"),
            }));
        }
    }
    let models = others
        .models
        .iter()
        .flat_map(|m| m.entries())
        .map(|e| &e.node);
    let tables = root
        .get("model")
        .into_iter()
        .chain(models)
        .filter_map(|m| m.get("parameters"));
    let declared: BTreeSet<_> = tables
        .flat_map(|t| t.entries())
        .map(|e| e.key.to_string())
        .collect();
    declared
        .difference(&used)
        .map(|name| format!("parameter `{name}` is defined but no layer uses it"))
        .collect()
}

/// Alternatives that no axis chooses.
pub(crate) fn unused_alternatives(others: &Alternatives, axes: &Axes) -> Vec<String> {
    let mut notes = Vec::new();
    for (what, path, section) in [
        ("models", "model", &others.models),
        ("augments", "augment", &others.augments),
    ] {
        let chosen = |name: &str| {
            let values = axes
                .all
                .iter()
                .filter(|a| a.path == path)
                .flat_map(|a| &a.values);
            values.into_iter().any(|v| v.node.text() == Some(name))
        };
        let unused = section
            .iter()
            .flat_map(|s| s.entries())
            .filter(|e| !chosen(&e.key));
        notes.extend(unused.map(|e| format!("[{what}.{}] is chosen by no axis", e.key)));
    }
    notes
}
