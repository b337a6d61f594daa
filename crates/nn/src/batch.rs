//! A batch between two layers, whatever the order of its dimensions.

use burn::tensor::Tensor;

/// A batch between two layers.
#[derive(Clone, Debug)]
pub(crate) enum Batch {
    /// `[batch, channels, height, width]`
    ChannelsFirst(Tensor<4>),
    /// `[batch, height, width, channels]`: what our kernels take and return.
    ChannelsLast(Tensor<4>),
    /// `[batch, features]`
    Flat(Tensor<2>),
}

impl Batch {
    /// Applies an element-wise function; rank and order stay.
    pub(crate) fn map(
        self,
        image: impl FnOnce(Tensor<4>) -> Tensor<4>,
        flat: impl FnOnce(Tensor<2>) -> Tensor<2>,
    ) -> Batch {
        match self {
            Batch::ChannelsFirst(x) => Batch::ChannelsFirst(image(x)),
            Batch::ChannelsLast(x) => Batch::ChannelsLast(image(x)),
            Batch::Flat(x) => Batch::Flat(flat(x)),
        }
    }

    /// Combines two batches element by element. If either has its channels last, so has the result.
    pub(crate) fn zip(
        self,
        other: Batch,
        image: impl FnOnce(Tensor<4>, Tensor<4>) -> Tensor<4>,
        flat: impl FnOnce(Tensor<2>, Tensor<2>) -> Tensor<2>,
    ) -> Batch {
        match (self, other) {
            (Batch::ChannelsFirst(a), Batch::ChannelsFirst(b)) => Batch::ChannelsFirst(image(a, b)),
            (a @ Batch::Flat(_), b) | (a, b @ Batch::Flat(_)) => {
                Batch::Flat(flat(a.flatten(), b.flatten()))
            }
            (a, b) => Batch::ChannelsLast(image(a.channels_last(), b.channels_last())),
        }
    }

    /// `[batch, channels, height, width]`
    ///
    /// Panics on flat features: `spec::shape` has rejected such a model before.
    pub(crate) fn channels_first(self) -> Tensor<4> {
        match self {
            Batch::ChannelsFirst(x) => x,
            Batch::ChannelsLast(x) => x.permute([0, 3, 1, 2]),
            Batch::Flat(_) => panic!("a layer for images got flat features"),
        }
    }

    /// `[batch, height, width, channels]`
    ///
    /// Panics as [`Batch::channels_first`] does.
    pub(crate) fn channels_last(self) -> Tensor<4> {
        match self {
            Batch::ChannelsLast(x) => x,
            Batch::ChannelsFirst(_) | Batch::Flat(_) => self.channels_first().permute([0, 2, 3, 1]),
        }
    }

    /// `[batch, features]`, channel-major.
    pub(crate) fn flatten(self) -> Tensor<2> {
        match self {
            Batch::Flat(x) => x,
            image => image.channels_first().flatten(1, 3),
        }
    }

    /// Shape with batch and channels first.
    pub(crate) fn dims(&self) -> Vec<usize> {
        match self {
            Batch::ChannelsFirst(x) => x.dims().to_vec(),
            Batch::ChannelsLast(x) => {
                let [n, h, w, c] = x.dims();
                vec![n, c, h, w]
            }
            Batch::Flat(x) => x.dims().to_vec(),
        }
    }

    /// One value for each channel, in a shape that broadcasts over this batch.
    pub(crate) fn by_channel(&self, values: Tensor<1>) -> Batch {
        let c = values.dims()[0];
        match self {
            Batch::ChannelsFirst(_) => Batch::ChannelsFirst(values.reshape([1, c, 1, 1])),
            Batch::ChannelsLast(_) => Batch::ChannelsLast(values.reshape([1, 1, 1, c])),
            Batch::Flat(_) => Batch::Flat(values.reshape([1, c])),
        }
    }
}
