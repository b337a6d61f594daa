//! A block of axes.

/// The product of its dimensions, without what is excluded.
#[derive(Clone, Debug, Default)]
pub(crate) struct SweepBlock {
    pub dimensions: Vec<Dimension>,
    pub exclusions: Vec<Vec<Condition>>,
    /// Number of points that are drawn, where not every combination is taken.
    pub sample_count: Option<u32>,
    /// Number of the stage, from 0.
    pub stage: usize,
}

/// Axes that change together; in a grid just one.
#[derive(Clone, Debug)]
pub(crate) struct Dimension {
    pub axes: Vec<u32>,
    /// For each step, the number of the value of each axis.
    pub steps: Vec<Vec<u32>>,
    /// For each drawn point, the number of its step.
    pub drawn_steps: Vec<u32>,
}

/// An axis has one of these values.
#[derive(Clone, Debug)]
pub(crate) struct Condition {
    pub axis: u32,
    pub values: Vec<u32>,
}
