//! The points of the grid in a stable order: blocks as in the file, the first axis slowest.

use super::axes::Axes;
use super::block::{Condition, SweepBlock};
use super::point::{AxisChoice, GridPoint, value_on};

/// Number of points before exclusions; cannot overflow.
pub(crate) fn count(axes: &Axes) -> u128 {
    let counts = axes.blocks.iter().map(|block| match block.sample_count {
        Some(count) => u128::from(count),
        None => combination_count(block),
    });
    counts.fold(0, u128::saturating_add)
}

fn combination_count(block: &SweepBlock) -> u128 {
    let lengths = block.dimensions.iter().map(|d| d.steps.len() as u128);
    lengths.fold(1, u128::saturating_mul)
}

/// All points of a stage. [`count`] must be limited first.
pub(crate) fn points(axes: &Axes, stage: usize) -> Vec<GridPoint> {
    let blocks = axes.blocks.iter().filter(|block| block.stage == stage);
    blocks.flat_map(block_points).collect()
}

fn block_points(block: &SweepBlock) -> Vec<GridPoint> {
    let mut points = match block.sample_count {
        Some(count) => drawn(block, count),
        None => combinations(block),
    };
    points.retain(|point| !block.exclusions.iter().any(|e| is_excluded(point, e)));
    points
}

fn drawn(block: &SweepBlock, count: u32) -> Vec<GridPoint> {
    let mut points = Vec::with_capacity(count as usize);
    for i in 0..count as usize {
        let mut point = GridPoint::new();
        for dimension in &block.dimensions {
            let step = dimension.drawn_steps.get(i);
            if let Some(values) = step.and_then(|step| dimension.steps.get(*step as usize)) {
                extend(&mut point, &dimension.axes, values);
            }
        }
        points.push(point);
    }
    points
}

fn combinations(block: &SweepBlock) -> Vec<GridPoint> {
    let mut points = vec![GridPoint::new()];
    for dimension in &block.dimensions {
        let mut longer = Vec::with_capacity(points.len() * dimension.steps.len());
        for point in &points {
            for values in &dimension.steps {
                let mut point = point.clone();
                extend(&mut point, &dimension.axes, values);
                longer.push(point);
            }
        }
        points = longer;
    }
    points
}

fn extend(point: &mut GridPoint, axes: &[u32], values: &[u32]) {
    for (axis, value) in axes.iter().copied().zip(values.iter().copied()) {
        point.push(AxisChoice { axis, value });
    }
}

fn is_excluded(point: &GridPoint, conditions: &[Condition]) -> bool {
    let mut conditions = conditions.iter();
    conditions.all(|c| value_on(point, c.axis).is_some_and(|v| c.values.contains(&v)))
}
