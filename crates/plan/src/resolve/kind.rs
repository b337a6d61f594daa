//! `experiment.kind`: which task the jobs of an experiment have, and what follows for `[train]`.

use super::internal::not_resolved;
use super::range_test::{RangeTestSettings, range_test};
use crate::language::reader::named;
use crate::language::tables;
use crate::source::problem::ProblemSink;
use crate::source::tree::Node;
use convsweep_spec::data::{DataFacts, DataSpec};
use convsweep_spec::task::Task;
use convsweep_spec::train::TrainSpec;

/// What is done with each configuration. A task that a file can ask for is a variant here.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) enum ExperimentKind {
    /// Configurations are trained and compared.
    #[default]
    Comparison,
    /// A learning-rate range test is made.
    RangeTest(RangeTestSettings),
}

/// Resolves `experiment.kind`.
pub(super) fn kind(node: &Node, sink: &mut ProblemSink) -> Option<ExperimentKind> {
    let (name, options) = named(node, &tables::KINDS)?;
    match name {
        "comparison" => Some(ExperimentKind::Comparison),
        "lr-range-test" => Some(ExperimentKind::RangeTest(range_test(node, &options, sink)?)),
        other => not_resolved(node, tables::KINDS.noun, other, sink),
    }
}

impl ExperimentKind {
    /// The task of the jobs.
    pub(super) fn task(self) -> Task {
        match self {
            ExperimentKind::Comparison => Task::Train,
            ExperimentKind::RangeTest(test) => test.task(),
        }
    }

    /// The training section of the jobs, from that of the file.
    pub(super) fn training(
        self,
        train: TrainSpec,
        data: &DataSpec,
        facts: &DataFacts,
    ) -> TrainSpec {
        match self {
            ExperimentKind::Comparison => train,
            ExperimentKind::RangeTest(test) => test.training(train, data, facts),
        }
    }
}
