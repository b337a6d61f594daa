//! Optimizers of `[train]`.

use super::internal::not_resolved;
use super::layer_patterns::LayerPatterns;
use crate::language::reader::{TableReader, named};
use crate::language::tables;
use crate::source::problem::{Problem, ProblemCode, ProblemSink};
use crate::source::tree::Node;
use convsweep_spec::train::{Group, Moments, Optimizer, Rule};

pub(super) fn optimizer(
    node: &Node,
    patterns: &mut LayerPatterns,
    sink: &mut ProblemSink,
) -> Option<Optimizer> {
    let (name, options) = named(node, &tables::OPTIMIZERS)?;
    let rule = rule(node, name, &options, sink)?;
    if let Some(nesterov) = options.given("nesterov")
        && is_nesterov_without_momentum(&rule)
    {
        let title = "Nesterov momentum needs a momentum above 0";
        let problem = Problem::of(ProblemCode::WrongValue, nesterov, title);
        sink.report(problem.help("momentum = 0.9, or nesterov = false"));
        return None;
    }
    let groups = groups(&options.node("groups")?, patterns, sink)?;
    let weight_decay = options.f64("weight_decay")?;
    let group_decays = |group: &Group| group.weight_decay.is_some_and(|decay| decay > 0.0);
    // Without weight decay, how it would be applied must not distinguish configurations.
    let decays = weight_decay > 0.0 || groups.iter().any(group_decays);
    Some(Optimizer {
        rule,
        lr: options.f64("lr")?,
        weight_decay,
        decoupled: decays && options.bool("decoupled").unwrap_or(false),
        decay_norm_and_bias: !decays || options.bool("decay_norm_and_bias")?,
        clip_norm: options.f64("clip_norm"),
        layer_decay: options.f64("layer_decay")?,
        groups,
    })
}

fn rule(node: &Node, name: &str, options: &TableReader, sink: &mut ProblemSink) -> Option<Rule> {
    Some(match name {
        "sgd" => Rule::Sgd {
            momentum: options.f64("momentum")?,
            nesterov: options.bool("nesterov")?,
        },
        "adam" => Rule::Adam(moments(options)?),
        "adamw" => Rule::Adamw(moments(options)?),
        "rmsprop" => Rule::Rmsprop {
            decay: options.f64("decay")?,
            epsilon: options.f64("epsilon")?,
            momentum: options.f64("momentum")?,
            centered: options.bool("centered")?,
        },
        "adagrad" => Rule::Adagrad {
            epsilon: options.f64("epsilon")?,
            initial: options.f64("initial")?,
        },
        "lion" => Rule::Lion {
            beta1: options.f64("beta1")?,
            beta2: options.f64("beta2")?,
        },
        "muon" => Rule::Muon {
            momentum: options.f64("momentum")?,
            nesterov: options.bool("nesterov")?,
            iterations: options.u32("iterations")?,
            adam_lr: options.f64("adam_lr")?,
        },
        other => return not_resolved(node, tables::OPTIMIZERS.noun, other, sink),
    })
}

fn moments(options: &TableReader) -> Option<Moments> {
    Some(Moments {
        beta1: options.f64("beta1")?,
        beta2: options.f64("beta2")?,
        epsilon: options.f64("epsilon")?,
    })
}

fn is_nesterov_without_momentum(rule: &Rule) -> bool {
    matches!(
        rule,
        Rule::Sgd {
            momentum: 0.0,
            nesterov: true,
        }
    )
}

/// Groups of layers. One without changes is kept, since it takes its layers out of earlier groups.
fn groups(node: &Node, patterns: &mut LayerPatterns, sink: &mut ProblemSink) -> Option<Vec<Group>> {
    let mut groups = Vec::new();
    for item in node.items() {
        let options = TableReader::new(item, tables::GROUP);
        groups.push(Group {
            layers: patterns.read(options.given("layers")?, sink),
            lr_factor: options.f64("lr_factor")?,
            weight_decay: options.f64("weight_decay"),
        });
    }
    Some(groups)
}
