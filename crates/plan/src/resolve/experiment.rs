//! `[experiment]`.

use super::range::rises;
use crate::language::check::{Sink, check};
use crate::language::field::Kind;
use crate::language::reader::Reader;
use crate::language::tables;
use crate::source::problem::Problem;
use crate::source::tree::Node;
use convsweep_spec::metric::{Direction, Metric};

/// `[experiment]`, resolved; the baseline waits for the axes.
#[derive(Clone, Debug)]
pub(crate) struct Experiment {
    pub name: String,
    pub question: Option<String>,
    pub seeds: Vec<u64>,
    pub metric: Metric,
    pub baseline: Option<Node>,
    pub limit: u64,
    pub show_test: bool,
}

impl Experiment {
    /// With at least so many seeds: the smallest numbers that are not there yet are added.
    pub fn with_seeds(mut self, count: Option<usize>) -> Self {
        let lacking = count.unwrap_or(0).saturating_sub(self.seeds.len());
        let more: Vec<u64> = (0..)
            .filter(|seed| !self.seeds.contains(seed))
            .take(lacking)
            .collect();
        self.seeds.extend(more);
        self
    }
}

/// Resolves `[experiment]`.
pub(crate) fn experiment(node: &Node, sink: &mut Sink) -> Option<Experiment> {
    let mut node = node.clone();
    let unsealed = node
        .get("metric")
        .is_some_and(|metric| !sealed(metric, sink));
    if unsealed {
        node.remove("metric");
    }
    let right = check(
        &node,
        &Kind::Table(tables::EXPERIMENT),
        "experiment",
        "",
        sink,
    ) && rises(&node, sink);
    let reader = Reader::new(&node, tables::EXPERIMENT);
    let name = reader.given("name").and_then(|n| safe_name(n, sink));
    if unsealed || !right {
        return None;
    }
    let seeds = seeds(&reader.node("seeds")?, sink);
    let show_test = reader.text("show_test")? == "all";
    Some(Experiment {
        name: name?,
        question: reader.text("question"),
        seeds: seeds?,
        metric: metric(&reader.node("metric")?)?,
        baseline: reader.given("baseline").cloned(),
        limit: reader.u64("limit")?,
        show_test,
    })
}

/// The metric must not select on test or training images.
fn sealed(node: &Node, sink: &mut Sink) -> bool {
    let name = if node.is_table() {
        node.get("name")
    } else {
        Some(node)
    };
    let Some((name, text)) = name.and_then(|n| Some((n, n.text()?))) else {
        return true;
    };
    let why = match text {
        _ if text.starts_with("test") => "the test images are sealed: nothing is selected on them",
        _ if text.starts_with("train") => "what fits the training images best is not what is asked",
        _ => return true,
    };
    let help = "metric = \"val_accuracy\" or \"val_loss\"";
    sink.push(
        Problem::new(
            name.at,
            format!("configurations cannot be compared by \"{text}\""),
            why,
        )
        .help(help),
    );
    false
}

fn metric(node: &Node) -> Option<Metric> {
    let name = node
        .text()
        .or_else(|| node.get("name").and_then(Node::text))?
        .to_string();
    let natural = Metric::natural(&name);
    let direction = match node.get("direction").and_then(Node::text) {
        Some("min") => Direction::Min,
        Some(_) => Direction::Max,
        None => natural.direction,
    };
    Some(Metric {
        direction,
        ..natural
    })
}

/// The seeds that a number or a list means.
pub(crate) fn seeds(node: &Node, sink: &mut Sink) -> Option<Vec<u64>> {
    if let Some(count) = node.int() {
        return Some((0..u64::try_from(count).ok()?).collect());
    }
    let seeds: Vec<u64> = node
        .items()
        .iter()
        .filter_map(|n| u64::try_from(n.int()?).ok())
        .collect();
    let mut sorted = seeds.clone();
    sorted.sort_unstable();
    if let Some(twice) = sorted.windows(2).find(|w| w[0] == w[1]) {
        sink.at(
            node,
            format!("seed {} stands twice", twice[0]),
            "",
            "each seed is one run: name it once".into(),
        );
        return None;
    }
    Some(seeds)
}

/// A name that is a folder below the results and nothing else.
fn safe_name(node: &Node, sink: &mut Sink) -> Option<String> {
    let name = node.text()?;
    let allowed = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    let problem = if name.is_empty() {
        "is empty"
    } else if name.len() > 100 {
        "is longer than 100 bytes"
    } else if name.eq_ignore_ascii_case("jobs") {
        "is taken: the jobs of all experiments lie there"
    } else if name.starts_with(['.', '-']) {
        "begins with a dot or a dash"
    } else if !name.chars().all(allowed) {
        "has characters that do not belong into a folder's name"
    } else {
        return Some(name.to_string());
    };
    let help = "the results lie in a folder of this name: use letters, digits, `-`, `_` and `.`";
    sink.at(
        node,
        format!("the experiment's name {problem}"),
        "",
        help.into(),
    );
    None
}
