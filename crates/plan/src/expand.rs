//! The points of the grid, in a stable order: blocks as in the file, the first axis slowest.

use crate::axes::{Axes, Block};

/// For each axis that a point has: the axis and its value, in the order of the block.
pub(crate) type Point = Vec<(u32, u32)>;

/// Number of points before exclusion; cannot overflow.
pub(crate) fn count(axes: &Axes) -> u128 {
    let block = |b: &Block| b.dimensions.iter().fold(1u128, |n, d| n.saturating_mul(d.steps.len() as u128));
    axes.blocks.iter().map(block).fold(0, u128::saturating_add)
}

/// All points. [`count`] must have been looked at before.
pub(crate) fn points(axes: &Axes) -> Vec<Point> {
    axes.blocks.iter().flat_map(block_points).collect()
}

fn block_points(block: &Block) -> Vec<Point> {
    let mut points = vec![Point::new()];
    for dimension in &block.dimensions {
        let extend = |point: &Point| {
            let point = point.clone();
            dimension.steps.iter().map(move |step| {
                let values = dimension.axes.iter().copied().zip(step.iter().copied());
                point.iter().copied().chain(values).collect()
            })
        };
        points = points.iter().flat_map(extend).collect();
    }
    points.retain(|point| !block.exclude.iter().any(|condition| holds(condition, point)));
    points
}

fn holds(condition: &[(u32, Vec<u32>)], point: &Point) -> bool {
    condition.iter().all(|(axis, values)| point.iter().any(|(a, v)| a == axis && values.contains(v)))
}
