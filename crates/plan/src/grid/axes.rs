//! All axes of a file, read from `[[sweep]]` or `[[stage]]`.

use super::axis::GridAxis;
use super::block::SweepBlock;
use super::block_reader::BlockReader;
use super::labels;
use crate::language::check::Checker;
use crate::language::tables;
use crate::language::value_path::ValuePath;
use crate::source::problem::{Problem, ProblemCode, ProblemSink};
use crate::source::tree::{Node, NodeValue};

/// All axes of the file and the blocks that combine their values.
#[derive(Clone, Debug, Default)]
pub(crate) struct Axes {
    pub all: Vec<GridAxis>,
    pub blocks: Vec<SweepBlock>,
    /// Names of the stages; none in a file without `[[stage]]`.
    pub stages: Vec<String>,
}

impl Axes {
    /// Reads the axes of a file. A file without any has one block with one point.
    pub(crate) fn read(root: &Node, sink: &mut ProblemSink) -> Axes {
        let (sweep, stages) = (root.get("sweep"), root.get("stage"));
        if let (Some(sweep), Some(stages)) = (sweep, stages) {
            let title = "a file has either [[sweep]] or [[stage]]";
            let problem = Problem::at(ProblemCode::Conflict, stages.span, title);
            sink.report(
                problem
                    .label("both are given")
                    .also(Some(sweep.span), "here")
                    .help("move the blocks into stages: [[stage.sweep]]"),
            );
        }
        let mut reader = AxesReader {
            names: vec![],
            blocks: BlockReader::new(root, sink),
        };
        match (sweep, stages) {
            (None, None) => reader.blocks.blocks.push(SweepBlock::default()),
            (Some(sweep), _) => reader.sweep(sweep, "sweep"),
            (None, Some(stages)) => reader.stages(stages),
        }
        let mut all = reader.blocks.axes;
        labels::assign(&mut all);
        Axes {
            all,
            blocks: reader.blocks.blocks,
            stages: reader.names,
        }
    }

    /// Whether the file has stages.
    pub(crate) fn has_stages(&self) -> bool {
        !self.stages.is_empty()
    }

    /// The axis of this path.
    pub(crate) fn has_path(&self, path: &str) -> bool {
        self.all.iter().any(|axis| axis.path == path)
    }
}

struct AxesReader<'a> {
    /// Names of the stages so far.
    names: Vec<String>,
    blocks: BlockReader<'a>,
}

impl AxesReader<'_> {
    /// Reads the blocks of a sweep, which is written as `[[section]]`.
    fn sweep(&mut self, node: &Node, section: &str) {
        match &node.value {
            NodeValue::Table(_) => self.blocks.block(node, tables::SWEEP),
            NodeValue::List(items) => {
                for item in items.iter() {
                    self.blocks.block(item, tables::SWEEP);
                }
            }
            _ => {
                let title = format!("`{section}` is {}", node.type_name());
                let problem = Problem::of(ProblemCode::WrongType, node, title);
                self.report(problem.help(format!("begin a block with [[{section}]]")));
            }
        }
    }

    fn stages(&mut self, node: &Node) {
        let stages = if node.is_table() {
            std::slice::from_ref(node)
        } else {
            node.items()
        };
        for (number, stage) in stages.iter().enumerate() {
            self.name(stage, number);
            self.blocks.stage = Some(number);
            match stage.get("sweep") {
                Some(sweep) => self.stage_with_blocks(stage, sweep),
                None => self.blocks.block(stage, tables::STAGE),
            }
        }
        if stages.is_empty() {
            let problem = Problem::of(ProblemCode::Missing, node, "`stage` has no stages");
            let help = "begin a stage with [[stage]] and its axes with [stage.grid]";
            self.report(problem.help(help));
        }
    }

    fn name(&mut self, stage: &Node, number: usize) {
        let node = stage.get("name");
        let name = match node.and_then(Node::text) {
            Some(name) => name.to_string(),
            None => format!("stage {}", number + 1),
        };
        if self.names.contains(&name) {
            let title = format!("two stages are named \"{name}\"");
            let span = node.map_or(stage.span, |node| node.span);
            let problem = Problem::at(ProblemCode::Conflict, span, title);
            self.report(problem.help("give them different names"));
        }
        self.names.push(name);
    }

    fn stage_with_blocks(&mut self, stage: &Node, sweep: &Node) {
        for entry in stage.entries() {
            let key = &*entry.key;
            if tables::SWEEP.iter().any(|field| field.key == key) {
                let title = format!("a stage with [[stage.sweep]] cannot have its own `{key}`");
                let problem = Problem::at(ProblemCode::Conflict, entry.key_span, title);
                self.report(problem.help(format!("move `{key}` into a [[stage.sweep]]")));
            }
        }
        let path = ValuePath::of("stage");
        Checker::whole(self.blocks.sink).table(stage, tables::STAGE, &[], &path);
        self.sweep(sweep, "stage.sweep");
    }

    fn report(&mut self, problem: Problem) {
        self.blocks.sink.report(problem);
    }
}
