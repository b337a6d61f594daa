//! A block of transformed tiles, and the matrix products on it.

use super::planes::{PLANES, Planes, plane_stride};
use super::tiles::Tiles;
use super::transform::Form;
use crate::buffer::Buffer;
use crate::conv::shape::ConvShape;
use crate::matrix::{DotsTarget, Finish, LeftRows, OuterTarget, dots, outer_panels};
use crate::simd::{PANEL, Vector};

/// Transformed tiles of the input (`v`) and of the output (`m`) that are processed together.
pub(crate) struct TileBlock {
    channels: usize,
    filters: usize,
    /// Tiles of a full block.
    capacity: usize,
    v: Buffer,
    m: Buffer,
    /// Offset of each tile in a panel.
    tile_offsets: Vec<usize>,
}

/// Which planes of a block: those of the input or of the output.
#[derive(Clone, Copy)]
pub(crate) enum Side {
    Input,
    Output,
}

impl TileBlock {
    pub(crate) fn new<F: Form>(shape: &ConvShape, tiles: &Tiles<F>) -> TileBlock {
        let capacity = tiles.images_per_block().min(shape.images.max(1)) * tiles.per_image();
        let (channels, filters) = (shape.channels, shape.filters);
        TileBlock {
            channels,
            filters,
            capacity,
            v: Buffer::new(PLANES * plane_stride(capacity * channels)),
            m: Buffer::new(PLANES * plane_stride(capacity * filters)),
            tile_offsets: (0..capacity).map(|t| t * PANEL).collect(),
        }
    }

    /// The planes, laid out for this number of tiles.
    pub(crate) fn planes(&mut self, side: Side, tiles: usize) -> Planes {
        let (start, channels) = match side {
            Side::Input => (self.v.as_mut_ptr(), self.channels),
            Side::Output => (self.m.as_mut_ptr(), self.filters),
        };
        Planes {
            start,
            plane: plane_stride(self.capacity * channels),
            panel: tiles * PANEL,
        }
    }

    /// Offset of each panel in a plane.
    fn panels(&self, side: Side, tiles: usize) -> Vec<usize> {
        let channels = if let Side::Input = side {
            self.channels
        } else {
            self.filters
        };
        (0..channels / PANEL).map(|p| p * tiles * PANEL).collect()
    }

    /// Multiplies `tiles` tiles of `from` by transformed weights, plane by plane, and stores the
    /// products on the other side.
    #[inline(always)]
    pub(crate) unsafe fn multiply<V: Vector>(&mut self, from: Side, weights: &[f32], tiles: usize) {
        let (other, channels, columns) = match from {
            Side::Input => (Side::Output, self.channels, self.filters),
            Side::Output => (Side::Input, self.filters, self.channels),
        };
        let (x, y) = (self.planes(from, tiles), self.planes(other, tiles));
        let panels = self.panels(from, tiles);
        let offsets = &self.tile_offsets[..tiles];
        let rows = LeftRows {
            inputs: offsets,
            taps: &panels,
            run: PANEL,
            new_values: channels,
        };
        for z in 0..PLANES {
            let target = DotsTarget {
                y: y.start.add(z * y.plane),
                outputs: offsets,
                panel: y.panel,
            };
            let weights = weights.as_ptr().add(z * plane_stride(channels * columns));
            dots::<V>(
                x.start.add(z * x.plane),
                rows,
                weights,
                columns,
                Finish::NONE,
                target,
            );
        }
    }

    /// Adds the products of input and output planes to the gradient of the transformed weights.
    #[inline(always)]
    pub(crate) unsafe fn sum<V: Vector>(&mut self, sums: &mut [f32], tiles: usize) {
        let (v, m) = (
            self.planes(Side::Input, tiles),
            self.planes(Side::Output, tiles),
        );
        let width = PANEL;
        let panels = self.panels(Side::Input, tiles);
        let offsets: Vec<usize> = panels
            .iter()
            .flat_map(|p| (0..width).map(move |c| p + c))
            .collect();
        for z in 0..PLANES {
            let c = sums
                .as_mut_ptr()
                .add(z * plane_stride(self.channels * self.filters));
            let sums = OuterTarget {
                c,
                row: width,
                panel: self.channels * width,
                right: std::ptr::null_mut(),
            };
            let (v, m) = (v.start.add(z * v.plane), m.start.add(z * m.plane));
            outer_panels::<V>(
                [v, m],
                &self.tile_offsets[..tiles],
                &offsets,
                self.filters,
                sums,
            );
        }
    }
}
