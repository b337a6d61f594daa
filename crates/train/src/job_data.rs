//! The images of a job: opened, verified, split, and ready to be made into batches.

use crate::error::TrainError;
use convsweep_data::{Batcher, ImageSet, LabelledImages, Location, Subset, Subsets, open, split};
use convsweep_nn::loss::Objective;
use convsweep_spec::event::Part;
use convsweep_spec::job::Job;
use convsweep_spec::shape::Shape;

/// The images of a job, and the loss that their labels determine.
pub(crate) struct JobData {
    pub set: ImageSet,
    pub subsets: Subsets,
    pub batcher: Batcher,
    pub objective: Objective,
}

impl JobData {
    /// Opens the job's image set and splits it.
    ///
    /// # Errors
    /// If the set cannot be read, or is not the one that the job was planned for.
    pub(crate) fn open(job: &Job) -> Result<JobData, TrainError> {
        let (question, execution) = (&job.question, &job.execution);
        let spec = &question.configuration.data;
        let location = Location::new(&execution.data_cache, execution.data_path.as_deref())
            .within(execution.image_limits);
        let set = open(location, spec)?;
        if set.facts().hash != question.data_hash {
            let (expected, found) = (question.data_hash.clone(), set.facts().hash.clone());
            return Err(TrainError::OtherData { expected, found });
        }
        let subsets = split(&set, spec, question.fold)?;
        let batcher = Batcher::new(&set, &question.configuration.augment, &subsets)?;
        let mut labels = Vec::new();
        batcher.labels(Subset::Training, &subsets.train, &mut labels);
        let loss = &question.configuration.train.loss;
        let objective = Objective::new(loss, set.facts().classes.len(), &labels);
        Ok(JobData {
            set,
            subsets,
            batcher,
            objective,
        })
    }

    /// The images of a part, as rows of [`JobData::images`].
    pub(crate) fn rows(&self, part: Part) -> &[u32] {
        match part {
            Part::Validation => &self.subsets.validation,
            Part::Test => &self.subsets.test,
        }
    }

    /// The images that the rows of a part refer to.
    pub(crate) fn images(&self, part: Part) -> LabelledImages<'_> {
        match part {
            Part::Validation => self.set.train(),
            Part::Test => self.set.test(),
        }
    }

    /// The labels of these rows of a part.
    pub(crate) fn labels(&self, part: Part, rows: &[u32]) -> Vec<u16> {
        let mut labels = Vec::new();
        self.batcher.labels(part.into(), rows, &mut labels);
        labels
    }

    /// Shape of one image.
    pub(crate) fn image_shape(&self) -> Shape {
        let [channels, height, width] = self.set.train().shape().map(|n| n as u32);
        Shape::Image {
            channels,
            height,
            width,
        }
    }

    /// Shape of a batch, `[images, channels, height, width]`.
    pub(crate) fn batch_shape(&self, images: usize) -> [usize; 4] {
        let [channels, height, width] = self.set.train().shape();
        [images, channels, height, width]
    }

    /// Number of classes.
    pub(crate) fn classes(&self) -> u32 {
        self.set.facts().classes.len() as u32
    }

    /// What a reader should know about damaged images, if there are any.
    pub(crate) fn warning(&self) -> Option<String> {
        let skipped = self.set.skipped();
        let first = skipped.first()?;
        Some(format!(
            "{} damaged images were left out, the first is {first}",
            skipped.len()
        ))
    }
}
