//! What the axes of a grid do: the effect of their values over those of the others, which axis
//! matters most, interactions of two axes, and trends.

mod answer;
mod cells;
mod contrast;
mod interaction;
mod one_run;
mod share;
mod trend;

pub use answer::{AxisAnswer, AxisBasis, AxisContrast, AxisLevel};
pub use interaction::Interaction;
pub use share::AxisShare;
pub use trend::AxisTrend;

pub(crate) use answer::axis_answers;
pub(crate) use cells::Cells;
pub(crate) use interaction::interactions;
