//! `[[sweep]]`: which paths take which values, in which combinations.

use crate::document::merge::split_path;
use crate::grid::labels;
use crate::grid::sample::Sample;
use crate::grid::values::values;
use crate::language::check::{Sink, table};
use crate::language::field::Field;
use crate::language::suggest;
use crate::language::tables;
use crate::source::problem::Problem;
use crate::source::tree::{Entry, Node, Origin, Value};
use std::collections::HashMap;
use std::sync::Arc;

/// Sections that an axis can change.
pub(crate) const SECTIONS: [&str; 5] = ["data", "augment", "model", "blocks", "train"];

/// Axes of a block at most.
const MOST_AXES: usize = 200;
/// Values of all axes at most.
const MOST_IN_ALL: usize = 100_000;
/// Values that samples draw at most.
const MOST_DRAWS: u64 = 1_000_000;

/// All axes of the file and the blocks that combine their values.
#[derive(Clone, Debug, Default)]
pub(crate) struct Axes {
    pub all: Vec<Axis>,
    pub blocks: Vec<Block>,
    /// Names of the stages; none where the file has no `[[stage]]`.
    pub stages: Vec<String>,
    /// Values that samples have drawn so far.
    draws: u64,
}

/// A dotted path and every value that some block gives it.
#[derive(Clone, Debug)]
pub(crate) struct Axis {
    pub path: String,
    pub segments: Vec<Arc<str>>,
    /// Place of its key where it stands first.
    pub at: Origin,
    /// Short name for charts.
    pub name: String,
    pub values: Vec<AxisValue>,
    /// Numbers of the values by what they mean.
    known: HashMap<String, u32>,
}

/// A value of an axis.
#[derive(Clone, Debug)]
pub(crate) struct AxisValue {
    pub node: Node,
    pub label: String,
    /// Whether the file gave the label.
    pub given: bool,
}

/// One block: the product of its dimensions without what is excluded.
#[derive(Clone, Debug, Default)]
pub(crate) struct Block {
    pub dimensions: Vec<Dimension>,
    /// Each a conjunction of (axis, any of these values).
    pub exclude: Vec<Vec<(u32, Vec<u32>)>>,
    /// Number of points that are drawn, where not every combination is taken.
    pub drawn: Option<u32>,
    /// Number of the stage, from 0.
    pub stage: usize,
}

/// Axes that walk in step; one alone in a grid.
#[derive(Clone, Debug)]
pub(crate) struct Dimension {
    pub axes: Vec<u32>,
    /// For each step, a value of each of the axes.
    pub steps: Vec<Vec<u32>>,
    /// The step of each drawn point.
    pub drawn: Vec<u32>,
}

impl Axes {
    /// Reads `sweep` or `stage`; without them there is one block with one point.
    pub(crate) fn read(sweep: Option<&Node>, stages: Option<&Node>, sink: &mut Sink) -> Axes {
        let mut axes = Axes::default();
        if let (Some(sweep), Some(stages)) = (sweep, stages) {
            let help = "put the blocks into stages: [[stage.sweep]]";
            let problem = Problem::new(
                stages.at,
                "a file has either [[sweep]] or [[stage]]",
                "both are given",
            );
            sink.push(problem.also(Some(sweep.at), "here").help(help));
        }
        match (sweep, stages) {
            (None, None) => axes.blocks.push(Block::default()),
            (Some(sweep), _) => axes.blocks(sweep, "sweep", 0, sink),
            (None, Some(stages)) => axes.read_stages(stages, sink),
        }
        labels::assign(&mut axes.all);
        axes
    }

    fn blocks(&mut self, node: &Node, what: &str, stage: usize, sink: &mut Sink) {
        match &node.value {
            Value::Table(_) => self.block(node, tables::SWEEP, stage, sink),
            Value::List(items) => items
                .iter()
                .for_each(|node| self.block(node, tables::SWEEP, stage, sink)),
            _ => {
                let help = format!("begin a block with [[{what}]]");
                sink.at(node, format!("`{what}` is {}", node.type_name()), "", help);
            }
        }
    }

    fn read_stages(&mut self, node: &Node, sink: &mut Sink) {
        let single = std::slice::from_ref(node);
        for (number, stage) in if node.is_table() {
            single
        } else {
            node.items()
        }
        .iter()
        .enumerate()
        {
            let name = stage
                .get("name")
                .and_then(Node::text)
                .map_or(format!("stage {}", number + 1), String::from);
            if self.stages.contains(&name) {
                let at = stage.get("name").map_or(stage.at, |n| n.at);
                sink.push(
                    Problem::new(at, format!("two stages are named \"{name}\""), "")
                        .help("name them apart"),
                );
            }
            self.stages.push(name);
            match stage.get("sweep") {
                Some(sweep) => {
                    for (key, at) in stage.entries().iter().map(|e| (&*e.key, e.key_at)) {
                        if tables::SWEEP.iter().any(|f| f.key == key) {
                            let title = format!(
                                "a stage with blocks of its own has no `{key}` beside them"
                            );
                            sink.push(
                                Problem::new(at, title, "")
                                    .help(format!("[[stage.sweep]] and {key} in it")),
                            );
                        }
                    }
                    table(stage, tables::STAGE, &[], "stage", sink);
                    self.blocks(sweep, "stage.sweep", number, sink);
                }
                None => self.block(stage, tables::STAGE, number, sink),
            }
        }
        if self.stages.is_empty() {
            let help = "begin a stage with [[stage]] and its axes with [stage.grid]";
            sink.at(node, "`stage` holds no stages".into(), "", help.into());
        }
    }

    fn block(&mut self, node: &Node, fields: &[Field], stage: usize, sink: &mut Sink) {
        if !node.is_table() {
            sink.at(
                node,
                format!("a sweep is {}", node.type_name()),
                "",
                "begin a block with [[sweep]]".into(),
            );
            return;
        }
        let outside = |e: &&Entry| {
            e.key
                .split('.')
                .next()
                .is_some_and(|s| SECTIONS.contains(&s))
        };
        let axes: Vec<_> = node.entries().iter().filter(outside).collect();
        for entry in &axes {
            let problem = Problem::new(
                entry.key_at,
                format!("`{}` stands outside of a grid", entry.key),
                "an axis?",
            );
            sink.push(problem.help(
                "axes stand in [sweep.grid] (every combination) or in [sweep.zip] (in step)",
            ));
        }
        let known: Vec<&str> = axes.iter().map(|e| &*e.key).collect();
        let what = if self.stages.is_empty() {
            "sweep"
        } else {
            "stage"
        };
        table(node, fields, &known, what, sink);
        let mut block = Block {
            stage,
            ..Block::default()
        };
        let grid = leaves(node.get("grid"), &|_| false, sink);
        let zip = leaves(node.get("zip"), &|_| false, sink);
        if grid.len() + zip.len() > MOST_AXES || self.all.len() > MOST_AXES {
            let title = format!("more than {MOST_AXES} axes");
            sink.at(node, title, "", "ask fewer questions in one file".into());
            return;
        }
        let mut mine: Vec<Leaf> = Vec::new();
        for leaf in grid.iter().chain(&zip) {
            match mine.iter().find(|m| m.path == leaf.path) {
                Some(first) => {
                    let problem = Problem::new(
                        leaf.at,
                        format!("axis `{}` stands twice in this block", leaf.path),
                        "again",
                    );
                    sink.push(
                        problem
                            .also(Some(first.at), "first")
                            .help("give all its values in one list"),
                    );
                }
                None => mine.push(leaf.clone()),
            }
        }
        let is_mine = |path: &str| mine.iter().any(|m| m.path == path);
        let labels = leaves(node.get("labels"), &is_mine, sink);
        known_axes(&labels, &mine, sink);
        let sample = node.get("sample").map(|n| {
            let sample = Sample::read(n, !mine.is_empty(), sink);
            self.draws += u64::from(sample.count) * mine.len() as u64;
            if self.draws > MOST_DRAWS {
                let title = format!("more than {MOST_DRAWS} values are drawn");
                sink.at(
                    n,
                    title,
                    "",
                    "draw fewer points, or along fewer axes".into(),
                );
                return sample.of_one();
            }
            sample
        });
        block.drawn = sample.map(|s| s.count);
        for (leaf, number) in grid.iter().zip(0..) {
            let Some(values) = values(leaf, number, sample.as_ref(), sink) else {
                continue;
            };
            let Some((axis, steps)) = self.axis(leaf, values.nodes, &labels, sink) else {
                continue;
            };
            let steps = steps.into_iter().map(|v| vec![v]).collect();
            block.dimensions.push(Dimension {
                axes: vec![axis],
                steps,
                drawn: values.drawn,
            });
        }
        block
            .dimensions
            .extend(self.zip(&zip, sample.as_ref(), &labels, sink));
        self.exclude(node.get("exclude"), &mine, &mut block, sink);
        self.blocks.push(block);
    }

    /// The axes of a zip as one dimension.
    fn zip(
        &mut self,
        leaves: &[Leaf],
        sample: Option<&Sample>,
        labels: &[Leaf],
        sink: &mut Sink,
    ) -> Option<Dimension> {
        let mut columns = Vec::new();
        for leaf in leaves {
            let nodes = values(leaf, 0, None, sink).map(|v| v.nodes);
            columns.extend(nodes.and_then(|nodes| self.axis(leaf, nodes, labels, sink)));
        }
        let length = columns.first()?.1.len();
        for (leaf, (_, values)) in leaves.iter().zip(&columns) {
            if values.len() != length && columns.len() == leaves.len() {
                let title = format!(
                    "`{}` has {} values, but `{}` has {length}",
                    leaf.path,
                    values.len(),
                    leaves[0].path
                );
                let problem = Problem::new(leaf.at, title, format!("{} values", values.len()));
                let other = format!("{length} values");
                sink.push(
                    problem
                        .also(Some(leaves[0].at), other)
                        .help("axes that walk in step need equally many values"),
                );
            }
        }
        let length = columns.iter().map(|c| c.1.len()).min()?;
        let steps = (0..length)
            .map(|i| columns.iter().map(|c| c.1[i]).collect())
            .collect();
        // The dimension of a zip comes after those that a grid can have.
        let number = u32::try_from(MOST_AXES).unwrap_or(u32::MAX);
        let drawn = sample.map_or(vec![], |s| s.steps(number, &leaves[0].path, length));
        Some(Dimension {
            axes: columns.iter().map(|c| c.0).collect(),
            steps,
            drawn,
        })
    }

    /// Adds an axis's values; its number and the numbers of the values in their order.
    fn axis(
        &mut self,
        leaf: &Leaf,
        nodes: Vec<Node>,
        labels: &[Leaf],
        sink: &mut Sink,
    ) -> Option<(u32, Vec<u32>)> {
        let segments = match split_path(&leaf.path, leaf.at) {
            Ok(segments) => segments,
            Err(problem) => {
                sink.push(*problem);
                return None;
            }
        };
        if !SECTIONS.contains(&&*segments[0]) {
            sink.push(no_section(&leaf.path, &segments[0], leaf.at));
            return None;
        }
        if self.all.iter().map(|a| a.values.len()).sum::<usize>() + nodes.len() > MOST_IN_ALL {
            let title = format!("the axes have more than {MOST_IN_ALL} values together");
            sink.push(Problem::new(leaf.at, title, "").help("ask fewer questions in one file"));
            return None;
        }
        let given = labels
            .iter()
            .find(|l| l.path == leaf.path)
            .map(|l| given_labels(&l.node, nodes.len(), sink));
        let id = match self.all.iter().position(|a| a.path == leaf.path) {
            Some(id) => id,
            None => {
                let path = leaf.path.clone();
                self.all.push(Axis {
                    path,
                    segments,
                    at: leaf.at,
                    name: String::new(),
                    values: vec![],
                    known: HashMap::new(),
                });
                self.all.len() - 1
            }
        };
        let axis = &mut self.all[id];
        let numbers = nodes.into_iter().enumerate().map(|(i, node)| {
            let label = given.as_ref().and_then(|g| g.as_ref()?.get(i).cloned());
            axis.value(node, label)
        });
        Some((u32::try_from(id).ok()?, numbers.collect()))
    }

    fn exclude(&self, node: Option<&Node>, mine: &[Leaf], block: &mut Block, sink: &mut Sink) {
        let Some(node) = node else { return };
        let single = std::slice::from_ref(node);
        let is_mine = |path: &str| mine.iter().any(|m| m.path == path);
        for combination in if node.is_table() {
            single
        } else {
            node.items()
        } {
            let leaves = leaves(Some(combination), &is_mine, sink);
            known_axes(&leaves, mine, sink);
            let condition = leaves
                .iter()
                .filter_map(|leaf| self.condition(leaf, block, sink))
                .collect::<Vec<_>>();
            if !condition.is_empty() && condition.len() == leaves.len() {
                block.exclude.push(condition);
            }
        }
    }

    /// The values of an axis of the block that an exclusion means: one of them, or several in a
    /// list.
    fn condition(&self, leaf: &Leaf, block: &Block, sink: &mut Sink) -> Option<(u32, Vec<u32>)> {
        let id = self.all.iter().position(|a| a.path == leaf.path)?;
        let axis = u32::try_from(id).ok()?;
        let dimension = block.dimensions.iter().find(|d| d.axes.contains(&axis))?;
        let column = dimension.axes.iter().position(|a| *a == axis)?;
        let have: Vec<u32> = dimension.steps.iter().map(|s| s[column]).collect();
        let matching = |wanted: &Node| self.all[id].number(wanted).filter(|v| have.contains(v));
        let whole = matching(&leaf.node);
        if let Some(value) = whole {
            return Some((axis, vec![value]));
        }
        let wanted = match leaf.node.items() {
            [] => std::slice::from_ref(&leaf.node),
            items => items,
        };
        let mut found = Vec::new();
        for node in wanted {
            let value = matching(node);
            if value.is_none() {
                let title = format!("`{}` never has the value {}", leaf.path, labels::text(node));
                let problem = Problem::new(node.at, title, "excludes nothing");
                sink.push(
                    problem
                        .also(Some(self.all[id].at), "its values")
                        .help("write one of the axis's values"),
                );
            }
            found.extend(value);
        }
        (!found.is_empty()).then_some((axis, found))
    }
}

impl Axis {
    /// Number of the value that `wanted` means, by itself or by a label that the file gave.
    pub(crate) fn number(&self, wanted: &Node) -> Option<u32> {
        let by_label = || {
            let text = wanted.text()?;
            let at = self
                .values
                .iter()
                .position(|v| v.given && v.label == text)?;
            u32::try_from(at).ok()
        };
        self.known.get(&wanted.meaning()).copied().or_else(by_label)
    }

    /// Number of the value, which is added if it is new.
    fn value(&mut self, node: Node, label: Option<String>) -> u32 {
        let new = u32::try_from(self.values.len()).unwrap_or(u32::MAX);
        let number = *self.known.entry(node.meaning()).or_insert(new);
        if number == new {
            self.values.push(AxisValue {
                node,
                label: String::new(),
                given: false,
            });
        }
        let value = &mut self.values[number as usize];
        if let (Some(label), false) = (label, value.given) {
            (value.label, value.given) = (label, true);
        }
        number
    }
}

/// A path below `grid`, `zip`, `exclude`, `labels` or a baseline, with what stands there.
#[derive(Clone, Debug)]
pub(crate) struct Leaf {
    pub path: String,
    pub at: Origin,
    pub node: Node,
}

/// Paths may be written with quotes (`"train.epochs"`) or without; tables between are part of the
/// path, unless they are a range or `is_leaf` says that the path is an axis.
pub(crate) fn leaves(
    node: Option<&Node>,
    is_leaf: &dyn Fn(&str) -> bool,
    sink: &mut Sink,
) -> Vec<Leaf> {
    let mut found = Vec::new();
    let Some(node) = node else { return found };
    if !node.is_table() {
        let help = "\"train.optimizer.lr\" = [0.1, 0.01]";
        sink.at(
            node,
            format!("a table of axes is needed, not {}", node.type_name()),
            "",
            help.into(),
        );
        return found;
    }
    collect(node, "", is_leaf, &mut found);
    found
}

fn collect(node: &Node, prefix: &str, is_leaf: &dyn Fn(&str) -> bool, found: &mut Vec<Leaf>) {
    for Entry { key, key_at, node } in node.entries() {
        let path = if prefix.is_empty() {
            key.to_string()
        } else {
            format!("{prefix}.{key}")
        };
        let range = ["from", "to", "steps"]
            .iter()
            .any(|k| node.get(k).is_some());
        if node.is_table() && !range && !node.entries().is_empty() && !is_leaf(&path) {
            collect(node, &path, is_leaf, found);
        } else {
            found.push(Leaf {
                path,
                at: *key_at,
                node: node.clone(),
            });
        }
    }
}

fn known_axes(leaves: &[Leaf], mine: &[Leaf], sink: &mut Sink) {
    let paths: Vec<_> = mine.iter().map(|m| m.path.as_str()).collect();
    for leaf in leaves.iter().filter(|l| !paths.contains(&l.path.as_str())) {
        let help = suggest::remedy(&leaf.path, &paths);
        sink.push(
            Problem::new(
                leaf.at,
                format!("`{}` is no axis of this block", leaf.path),
                "",
            )
            .help(help),
        );
    }
}

fn no_section(path: &str, section: &str, at: Origin) -> Problem {
    let problem = Problem::new(at, format!("`{path}` cannot be an axis"), "");
    let home = suggest::home_of(section).filter(|h| SECTIONS.iter().any(|s| h.starts_with(s)));
    let beside = tables::SWEEP.iter().any(|f| f.key == section);
    problem.help(match (suggest::nearest(section, &SECTIONS), home) {
        _ if beside => {
            format!("`{section}` stands beside the grid, not in it: put it before [sweep.grid]")
        }
        (Some(near), _) => format!("did you mean `{near}`?"),
        (None, Some(home)) => format!("did you mean `{home}.{path}`?"),
        (None, None)
            if section == "experiment" || tables::EXPERIMENT.iter().any(|f| f.key == section) =>
        {
            "seeds and names are set in [experiment]".into()
        }
        (None, None) => format!(
            "an axis is a path in {}",
            SECTIONS.map(|s| format!("[{s}]")).join(", ")
        ),
    })
}

fn given_labels(node: &Node, count: usize, sink: &mut Sink) -> Option<Vec<String>> {
    let labels: Option<Vec<String>> = match &node.value {
        Value::List(items) => items.iter().map(|i| i.text().map(str::to_string)).collect(),
        _ => None,
    };
    let help = format!("a list of {count} texts, one for each value");
    match labels {
        Some(labels) if labels.len() == count => {
            let twice = (1..labels.len()).find(|i| labels[..*i].contains(&labels[*i]));
            if let Some(i) = twice {
                sink.at(
                    &node.items()[i],
                    format!("label \"{}\" stands twice", labels[i]),
                    "",
                    "labels must differ".into(),
                );
            }
            Some(labels)
        }
        Some(labels) => {
            sink.at(
                node,
                format!("{} labels for {count} values", labels.len()),
                "",
                help,
            );
            None
        }
        None => {
            sink.at(node, "labels are a list of texts".into(), "", help);
            None
        }
    }
}
