//! Small files with a value for any key of the language.

use crate::language::field::{ValueKind, Variant};
use crate::source::problem::ProblemCode;
use crate::{Overrides, Plan, PlanRequest, Problems, plan_request};
use convsweep_spec::data::{DataFacts, DataSpec};
use std::io;
use std::path::Path;

/// A file that is right. Axes and layers are added by tests.
pub(super) const BASE: &str = r#"
[experiment]
name = "base"
limit = 1_000_000
[data]
source = "cifar10"
[train]
epochs = 3
"#;

/// Layers that fit the images of the tests.
pub(super) const MODEL: &str = r#"
[model]
layers = [{ flatten = true }, { dense = "classes" }]
"#;

fn facts(_: &DataSpec, _: Option<&Path>) -> Result<DataFacts, String> {
    Ok(DataFacts {
        hash: "hash".into(),
        classes: (0..10).map(|class| class.to_string()).collect(),
        train_images: 50_000,
        test_images: 10_000,
        channels: 3,
        height: 32,
        width: 32,
        validation_images: 0,
        loses_colour: false,
        reading: None,
    })
}

/// Plans a text with these overrides.
pub(super) fn plan_text(text: &str, set: &[String]) -> Result<Plan, Problems> {
    let read = |_: &Path, _: u64| -> io::Result<Vec<u8>> { Ok(text.as_bytes().to_vec()) };
    let overrides = Overrides {
        set: set.to_vec(),
        seeds: None,
    };
    plan_request(&PlanRequest {
        file: Path::new("/experiment.toml"),
        read: &read,
        overrides: &overrides,
        decisions: &[],
        lookup: &facts,
    })
}

/// The kinds of problems that a text has.
pub(super) fn codes(text: &str, set: &[String]) -> Vec<ProblemCode> {
    match plan_text(text, set) {
        Ok(_) => vec![],
        Err(problems) => problems.codes(),
    }
}

/// Some value of this kind, as TOML.
pub(super) fn sample(kind: &ValueKind) -> String {
    match kind {
        ValueKind::Any => "{}".into(),
        ValueKind::Bool | ValueKind::True => "true".into(),
        ValueKind::Int { min, max } => 4.clamp(*min, *max).to_string(),
        ValueKind::IntOneOf(numbers) => numbers[0].to_string(),
        ValueKind::Float(bounds) if bounds.contains(0.5) => "0.5".into(),
        ValueKind::Float(bounds) => format!("{:?}", bounds.min),
        ValueKind::Text => "\"text\"".into(),
        ValueKind::OneOf(texts) => format!("\"{}\"", texts[0]),
        ValueKind::Pair { min, .. } => min.max(&1).to_string(),
        ValueKind::List {
            of: ValueKind::Keyed(_),
            ..
        } => "[{ conv = 3, kernel = 1 }]".into(),
        ValueKind::List { of, min, .. } => {
            let items = vec![sample(of); (*min).max(1)];
            format!("[{}]", items.join(", "))
        }
        ValueKind::Table(fields) => table(fields.iter().filter(|f| f.is_required()).map(pair)),
        ValueKind::Named(variants) => format!("\"{}\"", variants.list[0].key),
        ValueKind::Keyed(variants) => keyed(&variants.list[0], &[]),
        ValueKind::Either(kinds) => sample(&kinds[0]),
        ValueKind::Part(kind) => sample(kind),
    }
}

/// A table that is named by one of its keys, with these options.
pub(super) fn keyed(variant: &Variant, options: &[(&str, &str)]) -> String {
    with_options(variant, options, vec![])
}

/// A table with a name, with these options.
pub(super) fn named(variant: &Variant, options: &[(&str, &str)]) -> String {
    let name = ("name".to_string(), format!("\"{}\"", variant.key));
    with_options(variant, options, vec![name])
}

fn with_options(
    variant: &Variant,
    options: &[(&str, &str)],
    mut pairs: Vec<(String, String)>,
) -> String {
    for field in variant.fields {
        let given = options.iter().find(|(key, _)| *key == field.key);
        if let Some((key, value)) = given {
            pairs.push((key.to_string(), value.to_string()));
        } else if field.is_required() {
            pairs.push(pair(field));
        }
    }
    table(pairs.into_iter())
}

fn pair(field: &crate::language::field::Field) -> (String, String) {
    let value = match field.key {
        "block" => "\"b\"".into(),
        _ => sample(&field.kind),
    };
    (field.key.to_string(), value)
}

fn table(pairs: impl Iterator<Item = (String, String)>) -> String {
    let pairs: Vec<_> = pairs
        .map(|(key, value)| format!("{key} = {value}"))
        .collect();
    format!("{{ {} }}", pairs.join(", "))
}

/// A file with this layer, written so that its input has the right shape.
pub(super) fn with_layer(key: &str, layer: &str) -> String {
    let layers = match key {
        "flatten" => format!("{layer}, {{ dense = \"classes\" }}"),
        "dense" => format!("{{ flatten = true }}, {layer}, {{ dense = \"classes\" }}"),
        _ => format!("{layer}, {{ flatten = true }}, {{ dense = \"classes\" }}"),
    };
    let block = "[blocks.b]\nlayers = [{ conv = 4, kernel = 1 }]\n";
    format!("{BASE}\n[model]\nlayers = [{layers}]\n{block}")
}
