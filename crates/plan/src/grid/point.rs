//! A point of the grid.

/// The value of an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct AxisChoice {
    /// Number of the axis.
    pub axis: u32,
    /// Number of the value among those of the axis.
    pub value: u32,
}

/// The values of a point on its axes, in the order of the block.
pub(crate) type GridPoint = Vec<AxisChoice>;

/// Number of the point's value on an axis, if it has one there.
pub(crate) fn value_on(point: &GridPoint, axis: u32) -> Option<u32> {
    let own = point.iter().find(|choice| choice.axis == axis);
    own.map(|choice| choice.value)
}

/// `point` with the values of `over` instead of its own.
pub(crate) fn overlaid(point: &GridPoint, over: &GridPoint) -> GridPoint {
    let kept = point
        .iter()
        .filter(|choice| over.iter().all(|other| other.axis != choice.axis));
    kept.chain(over).copied().collect()
}

/// Whether the point has all of these values.
pub(crate) fn has_all(point: &GridPoint, wanted: &GridPoint) -> bool {
    wanted.iter().all(|choice| point.contains(choice))
}
