//! The planes of a block of tiles, and the products of them.

use super::planes::{PLANES, Planes, plane_stride};
use super::tiles::Tiles;
use super::transform::Form;
use crate::buffer::Buffer;
use crate::conv::shape::ConvShape;
use crate::matrix::{DotsTarget, Finish, LeftRows, OuterTarget, dots, outer_panels};
use crate::simd::{PANEL, Vector};

/// The planes of a block of tiles and how its products go through them.
pub(crate) struct TileBlock {
    channels: usize,
    filters: usize,
    /// Tiles of a whole block.
    most: usize,
    v: Buffer,
    m: Buffer,
    /// Offsets of the tiles in a panel.
    tiles: Vec<usize>,
}

/// Which of a block's planes.
#[derive(Clone, Copy)]
pub(crate) enum Side {
    Input,
    Output,
}

impl TileBlock {
    pub(crate) fn new<F: Form>(shape: &ConvShape, tiles: &Tiles<F>) -> TileBlock {
        let most = tiles.images().min(shape.images.max(1)) * tiles.per_image();
        let (channels, filters) = (shape.channels, shape.filters);
        TileBlock {
            channels,
            filters,
            most,
            v: Buffer::new(PLANES * plane_stride(most * channels)),
            m: Buffer::new(PLANES * plane_stride(most * filters)),
            tiles: (0..most).map(|t| t * PANEL).collect(),
        }
    }

    /// Planes of so many tiles.
    pub(crate) fn planes(&mut self, side: Side, tiles: usize) -> Planes {
        let (at, channels) = match side {
            Side::Input => (self.v.as_mut_ptr(), self.channels),
            Side::Output => (self.m.as_mut_ptr(), self.filters),
        };
        Planes {
            at,
            plane: plane_stride(self.most * channels),
            panel: tiles * PANEL,
        }
    }

    /// Offsets of the panels of a plane.
    fn panels(&self, side: Side, tiles: usize) -> Vec<usize> {
        let channels = if let Side::Input = side {
            self.channels
        } else {
            self.filters
        };
        (0..channels / PANEL).map(|p| p * tiles * PANEL).collect()
    }

    /// Plane by plane, `tiles` tiles of `from` times weights, to the other side.
    #[inline(always)]
    pub(crate) unsafe fn multiply<V: Vector>(&mut self, from: Side, weights: &[f32], tiles: usize) {
        let (other, channels, columns) = match from {
            Side::Input => (Side::Output, self.channels, self.filters),
            Side::Output => (Side::Input, self.filters, self.channels),
        };
        let (x, y) = (self.planes(from, tiles), self.planes(other, tiles));
        let panels = self.panels(from, tiles);
        let offsets = &self.tiles[..tiles];
        let rows = LeftRows {
            inputs: offsets,
            taps: &panels,
            run: PANEL,
            fresh: channels,
        };
        for z in 0..PLANES {
            let target = DotsTarget {
                y: y.at.add(z * y.plane),
                outputs: offsets,
                panel: y.panel,
            };
            let weights = weights.as_ptr().add(z * plane_stride(channels * columns));
            dots::<V>(
                x.at.add(z * x.plane),
                rows,
                weights,
                columns,
                Finish::NONE,
                target,
            );
        }
    }

    /// Adds the products of both sides to the transformed weights' gradient.
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
            let (v, m) = (v.at.add(z * v.plane), m.at.add(z * m.plane));
            outer_panels::<V>([v, m], &self.tiles[..tiles], &offsets, self.filters, sums);
        }
    }
}
