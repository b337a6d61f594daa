//! Of which images features are kept.

use crate::job_data::JobData;
use convsweep_data::{DataError, Subset};
use convsweep_nn::{Features, Network};
use convsweep_spec::event::Part;
use serde::Serialize;

/// Images of a job whose features are kept together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum FeatureImages {
    /// The training images, as training computes them.
    Training,
    /// Those of a part, as evaluation computes them.
    Part(Part),
    /// The mirror images of a part.
    Mirrored(Part),
}

impl FeatureImages {
    /// Their rows.
    pub(super) fn rows(self, data: &JobData) -> &[u32] {
        match self {
            FeatureImages::Training => &data.subsets.train,
            FeatureImages::Part(part) | FeatureImages::Mirrored(part) => data.rows(part),
        }
    }

    /// What the first `operations` of a network make of the images in these rows.
    ///
    /// # Errors
    /// If the images cannot be read.
    pub(super) fn compute(
        self,
        (network, operations): (&Network, usize),
        data: &JobData,
        rows: &[u32],
    ) -> Result<Features, DataError> {
        let (pixels, shape) = self.pixels(data, rows)?;
        Ok(match self {
            FeatureImages::Training => network.training_features(operations, pixels, shape),
            FeatureImages::Part(_) | FeatureImages::Mirrored(_) => {
                network.evaluation_features(operations, pixels, shape)
            }
        })
    }

    /// The images in these rows, `[images, channels, height, width]`, and that shape.
    ///
    /// # Errors
    /// If they cannot be read.
    pub(crate) fn pixels(
        self,
        data: &JobData,
        rows: &[u32],
    ) -> Result<(Vec<f32>, [usize; 4]), DataError> {
        let mut pixels = Vec::new();
        data.batcher.evaluation(self.subset(), rows, &mut pixels)?;
        if self.is_mirrored() {
            data.batcher.mirror(&mut pixels);
        }
        Ok((pixels, data.batch_shape(rows.len())))
    }

    /// The subset that they are in.
    pub(crate) fn subset(self) -> Subset {
        match self {
            FeatureImages::Training => Subset::Training,
            FeatureImages::Part(part) | FeatureImages::Mirrored(part) => part.into(),
        }
    }

    /// Whether they are mirror images.
    pub(crate) fn is_mirrored(self) -> bool {
        matches!(self, FeatureImages::Mirrored(_))
    }
}
