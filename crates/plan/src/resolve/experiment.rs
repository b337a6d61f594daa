//! `[experiment]`.

use super::internal::not_resolved;
use super::kind::{ExperimentKind, kind};
use crate::language::check::Checker;
use crate::language::reader::TableReader;
use crate::language::tables;
use crate::source::problem::{Problem, ProblemCode, ProblemSink};
use crate::source::tree::Node;
use convsweep_spec::layout;
use convsweep_spec::metric::{Direction, Metric};

/// Longest name of an experiment, in bytes.
const LONGEST_NAME: usize = 100;

/// Resolved `[experiment]`. The baseline is read together with the axes.
#[derive(Clone, Debug)]
pub(crate) struct ExperimentSettings {
    pub name: String,
    pub question: Option<String>,
    pub seeds: Vec<u64>,
    pub metric: Metric,
    pub margin: Option<f64>,
    pub baseline: Option<Node>,
    /// Largest number of jobs.
    pub limit: u64,
    pub show_test: bool,
    pub kind: ExperimentKind,
}

impl ExperimentSettings {
    /// With at least `count` seeds: the smallest unused numbers are added.
    pub(crate) fn with_seeds(mut self, count: Option<usize>) -> Self {
        let missing = count.unwrap_or(0).saturating_sub(self.seeds.len());
        let unused = (0..).filter(|seed| !self.seeds.contains(seed));
        let new: Vec<u64> = unused.take(missing).collect();
        self.seeds.extend(new);
        self
    }
}

/// Resolves `[experiment]`.
pub(crate) fn experiment(node: &Node, sink: &mut ProblemSink) -> Option<ExperimentSettings> {
    let mut node = node.clone();
    let is_sealed = node.get("metric").is_some_and(|m| report_sealed(m, sink));
    if is_sealed {
        // One problem with the metric is enough.
        node.remove("metric");
    }
    let right = Checker::whole(sink).section(&node, tables::EXPERIMENT, "experiment");
    let reader = TableReader::new(&node, tables::EXPERIMENT);
    let name = reader.given("name").and_then(|n| folder_name(n, sink));
    if is_sealed || !right {
        return None;
    }
    let kind = kind(&reader.node("kind")?, sink);
    let seeds = seeds(&reader.node("seeds")?, sink);
    let show_test = reader.node("show_test")?;
    let metric = metric(&reader.node("metric")?)?;
    let margin = match reader.given("margin") {
        Some(node) => Some(margin(node, &metric, sink)?),
        None => None,
    };
    Some(ExperimentSettings {
        name: name?,
        question: reader.text("question"),
        seeds: seeds?,
        metric,
        margin,
        baseline: reader.given("baseline").cloned(),
        limit: reader.u64("limit")?,
        show_test: match show_test.text()? {
            "chosen" => false,
            "all" => true,
            other => return not_resolved(&show_test, "choice of test results", other, sink),
        },
        kind: kind?,
    })
}

/// Reports a metric of test or training images, on which nothing may be selected.
fn report_sealed(node: &Node, sink: &mut ProblemSink) -> bool {
    let name = if node.is_table() {
        node.get("name")
    } else {
        Some(node)
    };
    let Some((name, text)) = name.and_then(|n| Some((n, n.text()?))) else {
        return false;
    };
    let why = if text.starts_with("test") {
        "the test images are sealed: nothing is selected by them"
    } else if text.starts_with("train") {
        "a good fit to the training images is not what is asked for"
    } else {
        return false;
    };
    let title = format!("configurations cannot be compared by \"{text}\"");
    let problem = Problem::at(ProblemCode::WrongValue, name.span, title);
    let help = "metric = \"val_accuracy\" or \"val_loss\"";
    sink.report(problem.label(why).help(help));
    true
}

fn metric(node: &Node) -> Option<Metric> {
    let natural = Metric::natural(node.name()?);
    let direction = match node.get("direction").and_then(Node::text) {
        Some("min") => Direction::Min,
        Some("max") => Direction::Max,
        Some(_) | None => natural.direction,
    };
    Some(Metric {
        direction,
        ..natural
    })
}

/// The margin within which values of the metric count as equal. Values between 0 and 1 are never
/// further apart than 1: a larger margin is a mistake, such as percentage points.
fn margin(node: &Node, metric: &Metric, sink: &mut ProblemSink) -> Option<f64> {
    let margin = node.float()?;
    if !metric.is_fraction() || margin < 1.0 {
        return Some(margin);
    }
    let title = format!(
        "with a margin of {margin}, all values of {} are practically equal: they lie between 0 and 1",
        metric.name
    );
    let help = "give it in the metric's own unit: margin = 0.005 is half a percentage point";
    sink.report(Problem::of(ProblemCode::WrongValue, node, title).help(help));
    None
}

/// The seeds that a number or a list means.
pub(crate) fn seeds(node: &Node, sink: &mut ProblemSink) -> Option<Vec<u64>> {
    if let Some(count) = node.int() {
        return Some((0..u64::try_from(count).ok()?).collect());
    }
    let seeds = node.items().iter().map(|n| u64::try_from(n.int()?).ok());
    let seeds: Vec<u64> = seeds.collect::<Option<_>>()?;
    let mut sorted = seeds.clone();
    sorted.sort_unstable();
    let Some(twice) = sorted.windows(2).find(|pair| pair[0] == pair[1]) else {
        return Some(seeds);
    };
    let title = format!("seed {} is listed twice", twice[0]);
    let problem = Problem::of(ProblemCode::Conflict, node, title);
    sink.report(problem.help("each seed is trained once: list it once"));
    None
}

/// A name that can be the name of a folder in the results, on every file system.
fn folder_name(node: &Node, sink: &mut ProblemSink) -> Option<String> {
    let name = node.text()?;
    let Some(problem) = name_problem(name) else {
        return Some(name.to_string());
    };
    let title = format!("the experiment's name {problem}");
    let help = "the results are in a folder of this name: use letters, digits, `-`, `_` and `.`";
    sink.report(Problem::of(ProblemCode::WrongValue, node, title).help(help));
    None
}

/// What keeps a name from being that of a folder in the results.
fn name_problem(name: &str) -> Option<String> {
    let allowed = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    let problem = if name.is_empty() {
        "is empty".into()
    } else if name.len() > LONGEST_NAME {
        format!("is longer than {LONGEST_NAME} bytes")
    } else if name.starts_with(['.', '-']) {
        "begins with a dot or a dash".into()
    } else if !name.chars().all(allowed) {
        "contains characters that are not allowed in the name of a folder".into()
    } else if name.ends_with('.') {
        "ends with a dot, which some file systems drop".into()
    } else {
        let owner = layout::reserved_name(name)?;
        format!("is reserved for {owner}")
    };
    Some(problem)
}
