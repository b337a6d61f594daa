//! Points that resolve to a configuration that another point has already.

use crate::grid::axes::Axes;
use crate::grid::labels::configuration_label;
use crate::grid::point::GridPoint;
use convsweep_spec::words::counted;
use std::collections::BTreeMap;

/// Equal points by the axes in which they differ.
#[derive(Default)]
pub(super) struct EqualPoints {
    groups: BTreeMap<String, EqualGroup>,
}

/// Equal points that differ in the same axes.
struct EqualGroup {
    count: usize,
    /// The labels of the first such point and of the point that it equals.
    example: String,
    equals: String,
}

impl EqualPoints {
    /// Adds `again`, which resolves to the configuration of `first`.
    pub(super) fn add(&mut self, axes: &Axes, first: &GridPoint, again: &GridPoint) {
        let differing = again.iter().filter(|choice| !first.contains(choice));
        let paths = differing.map(|choice| axes.all[choice.axis as usize].path.as_str());
        let paths: Vec<_> = paths.collect();
        let group = self
            .groups
            .entry(paths.join(", "))
            .or_insert_with(|| EqualGroup {
                count: 0,
                example: configuration_label(&axes.all, again, true),
                equals: configuration_label(&axes.all, first, true),
            });
        group.count += 1;
    }

    /// A note for each group.
    pub(super) fn notes(&self) -> Vec<String> {
        let groups = self.groups.iter();
        groups.map(|(paths, group)| group.note(paths)).collect()
    }
}

impl EqualGroup {
    fn note(&self, paths: &str) -> String {
        let EqualGroup {
            count,
            example,
            equals,
        } = self;
        let points = counted(*count as u64, "point");
        let what = match (paths, count) {
            ("", 1) => "appears in the sweep twice".into(),
            ("", _) => "appear in the sweep twice".into(),
            (paths, 1) => format!("differs only in {paths}, which has no effect there"),
            (paths, _) => format!("differ only in {paths}, which has no effect there"),
        };
        let equals = if equals.is_empty() {
            "the file without axes"
        } else {
            equals
        };
        format!(
            "{points} {what}: equal configurations are trained once (for example, {example} \
             equals {equals})"
        )
    }
}
