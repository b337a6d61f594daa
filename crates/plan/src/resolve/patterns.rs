//! Patterns that name layers in `[train]`, and whether they do.

use crate::language::check::Sink;
use crate::language::suggest;
use crate::source::problem::Problem;
use crate::source::tree::{Node, Origin};
use convsweep_spec::pattern;
use convsweep_spec::shape::TensorShape;
use convsweep_spec::train::TrainSpec;

/// A pattern of the file, which must name a layer of the network.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    pub text: String,
    pub at: Origin,
}

/// Patterns as they are read, phase by phase.
#[derive(Debug)]
pub(crate) struct Patterns {
    pub found: Vec<Pattern>,
    /// What is frozen in the phase that is read.
    pub frozen: Vec<String>,
    pub right: bool,
}

impl Default for Patterns {
    fn default() -> Self {
        Patterns {
            found: vec![],
            frozen: vec![],
            right: true,
        }
    }
}

impl Patterns {
    /// The patterns of a text or a list of texts.
    pub(crate) fn read(&mut self, node: &Node, sink: &mut Sink) -> Vec<String> {
        let nodes = if node.text().is_some() {
            std::slice::from_ref(node)
        } else {
            node.items()
        };
        let mut read = Vec::new();
        for node in nodes {
            let Some(text) = node.text() else { continue };
            let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '*');
            if text.is_empty() || !text.chars().all(allowed) {
                let help = "layers are called as `plan` shows them: \"conv1\", \"residual*\"; also \"backbone\" and \"head\"";
                self.right = sink.at(
                    node,
                    format!("\"{text}\" cannot name a layer"),
                    "",
                    help.into(),
                );
                continue;
            }
            self.found.push(Pattern {
                text: text.into(),
                at: node.at,
            });
            read.push(text.to_string());
        }
        read
    }

    /// Takes in what a phase freezes.
    pub(crate) fn freeze(&mut self, node: Option<&Node>, sink: &mut Sink) {
        let Some(node) = node else { return };
        for pattern in self.read(node, sink) {
            if !self.frozen.contains(&pattern) {
                self.frozen.push(pattern);
            }
        }
    }

    /// Takes out what a phase trains again.
    pub(crate) fn unfreeze(&mut self, node: Option<&Node>, sink: &mut Sink) {
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

/// Whether each pattern names a layer of the network, and each phase trains one.
pub(crate) fn fit(
    patterns: &[Pattern],
    train: &TrainSpec,
    network: &[TensorShape],
    sink: &mut Sink,
) {
    let trained: Vec<_> = network.iter().filter(|t| !t.statistic).collect();
    let head = pattern::head(trained.iter().map(|t| (t.name.as_str(), t.shape.len())));
    let layers = || {
        let mut layers: Vec<&str> = trained.iter().map(|t| pattern::layer_of(&t.name)).collect();
        layers.dedup();
        layers
    };
    let before = sink.problems.len();
    for Pattern { text, at } in patterns {
        if !trained.iter().any(|t| pattern::names(text, &t.name, head)) {
            let title = format!("\"{text}\" names no layer with weights");
            let known = layers();
            let help = match suggest::nearest(text, &known) {
                Some(near) => format!("did you mean \"{near}\"?"),
                None => format!("there are {}", known.join(", ")),
            };
            sink.push(Problem::new(*at, title, "").help(help));
        }
    }
    let frozen = |rules: &[String]| trained.iter().all(|t| pattern::takes(rules, &t.name, head));
    if sink.problems.len() > before {
        return;
    }
    if let (Some(i), Some(last)) = (
        train.phases.iter().position(|p| frozen(&p.freeze)),
        patterns.last(),
    ) {
        let which = if i == 0 {
            "the training".into()
        } else {
            format!("phase {}", i + 1)
        };
        let title = format!("every layer is frozen: {which} changes nothing");
        sink.push(
            Problem::new(last.at, title, "").help("freeze = \"backbone\" leaves the last layer"),
        );
    }
}
