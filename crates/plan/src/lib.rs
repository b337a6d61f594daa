//! From an experiment file to a checked list of jobs, without training anything and without seeing
//! an image.
//!
//! The modules, each of which uses only those before it: `source` (texts as trees with places) →
//! `language` (what may be in a file) → `document` (one tree from files and overrides) → `grid`
//! (axes and their points) → `resolve` (points as types of `spec`) → `plan` (jobs, ids, labels).
//! All problems are collected; the first never hides the others.

mod document;
mod grid;
mod language;
mod plan;
mod resolve;
mod source;
#[cfg(test)]
mod tests;

use convsweep_spec::id::ConfigurationId;
use convsweep_spec::log::Choice;
use document::documents::Documents;
use document::include::load;
use grid::axes::Axes;
use plan::assemble::assemble;
use plan::provenance::provenance;
use resolve::CheckedFile;
use resolve::lookup::Inputs;
use resolve::settings::Settings;
use resolve::stages::ResolvedStage;
use source::problem::{Problem, ProblemSink};
use source::tree::Node;
use std::path::Path;

pub use document::overrides::Overrides;
pub use document::read::{ReadFile, from_disk};
pub use document::seeds::Seeds;
pub use language::examples::{Example, examples};
pub use language::json_schema::json_schema;
pub use language::presets::{Preset, preset, presets};
pub use language::reference::reference;
pub use language::reference_json::reference_json;
pub use language::starter::starter;
pub use language::suggest::nearest;
pub use plan::provenance::{Provenance, ValueOrigin};
pub use plan::types::{Plan, Planned, StageCandidate, StagePlan};
pub use resolve::lookup::{Lookup, SetProblem, WeightsOf};
pub use resolve::search::rule_of;
pub use source::report::{ProblemLine, Problems};

/// What is planned, and from what.
#[derive(Clone, Copy)]
pub struct PlanRequest<'a> {
    /// The experiment file.
    pub file: &'a Path,
    /// How files are read, so that a revision can be planned again from its recorded texts.
    pub read: &'a ReadFile<'a>,
    /// What the command line changes.
    pub overrides: &'a Overrides,
    /// What stages have chosen before.
    pub decisions: &'a [Choice],
    /// Where image sets and trained weights are looked up.
    pub lookup: &'a dyn Lookup,
}

/// Reads, checks and expands an experiment file from the disk. Nothing is trained and no image is
/// read.
///
/// # Errors
/// Everything that is wrong with the file, the overrides or the image sets, all at once.
pub fn plan(file: &Path, overrides: &Overrides, lookup: &dyn Lookup) -> Result<Plan, Problems> {
    let request = PlanRequest {
        file,
        read: &from_disk,
        overrides,
        decisions: &[],
        lookup,
    };
    plan_request(&request)
}

/// [`plan()`] with control over where texts and earlier decisions come from.
///
/// # Errors
/// As [`plan()`].
pub fn plan_request(request: &PlanRequest) -> Result<Plan, Problems> {
    resolved(request, |file, documents| {
        let ResolvedFile {
            checked,
            settings,
            stages,
        } = file;
        let plan = assemble(checked, settings, stages, documents, request.overrides);
        plan.map_err(|problem| vec![*problem])
    })
}

/// Where each value of a configuration comes from; `None` if the plan has no such configuration.
///
/// # Errors
/// As [`plan()`].
pub fn value_origins(
    request: &PlanRequest,
    configuration: &ConfigurationId,
) -> Result<Option<Vec<Provenance>>, Problems> {
    resolved(request, |file, documents| {
        let mut points = file.stages.iter().flat_map(|stage| &stage.points);
        let found = points.find(|(_, r)| r.digest.configuration_id() == *configuration);
        Ok(found.map(|(point, _)| provenance(&file.checked, point, documents)))
    })
}

/// A file that is right, with all points of its grid.
struct ResolvedFile {
    checked: CheckedFile,
    settings: Settings,
    stages: Vec<ResolvedStage>,
}

/// Resolves a file and hands it to `finish`.
fn resolved<T>(
    request: &PlanRequest,
    finish: impl FnOnce(ResolvedFile, &Documents) -> Result<T, Vec<Problem>>,
) -> Result<T, Problems> {
    let (mut documents, root) = load(request.file, request.read);
    documents.texts.extend(request.overrides.texts());
    let file = root.and_then(|root| resolve(root, &documents, request));
    let result = file.and_then(|file| finish(file, &documents));
    result.map_err(|problems| Problems::new(documents.texts, problems))
}

/// The steps between reading a file and assembling its plan: override, axes, check, expand and
/// resolve.
fn resolve(
    mut root: Node,
    documents: &Documents,
    request: &PlanRequest,
) -> Result<ResolvedFile, Vec<Problem>> {
    let mut sink = ProblemSink::default();
    let first_override = documents.folders.len();
    let overrides = request.overrides;
    let overridden = overrides.apply(first_override, &mut root, &mut sink);
    let axes = Axes::read(&root, &mut sink);
    let mut checked = CheckedFile::check(root, axes, overrides, &overridden, &mut sink);
    let inputs = Inputs {
        documents,
        read: request.read,
        lookup: request.lookup,
    };
    let stages = checked.resolve(inputs, request.decisions, &mut sink);
    match (checked.settings.take(), stages) {
        (Some(settings), Some(stages)) if sink.is_empty() => Ok(ResolvedFile {
            checked,
            settings,
            stages,
        }),
        _ => Err(sink.problems),
    }
}
