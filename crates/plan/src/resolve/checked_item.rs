//! A layer whose table has been checked.

use super::layer_place::LayerPlace;
use super::layer_scope::LayerScope;
use crate::language::field::Variant;
use crate::language::reader::TableReader;
use crate::source::tree::Node;

/// An item of a list of layers that has been checked.
pub(super) struct CheckedItem<'a> {
    pub variant: &'static Variant,
    /// With its lists of layers.
    pub whole: &'a Node,
    /// Without them.
    pub bare: &'a Node,
    pub place: LayerPlace,
    /// The scope of the layers within it.
    pub inner: LayerScope,
}

impl CheckedItem<'_> {
    pub(super) fn reader(&self) -> TableReader<'_> {
        TableReader::new(self.bare, self.variant.fields)
    }
}
