//! Winograd's method (see `transform`): 36 small matrix products, where the definition takes 144
//! (3×3) or 100 (5×5).
//!
//! The input is cut into overlapping 6×6 tiles, the output into tiles of 4×4 or 2×2. Transformed
//! tiles are stored in 36 planes `[panel of channels, tile, channel of the panel]`, and each plane
//! is multiplied by its own transformed weights. The gradients are computed by the transposed steps
//! in reverse order, so that the input and weight gradients share the transformed output gradient.

mod backward;
mod forward;
mod planes;
mod tile_block;
mod tiles;
mod transform;
mod weights;

pub(super) use backward::WinogradBackward;
pub(super) use forward::WinogradForward;
pub(super) use transform::output_tile;
