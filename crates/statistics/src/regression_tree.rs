//! Regression trees (Breiman, Friedman, Olshen and Stone 1984, "Classification and Regression
//! Trees"): boxes of points with about equal values.

use crate::axis_cells::AxisCells;

/// Differences of squares below this share of all are rounding noise.
const ROUNDING: f64 = 1e-12;

/// The cells of one axis that a box covers.
#[derive(Clone, Debug)]
pub(crate) enum Extent {
    /// Neighbours, from the first up to but without the second.
    Range(usize, usize),
    /// Categories.
    Set(Vec<usize>),
}

impl Extent {
    fn of_all(axis: &AxisCells) -> Extent {
        let cells = axis.weights.len();
        match axis.numbers {
            Some(_) => Extent::Range(0, cells),
            None => Extent::Set((0..cells).collect()),
        }
    }

    /// The cells as runs of neighbours, each from the first up to but without the second.
    pub fn runs(&self) -> Vec<(usize, usize)> {
        match self {
            Extent::Range(start, end) => vec![(*start, *end)],
            Extent::Set(cells) => cells.iter().map(|cell| (*cell, cell + 1)).collect(),
        }
    }

    /// Whether it has the `cell`.
    pub fn contains(&self, cell: usize) -> bool {
        match self {
            Extent::Range(start, end) => (*start..*end).contains(&cell),
            Extent::Set(cells) => cells.contains(&cell),
        }
    }

    /// The share of the axis that it covers.
    pub fn weight(&self, axis: &AxisCells) -> f64 {
        let of_run = |(start, end): (usize, usize)| axis.weights[start..end].iter().sum::<f64>();
        self.runs().into_iter().map(of_run).sum()
    }
}

/// A box of a tree, and the mean of the points in it.
#[derive(Clone, Debug)]
pub(crate) struct Leaf {
    /// What it covers of each axis.
    pub extents: Vec<Extent>,
    /// The mean.
    pub value: f64,
}

/// The points that a tree learns from.
pub(crate) struct TrainingPoints<'a> {
    /// The axes, with the cell of each point.
    pub axes: &'a [AxisCells],
    /// The value of each point.
    pub values: &'a [f64],
    /// Points that a leaf has at least.
    pub least: usize,
}

/// The leaves of the tree over the points `drawn`, which may repeat. They cover the whole space.
pub(crate) fn grow(points: &TrainingPoints, drawn: Vec<usize>) -> Vec<Leaf> {
    let all: Vec<Extent> = points.axes.iter().map(Extent::of_all).collect();
    let (mut open, mut leaves) = (vec![(all, drawn)], Vec::new());
    while let Some((extents, members)) = open.pop() {
        let sums = Sums::of(points, &members);
        match best_split(points, &extents, &members, sums) {
            None => leaves.push(Leaf {
                extents,
                value: sums.sum / sums.count,
            }),
            Some(split) => {
                let cells = &points.axes[split.axis].of_point;
                let is_first = |point: &usize| split.first.contains(cells[*point]);
                let (first, second): (Vec<_>, Vec<_>) = members.into_iter().partition(is_first);
                let mut other = extents.clone();
                other[split.axis] = split.second;
                let mut one = extents;
                one[split.axis] = split.first;
                open.push((one, first));
                open.push((other, second));
            }
        }
    }
    leaves
}

/// Number and sums of some points.
#[derive(Clone, Copy, Default)]
struct Sums {
    count: f64,
    sum: f64,
    squares: f64,
}

impl Sums {
    fn of(points: &TrainingPoints, members: &[usize]) -> Sums {
        let mut sums = Sums::default();
        for &point in members {
            sums.add(points.values[point]);
        }
        sums
    }

    fn add(&mut self, value: f64) {
        self.count += 1.0;
        self.sum += value;
        self.squares += value * value;
    }

    fn and(self, other: Sums) -> Sums {
        Sums {
            count: self.count + other.count,
            sum: self.sum + other.sum,
            squares: self.squares + other.squares,
        }
    }

    /// By how much the sum of squares around the means falls where these points leave `all`.
    fn gain(self, all: Sums) -> f64 {
        let (rest, rest_count) = (all.sum - self.sum, all.count - self.count);
        self.sum * self.sum / self.count + rest * rest / rest_count - all.sum * all.sum / all.count
    }
}

/// A box cut in two along an axis.
struct BestCut {
    axis: usize,
    first: Extent,
    second: Extent,
}

/// The split with the greatest gain; the first one of several. `None` if the points' values are all
/// equal or no split leaves enough points on both sides.
fn best_split(
    points: &TrainingPoints,
    extents: &[Extent],
    members: &[usize],
    all: Sums,
) -> Option<BestCut> {
    let rounding = ROUNDING * all.squares;
    if all.squares - all.sum * all.sum / all.count <= rounding {
        return None;
    }
    let (mut most, mut best) = (rounding, None);
    for axis in 0..extents.len() {
        let ordered = occupied_cells(points, axis, members);
        let mut first = Sums::default();
        for (number, (_, sums)) in ordered.iter().enumerate() {
            first = first.and(*sums);
            let is_enough = first.count.min(all.count - first.count) >= points.least as f64;
            if is_enough && first.gain(all) > most {
                most = first.gain(all);
                best = Some((axis, number + 1));
            }
        }
    }
    let (axis, count) = best?;
    let ordered = occupied_cells(points, axis, members);
    let cells: Vec<usize> = ordered.into_iter().map(|(cell, _)| cell).collect();
    let (first, second) = cut(&points.axes[axis], &extents[axis], &cells, count);
    Some(BestCut {
        axis,
        first,
        second,
    })
}

/// The cells of `axis` that have points, with their sums: numbers in ascending order, categories by
/// their means, among whose first ones the best set is found (Breiman and others, 9.4).
fn occupied_cells(points: &TrainingPoints, axis: usize, members: &[usize]) -> Vec<(usize, Sums)> {
    let cells = &points.axes[axis];
    let mut sums = vec![Sums::default(); cells.weights.len()];
    for &point in members {
        sums[cells.of_point[point]].add(points.values[point]);
    }
    let mut occupied: Vec<(usize, Sums)> = sums.into_iter().enumerate().collect();
    occupied.retain(|(_, sums)| sums.count > 0.0);
    if cells.numbers.is_none() {
        let mean = |sums: &Sums| sums.sum / sums.count;
        occupied.sort_by(|(_, a), (_, b)| mean(a).total_cmp(&mean(b)));
    }
    occupied
}

/// Cuts `extent` after the first `count` of its occupied `cells`. Numbers between two occupied
/// cells are cut in their middle; categories without points go to the side with more of the others.
fn cut(axis: &AxisCells, extent: &Extent, cells: &[usize], count: usize) -> (Extent, Extent) {
    match (extent, &axis.numbers) {
        (Extent::Range(start, end), Some(numbers)) => {
            let (below, above) = (cells[count - 1], cells[count]);
            let middle = f64::midpoint(numbers[below], numbers[above]);
            let border = numbers.partition_point(|number| *number < middle);
            let border = border.clamp(below + 1, above);
            (Extent::Range(*start, border), Extent::Range(border, *end))
        }
        _ => {
            let (mut first, mut second) = (cells[..count].to_vec(), cells[count..].to_vec());
            let mut empty: Vec<usize> = extent.runs().into_iter().map(|(cell, _)| cell).collect();
            empty.retain(|cell| !cells.contains(cell));
            match first.len() > second.len() {
                true => first.extend(empty),
                false => second.extend(empty),
            }
            (Extent::Set(first), Extent::Set(second))
        }
    }
}
