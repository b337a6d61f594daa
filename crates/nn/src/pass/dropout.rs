//! Dropout of values, planes or images.

use super::context::Pass;
use crate::batch::Batch;
use crate::operation::DropoutUnit;
use burn::tensor::{Tensor, TensorData};
use convsweep_spec::random::IndexedDraws;

impl Pass<'_> {
    /// In training, zeroes units at random and scales the rest by 1 / (1 − rate). Unit `i` of the
    /// batch, in row-major order with channels first, is decided by number `i` of the layer's
    /// stream.
    pub(super) fn dropout(&self, batch: Batch, layer: &str, rate: f64, unit: DropoutUnit) -> Batch {
        let Some(training) = &self.training else {
            return batch;
        };
        if rate == 0.0 {
            return batch;
        }
        let batch = self.ops.widened(batch);
        let mut dims = batch.dims();
        let first_dropped_together = match unit {
            DropoutUnit::Value => dims.len(),
            DropoutUnit::Plane => 2,
            DropoutUnit::Image => 1,
        };
        dims[first_dropped_together..].fill(1);
        let factors = Factors {
            draws: IndexedDraws::new("dropout", training.seed, layer, training.step),
            rate,
            kept: (1.0 / (1.0 - rate)) as f32,
        };
        let count = dims.iter().product::<usize>();
        let device = &self.network.device;
        match batch {
            Batch::ChannelsFirst(x) => {
                let data = TensorData::new(factors.first(count), dims);
                Batch::ChannelsFirst(x * Tensor::from_data(data, device))
            }
            Batch::ChannelsLast(x) => {
                let [n, c, h, w] = [dims[0], dims[1], dims[2], dims[3]];
                let mask = factors.with_channels_last(count, [c, h, w]);
                let data = TensorData::new(mask, [n, h, w, c]);
                Batch::ChannelsLast(x * Tensor::from_data(data, device))
            }
            Batch::Flat(x) => {
                let data = TensorData::new(factors.first(count), dims);
                Batch::Flat(x * Tensor::from_data(data, device))
            }
        }
    }
}

/// What each unit is multiplied by.
struct Factors {
    draws: IndexedDraws,
    rate: f64,
    kept: f32,
}

impl Factors {
    fn of(&self, unit: usize) -> f32 {
        if self.draws.uniform(unit as u64) < self.rate {
            0.0
        } else {
            self.kept
        }
    }

    /// Those of the first `count` units.
    fn first(&self, count: usize) -> Vec<f32> {
        (0..count).map(|unit| self.of(unit)).collect()
    }

    /// The same, where the batch has its channels last: place `i` holds the unit with the same
    /// image, channel and pixel.
    fn with_channels_last(&self, count: usize, [c, h, w]: [usize; 3]) -> Vec<f32> {
        let mut factors = Vec::with_capacity(count);
        for i in 0..count {
            let (image, channel) = (i / (h * w * c), i % c);
            let (row, column) = (i / (w * c) % h, i / c % w);
            factors.push(self.of(((image * c + channel) * h + row) * w + column));
        }
        factors
    }
}
