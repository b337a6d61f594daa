//! The comparison as JSON.

use super::comparison::ChoiceComparison;
use serde_json::{Value, json};

/// Everything that the text says; the places in pairs are those of the choices, from 0.
pub fn object(comparison: &ChoiceComparison) -> Value {
    let choices: Vec<Value> = (0..comparison.choices.len())
        .map(|i| choice(comparison, i))
        .collect();
    let mut pairs = Vec::new();
    for group in &comparison.groups {
        for (a, b) in group.ranked_pairs() {
            if let Some(pair) = group.pair(a, b) {
                pairs.push(json!({
                    "first": a,
                    "second": b,
                    "method": pair.method,
                    "runs": pair.runs,
                    "result": pair.result,
                    "when_trained": pair.when_trained,
                    "trains": pair.trains,
                }));
            }
        }
    }
    let agreements = comparison.agreements.iter();
    let agreements: Vec<Value> = agreements
        .map(|((a, b), agreement)| json!({"first": a, "second": b, "agreement": agreement}))
        .collect();
    let networks = comparison.networks.iter();
    let networks: Vec<Value> = networks
        .map(|((a, b), test)| {
            json!({"first": a, "second": b, "only_first": test.only_first,
                "only_second": test.only_second, "p": test.p})
        })
        .collect();
    let groups = comparison.groups.iter().map(|group| &group.choices);
    json!({
        "sentences": comparison.sentences(),
        "notes": comparison.notes,
        "metric": comparison.metric,
        "choices": choices,
        "differences": comparison.keys,
        "same_images": groups.collect::<Vec<_>>(),
        "pairs": pairs,
        "image_agreement": agreements,
        "mcnemar": networks,
    })
}

fn choice(comparison: &ChoiceComparison, i: usize) -> Value {
    let choice = &comparison.choices[i];
    json!({
        "named": choice.named,
        "name": choice.name,
        "experiment": choice.experiment,
        "label": choice.results.label,
        "configuration": choice.results.configuration,
        "job": choice.job,
        "chosen_from": choice.chosen_from,
        "data_hash": choice.results.data_hash,
        "jobs": choice.results.runs.iter().map(|run| &run.job).collect::<Vec<_>>(),
        "standing": comparison.standing(i),
    })
}
