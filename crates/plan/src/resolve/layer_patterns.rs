//! Patterns in `[train]` that name layers, and whether they do.

use crate::language::suggest;
use crate::source::problem::{Problem, ProblemCode, ProblemSink};
use crate::source::span::Span;
use crate::source::tree::Node;
use convsweep_spec::pattern;
use convsweep_spec::shape::TensorShape;
use convsweep_spec::train::TrainSpec;

/// A pattern of the file, which must name a layer of the network.
#[derive(Clone, Debug)]
pub(super) struct LayerPattern {
    text: String,
    span: Span,
}

/// The patterns of a training as they are read, phase by phase.
#[derive(Debug, Default)]
pub(super) struct LayerPatterns {
    pub found: Vec<LayerPattern>,
    /// The layers that are frozen in the phase that is being read.
    pub frozen: Vec<String>,
    /// Whether any pattern was wrong.
    pub has_problems: bool,
}

impl LayerPatterns {
    /// The patterns of a string or a list of strings.
    pub(super) fn read(&mut self, node: &Node, sink: &mut ProblemSink) -> Vec<String> {
        let mut read = Vec::new();
        for item in node.one_or_many() {
            let Some(text) = item.text() else { continue };
            if !is_pattern(text) {
                self.has_problems = true;
                let title = format!("\"{text}\" cannot be the name of a layer");
                let problem = Problem::of(ProblemCode::WrongValue, item, title);
                let help = "layers have the names that `plan` shows: \"conv1\", \"residual*\"; \
                            also \"backbone\" and \"head\"";
                sink.report(problem.help(help));
                continue;
            }
            self.found.push(LayerPattern {
                text: text.into(),
                span: item.span,
            });
            read.push(text.to_string());
        }
        read
    }

    /// Adds the layers that a phase freezes.
    pub(super) fn freeze(&mut self, node: Option<&Node>, sink: &mut ProblemSink) {
        let Some(node) = node else { return };
        for pattern in self.read(node, sink) {
            if !self.frozen.contains(&pattern) {
                self.frozen.push(pattern);
            }
        }
    }

    /// Removes the layers that a phase trains again.
    pub(super) fn unfreeze(&mut self, node: Option<&Node>, sink: &mut ProblemSink) {
        let Some(node) = node else { return };
        for pattern in self.read(node, sink) {
            if pattern == "*" {
                self.frozen.clear();
            } else if self.frozen.last() == Some(&pattern) {
                self.frozen.pop();
            } else if !self.frozen.is_empty() {
                self.frozen.push(format!("!{pattern}"));
            }
        }
    }
}

fn is_pattern(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '*');
    !text.is_empty() && text.chars().all(allowed)
}

/// Checks that each pattern names a layer of the network, and that each phase trains one.
pub(super) fn check_patterns(
    patterns: &[LayerPattern],
    train: &TrainSpec,
    network: &[TensorShape],
    sink: &mut ProblemSink,
) {
    let trained: Vec<_> = network.iter().filter(|t| !t.statistic).collect();
    let head = pattern::head(trained.iter().map(|t| (t.name.as_str(), t.shape.len())));
    let before = sink.problems.len();
    for LayerPattern { text, span } in patterns {
        if !trained.iter().any(|t| pattern::names(text, &t.name, head)) {
            let title = format!("\"{text}\" matches no layer with weights");
            let problem = Problem::at(ProblemCode::UnknownName, *span, title);
            sink.report(problem.help(known_layers(text, &trained)));
        }
    }
    if sink.problems.len() > before {
        return;
    }
    let is_frozen = |rules: &[String]| trained.iter().all(|t| pattern::takes(rules, &t.name, head));
    let phase = train.phases.iter().position(|p| is_frozen(&p.freeze));
    if let (Some(phase), Some(last)) = (phase, patterns.last()) {
        let which = match phase {
            0 => "the training".to_string(),
            phase => format!("phase {}", phase + 1),
        };
        let title = format!("every layer is frozen, so that {which} has no effect");
        let problem = Problem::at(ProblemCode::NoEffect, last.span, title);
        sink.report(problem.help("freeze = \"backbone\" leaves the last layer trainable"));
    }
}

fn known_layers(text: &str, trained: &[&TensorShape]) -> String {
    let mut layers: Vec<&str> = trained.iter().map(|t| pattern::layer_of(&t.name)).collect();
    layers.dedup();
    match suggest::nearest(text, &layers) {
        Some(near) => format!("did you mean \"{near}\"?"),
        None => format!("the layers are {}", layers.join(", ")),
    }
}
