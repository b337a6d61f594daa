//! Pooling over windows: the largest value or the mean of each, overlapping or not, and the mean of
//! whole planes.

mod global;
mod shape;
mod windowed;

pub use global::{global_average, global_average_backward};
pub use shape::PoolShape;
pub use windowed::{average_pool, average_pool_backward, max_pool, max_pool_backward};
