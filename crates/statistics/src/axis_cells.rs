//! An axis of sampled points cut into cells, from which trees choose their splits.

/// More cells than this of a numeric axis are merged.
const MOST_CELLS: usize = 128;

/// The values that an axis may take.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum AxisDomain {
    /// All numbers from `low` to `high`, each as likely as the others: for a rate that is sampled
    /// by its logarithm, the logarithms.
    Interval {
        /// The least number.
        low: f64,
        /// The greatest number.
        high: f64,
    },
    /// So many values without order, as the numbers 0, 1, ….
    Categories(usize),
}

/// The cells of an axis.
#[derive(Clone, Debug)]
pub(crate) struct AxisCells {
    /// The share of each cell in the domain; together 1.
    pub weights: Vec<f64>,
    /// The cell of each point.
    pub of_point: Vec<usize>,
    /// A number in each cell, in ascending order; `None` for categories.
    pub numbers: Option<Vec<f64>>,
}

impl AxisCells {
    /// The cells of the axis of which `values` are the points'; `None` if the domain is empty or a
    /// value lies outside it.
    pub fn new(domain: AxisDomain, values: &[f64]) -> Option<AxisCells> {
        match domain {
            AxisDomain::Categories(count) => Self::of_categories(count, values),
            AxisDomain::Interval { low, high } => Self::of_interval(low, high, values),
        }
    }

    fn of_categories(count: usize, values: &[f64]) -> Option<AxisCells> {
        let is_category = |value: &f64| value.fract() == 0.0 && (0.0..count as f64).contains(value);
        if count == 0 || !values.iter().all(is_category) {
            return None;
        }
        Some(AxisCells {
            weights: vec![1.0 / count as f64; count],
            of_point: values.iter().map(|value| *value as usize).collect(),
            numbers: None,
        })
    }

    /// One cell for each number that occurs; borders halfway between neighbours.
    fn of_interval(low: f64, high: f64, values: &[f64]) -> Option<AxisCells> {
        let is_inside = |value: &f64| (low..=high).contains(value);
        if !(low.is_finite() && high.is_finite() && values.iter().all(is_inside)) {
            return None;
        }
        let mut numbers = values.to_vec();
        numbers.sort_by(f64::total_cmp);
        numbers.dedup();
        let step = numbers.len().div_ceil(MOST_CELLS).max(1);
        let numbers: Vec<f64> = numbers.into_iter().skip(step / 2).step_by(step).collect();
        let halfway = |pair: &[f64]| f64::midpoint(pair[0], pair[1]);
        let borders: Vec<f64> = numbers.windows(2).map(halfway).collect();
        let cell = |value: &f64| borders.partition_point(|border| border < value);
        Some(AxisCells {
            weights: shares(low, high, &borders),
            of_point: values.iter().map(cell).collect(),
            numbers: Some(numbers),
        })
    }
}

/// The shares of the parts between `borders` in the interval; a single one has all of it, whatever
/// its length.
fn shares(low: f64, high: f64, borders: &[f64]) -> Vec<f64> {
    if borders.is_empty() {
        return vec![1.0];
    }
    let ends = [&[low], borders, &[high]].concat();
    let share = |pair: &[f64]| (pair[1] - pair[0]) / (high - low);
    ends.windows(2).map(share).collect()
}
