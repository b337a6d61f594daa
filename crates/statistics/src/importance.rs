//! Which axes matter where points are sampled rather than on a complete grid: the functional
//! analysis of variance of a random forest (Hutter, Hoos and Leyton-Brown 2014, "An Efficient
//! Approach for Assessing Hyperparameter Importance", ICML; forests by Breiman 2001, "Random
//! Forests", Machine Learning 45).
//!
//! Each tree is constant on boxes, so that its means over all other axes, and their variance, are
//! exact sums over its leaves. There are as many trees as Optuna's evaluator has; as there, each
//! learns from a bootstrap sample, with all axes at each split. Unlike there, a set of categories
//! is one split. (Crates with forests do not show their trees; `fanova` 0.3 knows neither
//! categories nor domains beyond the points, and gives no number where one tree is constant.)

use crate::axis_cells::AxisCells;
pub use crate::axis_cells::AxisDomain;
use crate::regression_tree::{Extent, Leaf, TrainingPoints, grow};
use crate::sample::Sample;

/// Number of trees.
const TREES: usize = 64;
/// A tree has about this many leaves at most, so that its time stays bounded.
const MOST_LEAVES: usize = 500;

/// What a forest says about the axes.
#[derive(Clone, Debug, PartialEq)]
pub struct ForestImportance {
    /// Share of each axis alone in the variance of the forest over all points of the domain, in
    /// order: means over the trees, 0 to 1.
    pub shares: Vec<f64>,
    /// The share of the values' variance that the forest predicts for points that its trees did not
    /// learn from, at most 1. Near 0 or below, the shares mean nothing.
    pub explained: f64,
}

/// The importance of the axes with `domains`, of which `points` give a coordinate each, for
/// `values`. `random_below` draws the bootstrap samples: a random whole number from 0 up to but
/// without the bound that it is given. The same numbers give the same shares.
///
/// `None` without axes, below two points, if lengths differ, if a number is not finite or a
/// coordinate lies outside its domain, or if all values are equal.
pub fn forest_importance(
    domains: &[AxisDomain],
    points: &[Vec<f64>],
    values: &[f64],
    random_below: impl FnMut(usize) -> usize,
) -> Option<ForestImportance> {
    let is_complete = points.iter().all(|point| point.len() == domains.len());
    let is_finite = values.iter().all(|value| value.is_finite());
    if domains.is_empty() || points.len() != values.len() || !is_complete || !is_finite {
        return None;
    }
    let mut axes = Vec::new();
    for (axis, domain) in domains.iter().enumerate() {
        let column: Vec<f64> = points.iter().map(|point| point[axis]).collect();
        axes.push(AxisCells::new(*domain, &column)?);
    }
    let centred = centred(values)?;
    let training = TrainingPoints {
        axes: &axes,
        values: &centred,
        least: values.len().div_ceil(MOST_LEAVES),
    };
    let forest = Forest::grow(&training, random_below)?;
    let share = |axis: usize| forest.share(axis);
    Some(ForestImportance {
        shares: (0..axes.len()).map(share).collect::<Option<_>>()?,
        explained: forest.explained,
    })
}

/// The values less their mean; `None` if all are equal but for rounding.
fn centred(values: &[f64]) -> Option<Vec<f64>> {
    let sample = Sample::of(values)?;
    let largest = values
        .iter()
        .fold(0.0f64, |most, value| most.max(value.abs()));
    let varies = sample.sd? > 1e-12 * largest;
    varies.then(|| values.iter().map(|value| value - sample.mean).collect())
}

/// The trees that are not constant.
struct Forest {
    trees: Vec<Tree>,
    explained: f64,
}

struct Tree {
    leaves: Vec<Leaf>,
    /// The share of each axis that each leaf covers.
    sides: Vec<Vec<f64>>,
    mean: f64,
    variance: f64,
    /// Variance of each axis alone.
    of_axes: Vec<f64>,
}

impl Forest {
    /// `None` if all values are equal.
    fn grow(
        points: &TrainingPoints,
        mut random_below: impl FnMut(usize) -> usize,
    ) -> Option<Forest> {
        let count = points.values.len();
        let mut trees = Vec::new();
        // Of each point: the sum of predictions of trees that did not see it, and their number.
        let mut left_out = vec![(0.0, 0.0); count];
        for _ in 0..TREES {
            let drawn: Vec<usize> = (0..count)
                .map(|_| random_below(count).min(count - 1))
                .collect();
            let tree = Tree::new(points.axes, grow(points, drawn.clone()));
            let mut is_drawn = vec![false; count];
            drawn.into_iter().for_each(|point| is_drawn[point] = true);
            for point in (0..count).filter(|&point| !is_drawn[point]) {
                left_out[point].0 += tree.predict(points.axes, point)?;
                left_out[point].1 += 1.0;
            }
            trees.push(tree);
        }
        let least = 1e-20 * points.values.iter().map(|v| v * v).sum::<f64>();
        trees.retain(|tree| tree.variance > least);
        let explained = explained(points.values, &left_out)?;
        (!trees.is_empty()).then_some(Forest { trees, explained })
    }

    fn share(&self, axis: usize) -> Option<f64> {
        let share = |tree: &Tree| tree.of_axes[axis] / tree.variance;
        let shares: Vec<f64> = self.trees.iter().map(share).collect();
        Some(Sample::of(&shares)?.mean)
    }
}

/// The share of the variance that the mean predictions of points `left_out` explain; `None` without
/// any variance or such points.
fn explained(values: &[f64], left_out: &[(f64, f64)]) -> Option<f64> {
    let predicted: Vec<(f64, f64)> = values
        .iter()
        .zip(left_out)
        .filter(|(_, (_, trees))| *trees > 0.0)
        .map(|(value, (sum, trees))| (*value, sum / trees))
        .collect();
    let mean = Sample::of(
        &predicted
            .iter()
            .map(|(value, _)| *value)
            .collect::<Vec<_>>(),
    )?
    .mean;
    let all: f64 = predicted
        .iter()
        .map(|(value, _)| (value - mean).powi(2))
        .sum();
    let missed: f64 = predicted
        .iter()
        .map(|(value, guess)| (value - guess).powi(2))
        .sum();
    (all > 0.0).then(|| 1.0 - missed / all)
}

impl Tree {
    fn new(axes: &[AxisCells], leaves: Vec<Leaf>) -> Tree {
        let side = |(extent, axis): (&Extent, &AxisCells)| extent.weight(axis);
        let sides_of = |leaf: &Leaf| leaf.extents.iter().zip(axes).map(side).collect();
        let mut tree = Tree {
            sides: leaves.iter().map(sides_of).collect(),
            leaves,
            mean: 0.0,
            variance: 0.0,
            of_axes: Vec::new(),
        };
        for (number, leaf) in tree.leaves.iter().enumerate() {
            tree.mean += tree.volume_without(number, None) * leaf.value;
        }
        for (number, leaf) in tree.leaves.iter().enumerate() {
            let square = (leaf.value - tree.mean).powi(2);
            tree.variance += tree.volume_without(number, None) * square;
        }
        let alone = |axis: usize| tree.variance_of_axis(axes, axis);
        tree.of_axes = (0..axes.len()).map(alone).collect();
        tree
    }

    fn predict(&self, axes: &[AxisCells], point: usize) -> Option<f64> {
        let has_point = |leaf: &&Leaf| {
            let mut sides = leaf.extents.iter().zip(axes);
            sides.all(|(extent, axis)| extent.contains(axis.of_point[point]))
        };
        Some(self.leaves.iter().find(has_point)?.value)
    }

    fn variance_of_axis(&self, axes: &[AxisCells], axis: usize) -> f64 {
        let weights = &axes[axis].weights;
        let mut means = vec![0.0; weights.len()];
        for (number, leaf) in self.leaves.iter().enumerate() {
            let part = leaf.value * self.volume_without(number, Some(axis));
            for (start, end) in leaf.extents[axis].runs() {
                means[start..end].iter_mut().for_each(|mean| *mean += part);
            }
        }
        let square = |(mean, weight): (&f64, &f64)| weight * (mean - self.mean).powi(2);
        means.iter().zip(weights).map(square).sum()
    }

    /// The share of a leaf's box in the axes, but for the one `left_out`.
    fn volume_without(&self, leaf: usize, left_out: Option<usize>) -> f64 {
        let sides = self.sides[leaf].iter().enumerate();
        let kept = sides.filter(|(axis, _)| left_out != Some(*axis));
        kept.map(|(_, side)| side).product()
    }
}
