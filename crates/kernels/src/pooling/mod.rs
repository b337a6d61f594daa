//! Max and average pooling over windows, which may overlap, and global average pooling.

mod global;
mod shape;
mod windowed;

pub use global::{global_average, global_average_backward};
pub use shape::PoolShape;
pub use windowed::{average_pool, average_pool_backward, max_pool, max_pool_backward};
