//! Sections with the values of a point's axes.

use crate::document::alternatives::Alternatives;
use crate::document::no_effect::remove_without_effect;
use crate::document::set_value::set_value;
use crate::grid::axes::Axes;
use crate::grid::axis::GridAxis;
use crate::grid::point::{AxisChoice, GridPoint};
use crate::source::problem::ProblemSink;
use crate::source::span::Span;
use crate::source::tree::Node;

/// The file with its axes.
#[derive(Clone, Copy)]
pub(crate) struct SectionValues<'a> {
    pub root: &'a Node,
    pub axes: &'a Axes,
    pub alternatives: &'a Alternatives,
}

impl SectionValues<'_> {
    /// The values of the point on axes of these sections.
    pub(crate) fn part(&self, point: &GridPoint, sections: &[&str]) -> GridPoint {
        let mut part = point.clone();
        part.retain(|choice| sections.contains(&self.axis(*choice).section()));
        part
    }

    /// A section with the values of `part`. `None` if it is missing, which is reported elsewhere,
    /// or if a value cannot be set.
    pub(crate) fn section(
        &self,
        name: &str,
        part: &GridPoint,
        sink: &mut ProblemSink,
    ) -> Option<Node> {
        let mut root = Node::empty_table(Span::BUILT_IN);
        if let Some(entry) = self.root.entry(name) {
            root.insert(entry.clone());
        }
        let mut choices = self.part(part, &[name]);
        // A table that one axis sets as a whole is changed by axes with longer paths.
        choices.sort_by_key(|choice| self.axis(*choice).segments.len());
        let mut right = true;
        for choice in &choices {
            let axis = self.axis(*choice);
            let value = &axis.values[choice.value as usize].node;
            let set = set_value(
                &mut root,
                &axis.segments,
                value,
                axis.span,
                self.alternatives,
            );
            right &= sink.ok(set).is_some();
        }
        for choice in &choices {
            remove_without_effect(&mut root, &self.axis(*choice).segments);
        }
        if !right {
            return None;
        }
        match root.get(name) {
            Some(section) => Some(section.clone()),
            // Images need no augmentation.
            None if name == "augment" => Some(Node::empty_table(Span::BUILT_IN)),
            None => None,
        }
    }

    fn axis(&self, choice: AxisChoice) -> &GridAxis {
        &self.axes.all[choice.axis as usize]
    }
}
