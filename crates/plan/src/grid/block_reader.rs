//! Reads one block of axes after another.

use super::axis::GridAxis;
use super::block::{Condition, Dimension, SweepBlock};
use super::path_values::{PathValue, path_values};
use super::sample::Sampling;
use super::value_text::value_text;
use super::values::{AxisValues, listed_values, values};
use crate::document::path::split_path;
use crate::language::check::Checker;
use crate::language::field::Field;
use crate::language::suggest;
use crate::language::tables::{self, AXIS_SECTIONS};
use crate::language::value_path::ValuePath;
use crate::source::problem::{Problem, ProblemCode, ProblemSink};
use crate::source::span::Span;
use crate::source::tree::Node;
use convsweep_spec::words::{counted, printable};

/// Axes of a block at most.
const MAX_AXES: usize = 200;
/// Values of all axes together at most.
const MAX_VALUES_TOGETHER: usize = 100_000;
/// Values that all samples draw together at most.
const MAX_DRAWN: u64 = 1_000_000;

pub(super) struct BlockReader<'a> {
    /// The file, which says what axes are used for.
    root: &'a Node,
    pub sink: &'a mut ProblemSink,
    pub axes: Vec<GridAxis>,
    pub blocks: Vec<SweepBlock>,
    /// Number of the stage that is read.
    pub stage: Option<usize>,
    /// Values that samples have drawn so far.
    drawn: u64,
}

impl<'a> BlockReader<'a> {
    pub(super) fn new(root: &'a Node, sink: &'a mut ProblemSink) -> BlockReader<'a> {
        BlockReader {
            root,
            sink,
            axes: vec![],
            blocks: vec![],
            stage: None,
            drawn: 0,
        }
    }

    /// Reads a block with these keys.
    pub(super) fn block(&mut self, node: &Node, fields: &[Field]) {
        if !node.is_table() {
            let title = format!("a sweep is a table, not {}", node.type_name());
            let problem = Problem::of(ProblemCode::WrongType, node, title);
            return self
                .sink
                .report(problem.help("begin a block with [[sweep]]"));
        }
        self.check_keys(node, fields);
        let grid = path_values(node.get("grid"), &|_| false, self.sink);
        let zip = path_values(node.get("zip"), &|_| false, self.sink);
        if grid.len() + zip.len() > MAX_AXES || self.axes.len() > MAX_AXES {
            let title = format!("there are more than {MAX_AXES} axes");
            let problem = Problem::of(ProblemCode::TooMany, node, title);
            return self
                .sink
                .report(problem.help("split the question over several files"));
        }
        let own = self.distinct(&[&grid[..], &zip].concat());
        let is_own = |path: &str| own.iter().any(|axis| axis.path == path);
        let labels = path_values(node.get("labels"), &is_own, self.sink);
        self.check_known(&labels, &own);
        let sampling = node.get("sample").map(|n| self.sampling(n, own.len()));
        let mut block = SweepBlock {
            dimensions: self.grid(&grid, sampling.as_ref(), &labels),
            sample_count: sampling.map(|s| s.count),
            stage: self.stage.unwrap_or(0),
            exclusions: vec![],
        };
        block
            .dimensions
            .extend(self.zip(&zip, sampling.as_ref(), &labels));
        if let Some(exclude) = node.get("exclude") {
            block.exclusions = self.exclusions(exclude, &own, &block);
        }
        self.blocks.push(block);
    }

    fn check_keys(&mut self, node: &Node, fields: &[Field]) {
        let mut misplaced = Vec::new();
        for entry in node.entries().iter().filter(|e| is_axis_path(&e.key)) {
            let title = format!("axis `{}` is outside a grid", entry.key);
            let problem = Problem::at(ProblemCode::UnknownKey, entry.key_span, title);
            let help = "axes belong in [sweep.grid] (every combination) or [sweep.zip] (values \
                        that change together)";
            self.sink.report(problem.label("not in a grid").help(help));
            misplaced.push(&*entry.key);
        }
        let name = match self.stage {
            Some(_) => "stage",
            None => "sweep",
        };
        Checker::whole(self.sink).table(node, fields, &misplaced, &ValuePath::of(name));
    }

    /// The axes of a block, each once.
    fn distinct(&mut self, axes: &[PathValue]) -> Vec<PathValue> {
        let mut distinct: Vec<PathValue> = Vec::new();
        for axis in axes {
            let Some(first) = distinct.iter().find(|other| other.path == axis.path) else {
                distinct.push(axis.clone());
                continue;
            };
            let title = format!("axis `{}` appears twice in this block", axis.path);
            let problem = Problem::at(ProblemCode::Conflict, axis.span, title);
            self.sink.report(
                problem
                    .label("again")
                    .also(Some(first.span), "first")
                    .help("give all its values in one list"),
            );
        }
        distinct
    }

    fn check_known(&mut self, paths: &[PathValue], own: &[PathValue]) {
        let known: Vec<_> = own.iter().map(|axis| axis.path.as_str()).collect();
        for value in paths.iter().filter(|v| !known.contains(&v.path.as_str())) {
            let title = format!("`{}` is not an axis of this block", value.path);
            let problem = Problem::at(ProblemCode::UnknownName, value.span, title);
            let help = suggest::remedy(&value.path, &known);
            self.sink.report(problem.help(help));
        }
    }

    fn sampling(&mut self, node: &Node, axes: usize) -> Sampling {
        let sampling = Sampling::read(node, axes > 0, self.sink);
        self.drawn += u64::from(sampling.count) * axes as u64;
        if self.drawn <= MAX_DRAWN {
            return sampling;
        }
        let title = format!("more than {MAX_DRAWN} values are drawn");
        let problem = Problem::of(ProblemCode::TooMany, node, title);
        let help = "draw fewer points, or along fewer axes";
        self.sink.report(problem.help(help));
        sampling.with_count(1)
    }

    fn grid(
        &mut self,
        grid: &[PathValue],
        sampling: Option<&Sampling>,
        labels: &[PathValue],
    ) -> Vec<Dimension> {
        let mut dimensions = Vec::new();
        for (path, number) in grid.iter().zip(0..) {
            let read = values(path, number, sampling, self.root, self.sink);
            let Some(AxisValues { nodes, drawn }) = read else {
                continue;
            };
            if let Some((axis, numbers)) = self.axis(path, nodes, labels) {
                dimensions.push(Dimension {
                    axes: vec![axis],
                    steps: numbers.into_iter().map(|value| vec![value]).collect(),
                    drawn_steps: drawn,
                });
            }
        }
        dimensions
    }

    /// The axes of a zip as one dimension.
    fn zip(
        &mut self,
        zip: &[PathValue],
        sampling: Option<&Sampling>,
        labels: &[PathValue],
    ) -> Option<Dimension> {
        let mut columns = Vec::new();
        for path in zip {
            if let Some(nodes) = listed_values(path, self.root, self.sink)
                && let Some(column) = self.axis(path, nodes, labels)
            {
                columns.push(column);
            }
        }
        let first_length = columns.first()?.1.len();
        if columns.len() == zip.len() {
            for (path, (_, numbers)) in zip.iter().zip(&columns) {
                if numbers.len() != first_length {
                    let problem = unequal_lengths(path, numbers.len(), &zip[0], first_length);
                    self.sink.report(problem);
                }
            }
        }
        let length = columns.iter().map(|(_, numbers)| numbers.len()).min()?;
        let step = |i: usize| columns.iter().map(|(_, numbers)| numbers[i]).collect();
        // The dimension of a zip is numbered after all that a grid can have.
        let number = u32::try_from(MAX_AXES).unwrap_or(u32::MAX);
        let drawn = sampling.map(|s| s.steps(number, &zip[0].path, length));
        Some(Dimension {
            axes: columns.iter().map(|(axis, _)| *axis).collect(),
            steps: (0..length).map(step).collect(),
            drawn_steps: drawn.unwrap_or_default(),
        })
    }

    /// Adds the values of an axis; its number, and the numbers of the values in their order.
    fn axis(
        &mut self,
        path: &PathValue,
        nodes: Vec<Node>,
        labels: &[PathValue],
    ) -> Option<(u32, Vec<u32>)> {
        let segments = self.sink.ok(split_path(&path.path, path.span))?;
        if !AXIS_SECTIONS.contains(&&*segments[0]) {
            let problem = not_an_axis(&path.path, &segments[0], path.span);
            self.sink.report(problem);
            return None;
        }
        let before: usize = self.axes.iter().map(|a| a.values.len()).sum();
        if before + nodes.len() > MAX_VALUES_TOGETHER {
            let title = format!("the axes have more than {MAX_VALUES_TOGETHER} values together");
            let problem = Problem::at(ProblemCode::TooMany, path.span, title);
            let help = "split the question over several files";
            self.sink.report(problem.help(help));
            return None;
        }
        let own_labels = labels.iter().find(|l| l.path == path.path);
        let own_labels = own_labels.and_then(|l| self.labels(&l.node, nodes.len()));
        let index = match self.axes.iter().position(|a| a.path == path.path) {
            Some(index) => index,
            None => {
                let axis = GridAxis::new(path.path.clone(), segments, path.span);
                self.axes.push(axis);
                self.axes.len() - 1
            }
        };
        let axis = &mut self.axes[index];
        let mut numbers = Vec::with_capacity(nodes.len());
        for (i, node) in nodes.into_iter().enumerate() {
            let label = own_labels.as_ref().and_then(|labels| labels.get(i));
            numbers.push(axis.add(node, label.cloned()));
        }
        Some((u32::try_from(index).ok()?, numbers))
    }

    /// The labels that the file gives to the values of an axis.
    fn labels(&mut self, node: &Node, count: usize) -> Option<Vec<String>> {
        let help = match count {
            1 => "a list with one string".into(),
            _ => format!("a list of {count} strings, one for each value"),
        };
        let items = node.items().iter();
        let texts = items.map(|item| Some(printable(item.text()?).into_owned()));
        let labels: Option<Vec<String>> = texts.collect();
        let Some(labels) = labels.filter(|_| node.is_list()) else {
            let title = "labels must be a list of strings";
            let problem = Problem::of(ProblemCode::WrongType, node, title);
            self.sink.report(problem.help(help));
            return None;
        };
        if labels.len() != count {
            let found = counted(labels.len() as u64, "label");
            let title = format!("{found} for {}", counted(count as u64, "value"));
            let problem = Problem::of(ProblemCode::WrongValue, node, title);
            self.sink.report(problem.help(help));
            return None;
        }
        let twice = (1..count).find(|i| labels[..*i].contains(&labels[*i]));
        if let Some(i) = twice {
            let title = format!("label \"{}\" is used twice", labels[i]);
            let problem = Problem::of(ProblemCode::Conflict, &node.items()[i], title);
            self.sink.report(problem.help("labels must be different"));
        }
        Some(labels)
    }

    fn exclusions(
        &mut self,
        node: &Node,
        own: &[PathValue],
        block: &SweepBlock,
    ) -> Vec<Vec<Condition>> {
        let is_own = |path: &str| own.iter().any(|axis| axis.path == path);
        let combinations = if node.is_table() {
            std::slice::from_ref(node)
        } else {
            node.items()
        };
        let mut exclusions = Vec::new();
        for combination in combinations {
            let paths = path_values(Some(combination), &is_own, self.sink);
            self.check_known(&paths, own);
            let conditions: Vec<_> = paths
                .iter()
                .filter_map(|path| self.condition(path, block))
                .collect();
            if !conditions.is_empty() && conditions.len() == paths.len() {
                exclusions.push(conditions);
            }
        }
        exclusions
    }

    /// The values of an axis that an exclusion means: one of them, or several in a list.
    fn condition(&mut self, path: &PathValue, block: &SweepBlock) -> Option<Condition> {
        let index = self.axes.iter().position(|a| a.path == path.path)?;
        let axis = u32::try_from(index).ok()?;
        let dimension = block.dimensions.iter().find(|d| d.axes.contains(&axis))?;
        let column = dimension.axes.iter().position(|a| *a == axis)?;
        let in_block: Vec<u32> = dimension.steps.iter().map(|step| step[column]).collect();
        let own_axis = &self.axes[index];
        let number = |wanted: &Node| own_axis.number_of(wanted).filter(|v| in_block.contains(v));
        // A value may itself be a list.
        if let Some(value) = number(&path.node) {
            return Some(Condition {
                axis,
                values: vec![value],
            });
        }
        let wanted = match path.node.items() {
            [] => std::slice::from_ref(&path.node),
            items => items,
        };
        let mut values = Vec::new();
        for node in wanted {
            match number(node) {
                Some(value) => values.push(value),
                None => self.sink.report(excludes_nothing(path, node, own_axis)),
            }
        }
        (!values.is_empty()).then_some(Condition { axis, values })
    }
}

fn is_axis_path(key: &str) -> bool {
    let section = key.split('.').next().unwrap_or_default();
    AXIS_SECTIONS.contains(&section)
}

fn excludes_nothing(path: &PathValue, node: &Node, axis: &GridAxis) -> Problem {
    let title = format!("`{}` never has the value {}", path.path, value_text(node));
    Problem::at(ProblemCode::UnknownName, node.span, title)
        .label("excludes nothing")
        .also(Some(axis.span), "its values")
        .help("write one of the values of the axis")
}

fn unequal_lengths(
    path: &PathValue,
    length: usize,
    first: &PathValue,
    first_length: usize,
) -> Problem {
    let (own, other) = (
        counted(length as u64, "value"),
        counted(first_length as u64, "value"),
    );
    let title = format!(
        "`{}` has {own}, but `{}` has {first_length}",
        path.path, first.path
    );
    Problem::at(ProblemCode::WrongValue, path.span, title)
        .label(own)
        .also(Some(first.span), other)
        .help("axes of a zip need equal numbers of values")
}

/// The problem of a path that begins with no section that axes can change.
fn not_an_axis(path: &str, section: &str, span: Span) -> Problem {
    let title = format!("`{path}` cannot be an axis");
    let problem = Problem::at(ProblemCode::UnknownKey, span, title);
    problem.help(help_for_no_axis(path, section))
}

fn help_for_no_axis(path: &str, section: &str) -> String {
    let has = |fields: &[Field]| fields.iter().any(|field| field.key == section);
    if has(tables::SWEEP) {
        return format!("`{section}` does not belong in the grid: put it before [sweep.grid]");
    }
    if let Some(near) = suggest::nearest(section, &AXIS_SECTIONS) {
        return format!("did you mean `{near}`?");
    }
    if let Some(home) = suggest::home_of(section)
        && AXIS_SECTIONS
            .iter()
            .any(|section| home.starts_with(section))
    {
        return format!("did you mean `{home}.{path}`?");
    }
    if section == "experiment" || has(tables::EXPERIMENT) {
        return "seeds and names are set in [experiment]".into();
    }
    let sections = AXIS_SECTIONS.map(|section| format!("[{section}]"));
    format!("an axis is a path in {}", sections.join(", "))
}
