//! When an output is written past the caches.

use super::vector::Vector;

/// Whether an output `[pixel, channel]` is written past the caches: it is large and its pixels'
/// vectors are aligned.
pub(crate) fn should_stream<V: Vector>(output: *const f32, len: usize, channels: usize) -> bool {
    len >= STREAMED
        && channels.is_multiple_of(V::LANES)
        && output.addr().is_multiple_of(4 * V::LANES)
}

/// Values of an output that is written past the caches: it would not stay there until it is read,
/// and a line that is written as a whole need not be fetched first.
const STREAMED: usize = 2 << 20;
