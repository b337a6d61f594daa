//! The points of the grid, in a stable order: blocks as in the file, the first axis slowest.

use crate::grid::axes::{Axes, Block};

/// For each axis that a point has: the axis and its value, in the order of the block.
pub(crate) type Point = Vec<(u32, u32)>;

/// Number of points before exclusion; cannot overflow.
pub(crate) fn count(axes: &Axes) -> u128 {
    let all = |b: &Block| {
        b.dimensions
            .iter()
            .fold(1u128, |n, d| n.saturating_mul(d.steps.len() as u128))
    };
    let block = |b: &Block| b.drawn.map_or_else(|| all(b), u128::from);
    axes.blocks.iter().map(block).fold(0, u128::saturating_add)
}

/// All points of a stage. [`count`] must have been looked at before.
pub(crate) fn points(axes: &Axes, stage: usize) -> Vec<Point> {
    axes.blocks
        .iter()
        .filter(|b| b.stage == stage)
        .flat_map(block_points)
        .collect()
}

/// `point` with the values of `over` in place of its own.
pub(crate) fn overlaid(point: &Point, over: &Point) -> Point {
    let kept = point
        .iter()
        .filter(|(axis, _)| over.iter().all(|(a, _)| a != axis));
    kept.chain(over).copied().collect()
}

fn block_points(block: &Block) -> Vec<Point> {
    let mut points = block
        .drawn
        .map_or_else(|| combinations(block), |count| drawn(block, count));
    points.retain(|point| {
        !block
            .exclude
            .iter()
            .any(|condition| holds(condition, point))
    });
    points
}

fn drawn(block: &Block, count: u32) -> Vec<Point> {
    let values = |i: usize| {
        let step = move |d: &crate::grid::axes::Dimension| {
            let step = d
                .drawn
                .get(i)
                .and_then(|step| d.steps.get(*step as usize))
                .cloned()
                .unwrap_or_default();
            d.axes.clone().into_iter().zip(step)
        };
        block.dimensions.iter().flat_map(step).collect()
    };
    (0..count as usize).map(values).collect()
}

fn combinations(block: &Block) -> Vec<Point> {
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
    points
}

fn holds(condition: &[(u32, Vec<u32>)], point: &Point) -> bool {
    condition
        .iter()
        .all(|(axis, values)| point.iter().any(|(a, v)| a == axis && values.contains(v)))
}
