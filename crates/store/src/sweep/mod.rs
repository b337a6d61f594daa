//! What an experiment's newest revision is made of, and what its results say.

mod missing;
mod plan;
mod results;
mod rows;

pub(crate) use missing::{PROGRAM, make_missing_answers};
pub(crate) use plan::{members, revision};
pub(crate) use results::{race_rounds, sweep_results, sweep_results_by};
pub(crate) use rows::{ANSWER_TABLES, forget_answers};
