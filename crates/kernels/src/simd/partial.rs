//! Loads and stores of the first `n` lanes of a vector, for the last vector of a row.

use super::vector::Vector;

#[inline(always)]
pub(crate) unsafe fn load<V: Vector>(from: *const f32, n: usize) -> V {
    if n == V::LANES {
        V::load(from)
    } else {
        V::load_partial(from, n)
    }
}

#[inline(always)]
pub(crate) unsafe fn store<V: Vector>(value: V, to: *mut f32, n: usize) {
    if n == V::LANES {
        value.store(to)
    } else {
        value.store_partial(to, n)
    }
}

#[inline(always)]
pub(crate) unsafe fn load_bytes<V: Vector>(from: *const u8, n: usize) -> V {
    if n == V::LANES {
        return V::load_bytes(from);
    }
    let mut bytes = [0; 64];
    std::ptr::copy_nonoverlapping(from, bytes.as_mut_ptr(), n);
    V::load_bytes(bytes.as_ptr())
}

#[inline(always)]
pub(crate) unsafe fn store_bytes<V: Vector>(value: V, to: *mut u8, n: usize) {
    if n == V::LANES {
        return value.store_bytes(to);
    }
    let mut bytes = [0; 64];
    value.store_bytes(bytes.as_mut_ptr());
    std::ptr::copy_nonoverlapping(bytes.as_ptr(), to, n);
}
