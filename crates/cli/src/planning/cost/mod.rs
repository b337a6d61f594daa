//! How long a plan takes and how much memory its jobs need: measured on finished jobs of this
//! machine if there are any, else by rough figures.

mod estimate;
mod paces;
mod sizes;

pub use estimate::CostEstimate;
