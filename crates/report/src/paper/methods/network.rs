//! The architecture, with what it costs.

use super::prose::range;
use super::setting::setting;
use crate::ranking::Ranking;
use crate::tables::escaped;
use convsweep_spec::model::{Join, Layer, Residual, Shortcut};
use convsweep_spec::shape::describe;

/// Longer descriptions of networks are not written out.
const LONGEST: usize = 1500;

pub(super) fn sentences(ranking: &Ranking) -> Vec<String> {
    let network = setting(
        ranking,
        "architecture",
        |c| Some(layers(&c.row.member.resolved.model.layers)),
        |layers| format!("The layers of the network were, in order: {layers}."),
    );
    let mut sentences = Vec::from_iter(network.filter(|text| text.len() <= LONGEST));
    sentences.extend(costs(ranking));
    sentences
}

fn costs(ranking: &Ranking) -> Option<String> {
    let members = || ranking.configurations.iter().map(|c| &c.row.member);
    let parameters = range(members().map(|member| member.parameters))?;
    let macs = range(members().map(|member| member.macs))?;
    Some(format!(
        "The number of trainable parameters is {parameters}; an image takes {macs} \
         multiply-accumulate operations, those of convolutions and dense layers."
    ))
}

/// The layers in order; equal neighbours are counted.
fn layers(layers: &[Layer]) -> String {
    let mut told: Vec<(String, usize)> = Vec::new();
    for text in layers.iter().map(layer) {
        match told.last_mut() {
            Some((last, times)) if *last == text => *times += 1,
            _ => told.push((text, 1)),
        }
    }
    let counted = told.into_iter().map(|(text, times)| match times {
        1 => text,
        times => format!("{times} times [{text}]"),
    });
    Vec::from_iter(counted).join("; ")
}

fn layer(layer: &Layer) -> String {
    match layer {
        Layer::Residual(residual) => self::residual(residual),
        Layer::Parallel(parallel) => {
            let branches = parallel
                .branches
                .iter()
                .map(|branch| match branch.is_empty() {
                    true => "[identity]".to_string(),
                    false => format!("[{}]", layers(branch)),
                });
            let join = match parallel.join {
                Join::Concat => "concatenated",
                Join::Add => "added",
            };
            format!(
                "parallel branches {}, {join}",
                Vec::from_iter(branches).join(" ")
            )
        }
        Layer::Dropout { .. } => format!("{}~\\cite{{srivastava2014}}", escaped(&describe(layer))),
        other => escaped(&describe(other)),
    }
}

fn residual(residual: &Residual) -> String {
    let shortcut = match &residual.shortcut {
        Shortcut::Auto => "the identity where the shapes agree, else a projection".to_string(),
        Shortcut::Identity => "the identity".into(),
        Shortcut::Projection => "a projection".into(),
        Shortcut::Pad => "the input at the stride with channels of zeros".into(),
        Shortcut::Layers(path) => format!("[{}]", layers(path)),
    };
    format!(
        "a residual block~\\cite{{he2016}} of [{}] (shortcut: {shortcut})",
        layers(&residual.layers)
    )
}
