//! Where resolved layers are written.

use crate::source::span::Span;
use convsweep_spec::model::Layer;

/// Where a resolved layer is written in the file.
#[derive(Clone, Debug)]
pub(super) struct LayerPlace {
    /// Its number there: `4`, `4.2`, `basic.1`.
    pub number: String,
    pub span: Span,
    /// Where the block or preset that contains it is used.
    pub used_at: Option<Span>,
    /// The places of the layers in its branches.
    pub branches: Vec<Vec<LayerPlace>>,
}

/// Resolved layers and the place of each.
#[derive(Clone, Debug, Default)]
pub(super) struct PlacedLayers {
    pub layers: Vec<Layer>,
    pub places: Vec<LayerPlace>,
}

impl PlacedLayers {
    pub(super) fn one(layer: Layer, place: LayerPlace) -> PlacedLayers {
        PlacedLayers {
            layers: vec![layer],
            places: vec![place],
        }
    }

    pub(super) fn append(&mut self, mut others: PlacedLayers) {
        self.layers.append(&mut others.layers);
        self.places.append(&mut others.places);
    }
}
