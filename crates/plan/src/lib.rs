//! From an experiment file to a checked list of jobs, without training anything and without seeing
//! an image.
//!
//! The pipeline, a module each: `sources` (files and what they include) → `tree` (TOML with places)
//! → `overrides` → `axes` → `expand` (points) → `merge` (a point's values over the file) → `check`
//! against `schema` → `resolve` (types of `spec`) → `planner` (shapes, identities, labels). Every
//! problem is collected; the first never hides the next.

mod axes;
mod baseline;
mod check;
mod expand;
mod known;
mod label;
mod merge;
mod origin;
mod overrides;
mod planner;
mod points;
mod presets;
mod problem;
mod read;
mod resolve;
mod sample;
mod schema;
mod sections;
mod sources;
mod stages;
mod starter;
mod suggest;
mod tree;
mod values;

pub use known::{Known, Trained};
pub use origin::{Origins, Whence};
pub use overrides::{Overrides, Seeds};
pub use planner::{Candidate, Plan, Planned, StagePlan, origins, plan, plan_with};
pub use presets::{Preset, preset, presets};
pub use problem::{ProblemLine, Problems};
pub use resolve::run::{Retry, RunSettings};
pub use resolve::search::rule_of;
pub use schema::json::json_schema;
pub use schema::reference::reference;
pub use sources::{ReadFile, from_disk};
pub use starter::starter;
