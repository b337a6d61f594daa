//! From an experiment file to a checked list of jobs, without training anything and without seeing
//! an image.
//!
//! The rooms, each of which uses only those before it: `source` (texts as trees with places) →
//! `language` (what may stand in a file) → `document` (one tree from files and overrides) → `grid`
//! (axes and their points) → `resolve` (points as types of `spec`) → `plan` (jobs, ids, labels).
//! Every problem is collected; the first never hides the next.

mod document;
mod grid;
mod language;
mod plan;
mod resolve;
mod source;

pub use document::files::{ReadFile, from_disk};
pub use document::overrides::{Overrides, Seeds};
pub use language::json_schema::json_schema;
pub use language::presets::{Preset, preset, presets};
pub use language::reference::reference;
pub use language::starter::starter;
pub use plan::assemble::{Candidate, Plan, Planned, StagePlan, origins, plan, plan_with};
pub use plan::provenance::{Origins, Whence};
pub use resolve::lookup::{Known, Trained};
pub use resolve::search::rule_of;
pub use source::problem::{ProblemLine, Problems};
