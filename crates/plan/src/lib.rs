//! From an experiment file to a checked list of jobs, without training anything and without seeing an image.
//!
//! The pipeline, a module each: `tree` (TOML with places) → `overrides` → `axes` → `expand` (points) →
//! `merge` (a point's values over the file) → `check` against `schema` → `resolve` (types of `spec`) → `planner`
//! (shapes, identities, labels). Every problem is collected; the first never hides the next.

mod axes;
mod baseline;
mod check;
mod expand;
mod label;
mod merge;
mod overrides;
mod planner;
mod points;
mod problem;
mod read;
mod resolve;
mod schema;
mod sections;
mod suggest;
mod tree;

pub use overrides::{Overrides, Seeds};
pub use planner::{Facts, Plan, Planned, plan};
pub use problem::{ProblemLine, Problems};
pub use resolve::run::{Retry, RunSettings};
pub use resolve::search::{SearchSettings, StopRule, rule_of};
