//! Numbers that a device may still be computing.

use crate::device::works_apart;
use crate::host::values;
use burn::tensor::Tensor;

/// A number that training has measured. A GPU computes while the host goes on, and every value that
/// is read back costs a wait, so that one may be read later, with others ([`read`]).
#[derive(Clone, Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "there are a few of them at a time"
)]
pub enum Scalar {
    /// The number.
    Known(f64),
    /// A tensor of one value.
    Pending(Tensor<1>),
}

impl Default for Scalar {
    fn default() -> Self {
        Scalar::Known(0.0)
    }
}

impl Scalar {
    /// The value of a tensor that has one; read at once where the device is the host.
    pub(crate) fn of(tensor: Tensor<1>) -> Self {
        match works_apart(&tensor.device()) {
            true => Scalar::Pending(tensor),
            false => Scalar::Known(f64::from(values(tensor)[0])),
        }
    }

    /// The number; waits for the device.
    pub fn value(&self) -> f64 {
        read([self])[0]
    }

    /// The sum of both.
    pub(crate) fn plus(self, other: Scalar) -> Scalar {
        match (self, other) {
            (Scalar::Known(a), Scalar::Known(b)) => Scalar::Known(a + b),
            (Scalar::Pending(a), Scalar::Pending(b)) => Scalar::Pending(a + b),
            (Scalar::Known(a), Scalar::Pending(b)) | (Scalar::Pending(b), Scalar::Known(a)) => {
                Scalar::Pending(b.add_scalar(a))
            }
        }
    }
}

/// The numbers, of which all that are pending are read in one transfer.
pub fn read<'a>(scalars: impl IntoIterator<Item = &'a Scalar>) -> Vec<f64> {
    let mut pending = Vec::new();
    let mut numbers = Vec::new();
    for scalar in scalars {
        numbers.push(match scalar {
            Scalar::Known(number) => Some(*number),
            Scalar::Pending(tensor) => {
                pending.push(tensor.clone());
                None
            }
        });
    }
    let transferred = match pending.is_empty() {
        true => vec![],
        false => values(Tensor::cat(pending, 0)),
    };
    let mut transferred = transferred.into_iter();
    let next = |number: Option<f64>| {
        number.unwrap_or_else(|| transferred.next().map_or(f64::NAN, f64::from))
    };
    numbers.into_iter().map(next).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_and_pending_numbers_are_read_in_their_order() {
        let device = crate::first_device().expect("a device");
        let pending = |value: f32| Scalar::Pending(Tensor::from_floats([value], &device));
        let scalars = [
            Scalar::Known(1.5),
            pending(2.0),
            Scalar::Known(0.1),
            pending(-4.0),
        ];
        assert_eq!(read(&scalars), [1.5, 2.0, 0.1, -4.0]);
        let sum = pending(2.0).plus(Scalar::Known(1.0)).plus(pending(0.5));
        assert_eq!(sum.value(), 3.5);
    }
}
