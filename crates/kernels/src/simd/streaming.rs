//! When outputs are stored past the caches.

use super::vector::Vector;

/// Whether an output `[pixel, channel]` of `len` values is stored past the caches: it must be
/// large, and the vectors of every pixel must be aligned.
pub(crate) fn should_stream<V: Vector>(output: *const f32, len: usize, channels: usize) -> bool {
    len >= STREAMED
        && channels.is_multiple_of(V::LANES)
        && output.addr().is_multiple_of(4 * V::LANES)
}

/// Smallest output that is stored past the caches. Anything larger would be evicted before it is
/// read again, and a cache line that is overwritten entirely need not be fetched first.
const STREAMED: usize = 2 << 20;
