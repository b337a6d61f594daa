//! Every choice that the language offers resolves to what its name says. A choice that the code
//! forgot would be an internal problem, and one that it mixed up would have another name.

use super::samples::{BASE, MODEL, keyed, named, plan_text, with_layer};
use crate::language::field::{Field, FieldDefault, ValueKind, Variant};
use crate::language::tables::{AUGMENT, DATA, EVALUATE};
use crate::language::tables::{
    KINDS, LAYERS, LOSSES, NORMS, OPTIMIZERS, SCHEDULES, SOURCES, STEPS, STOP_RULE, TRAIN,
};
use serde_json::Value;

/// The resolved configuration of a text with overrides.
#[track_caller]
fn resolved(text: &str, set: &[String]) -> Value {
    let plan = plan_text(text, set).unwrap_or_else(|p| panic!("{p}\n{text}\n{set:?}"));
    serde_json::to_value(&plan.configurations[0].member.resolved).expect("JSON")
}

/// Whether a text is a key or a value anywhere in the JSON.
fn mentions(json: &Value, text: &str) -> bool {
    match json {
        Value::String(value) => value == text,
        Value::Array(items) => items.iter().any(|item| mentions(item, text)),
        Value::Object(map) => map.iter().any(|(k, v)| k == text || mentions(v, text)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// The strings that a field may have.
fn choices(field: &Field) -> Vec<&'static str> {
    match &field.kind {
        ValueKind::OneOf(texts) => texts.to_vec(),
        ValueKind::Either(kinds) => kinds
            .iter()
            .flat_map(|kind| match kind {
                ValueKind::OneOf(texts) => texts.to_vec(),
                _ => vec![],
            })
            .collect(),
        _ => vec![],
    }
}

fn is_default(field: &Field, choice: &str) -> bool {
    matches!(field.default, FieldDefault::Value(text) if text == format!("\"{choice}\""))
}

/// Asserts that each choice of a field is mentioned where it was made, unless it is the default or
/// turns something off.
#[track_caller]
fn check_choices(field: &Field, resolve: &dyn Fn(&str) -> Value) {
    for choice in choices(field) {
        let json = resolve(choice);
        let expected = match (field.key, choice) {
            // Resolved to the number of classes.
            ("conv" | "dense", "classes") => continue,
            // Kept weights are those of the last epoch unless a metric says otherwise.
            ("checkpoint", "last") => {
                assert!(!mentions(&json, "best"), "{json}");
                continue;
            }
            ("tta", "flip") => "tta_flip",
            (_, choice) => choice,
        };
        if choice != "none" && !is_default(field, choice) {
            let key = field.key;
            assert!(mentions(&json, expected), "{key} = {choice}: {json}");
        }
    }
}

/// The options of a variant whose values are chosen by name.
fn options(variant: &Variant) -> impl Iterator<Item = &'static Field> {
    let key = variant.key;
    variant.fields.iter().filter(move |f| f.key != key)
}

#[test]
fn every_optimizer_and_schedule_and_their_options() {
    let text = format!("{BASE}{MODEL}");
    for (key, variants) in [("optimizer", &OPTIMIZERS), ("schedule", &SCHEDULES)] {
        for variant in variants.list {
            let phase = |options: &[(&str, &str)]| {
                let set = format!("train.{key}={}", named(variant, options));
                let json = resolved(&text, &[set]);
                json["train"]["phases"][0][key].clone()
            };
            assert_eq!(phase(&[])["name"], variant.key);
            for field in options(variant) {
                check_choices(field, &|choice| {
                    phase(&[(field.key, &format!("\"{choice}\""))])
                });
            }
        }
    }
}

#[test]
fn every_augmentation_step_and_its_options() {
    let text = format!("{BASE}{MODEL}");
    for variant in STEPS.list {
        let step = |options: &[(&str, &str)]| {
            let set = format!("augment.steps=[{}]", keyed(variant, options));
            resolved(&text, &[set])["augment"]["steps"][0].clone()
        };
        assert_eq!(step(&[])["step"], variant.key);
        for field in variant.fields {
            check_choices(field, &|choice| {
                step(&[(field.key, &format!("\"{choice}\""))])
            });
        }
    }
}

#[test]
fn every_layer_and_its_options() {
    for variant in LAYERS.list {
        let index = if variant.key == "dense" { 1 } else { 0 };
        let layer = |options: &[(&str, &str)]| {
            let text = with_layer(variant.key, &keyed(variant, options));
            resolved(&text, &[])["model"]["layers"][index].clone()
        };
        let expected = match variant.key {
            // These are written out.
            "dense-block" => "parallel",
            "repeat" | "block" => "conv",
            // The first normalisation and activation are "none", which is not a layer.
            "norm" | "activation" => "flatten",
            key => key,
        };
        assert_eq!(layer(&[])["layer"], expected);
        for field in variant.fields {
            check_choices(field, &|choice| {
                // Adaptive pools need a size, and a squeeze-excite layer needs functions.
                let size = ("size", "1");
                let adaptive = choice.starts_with("adaptive");
                if (variant.key, choice) == ("squeeze-excite", "none") {
                    return Value::Null;
                }
                let value = format!("\"{choice}\"");
                let mut options = vec![(field.key, value.as_str())];
                options.extend(adaptive.then_some(size));
                layer(&options)
            });
        }
    }
}

#[test]
fn every_normalisation() {
    for variant in NORMS.list {
        let options = [("conv", "32"), ("norm", &*named(variant, &[]))];
        let conv = LAYERS.find("conv").expect("a layer");
        let text = with_layer("conv", &keyed(conv, &options));
        let norm = &resolved(&text, &[])["model"]["layers"][0]["norm"];
        match variant.key {
            "none" => assert!(norm.is_null()),
            key => assert_eq!(norm["norm"], key),
        }
    }
}

#[test]
fn every_source() {
    for variant in SOURCES.list {
        let mut set = vec![format!("data.source={}", named(variant, &[]))];
        if ["folder", "csv"].contains(&variant.key) {
            set.push("data.path=images".into());
        }
        let json = resolved(&format!("{BASE}{MODEL}"), &set);
        assert_eq!(json["data"]["source"]["name"], variant.key);
    }
}

#[test]
fn every_loss_and_kind_of_experiment() {
    let text = format!("{BASE}{MODEL}");
    for variant in LOSSES.list {
        for field in variant.fields {
            check_choices(field, &|choice| {
                let value = format!("\"{choice}\"");
                let loss = named(variant, &[(field.key, &value)]);
                resolved(&text, &[format!("train.loss={loss}")])
            });
        }
    }
    for variant in KINDS.list {
        let set = format!("experiment.kind={}", named(variant, &[]));
        let json = resolved(&text, &[set]);
        let is_range_test = json["train"]["phases"][0]["schedule"]["name"] == "range-test";
        assert_eq!(is_range_test, variant.key == "lr-range-test");
    }
}

#[test]
fn every_choice_of_a_section() {
    let text = format!("{BASE}{MODEL}");
    let check = |prefix: &str, fields: &'static [Field]| {
        for field in fields {
            check_choices(field, &|choice| {
                let mut set = vec![format!("{prefix}.{}=\"{choice}\"", field.key)];
                if field.key == "resize" {
                    set.push("data.size=[32, 32]".into());
                }
                resolved(&text, &set)
            });
        }
    };
    check("data", DATA);
    check("augment", AUGMENT);
    check("train", TRAIN);
    check("train.evaluate", EVALUATE);
}

#[test]
fn every_stopping_rule() {
    let field = STOP_RULE.iter().find(|f| f.key == "rule").expect("a rule");
    for rule in choices(field) {
        let settings = crate::rule_of(rule).unwrap_or_else(|| panic!("{rule}"));
        let stop = settings.stop.expect("a rule");
        let name = format!("{stop:?}").to_lowercase();
        assert!(name.starts_with(&rule.replace('-', "")), "{rule}: {name}");
    }
}
