//! Makes batches of a job's images.

use super::ahead::{BatchesAhead, MakeBatch};
use super::resident::Residents;
use crate::error::TrainError;
use crate::features::FeatureImages;
use crate::job_data::JobData;
use convsweep_data::{BatchChange, BatchMix, DataError, Subset};
use convsweep_nn::loss::{Mixture, Targets};
use convsweep_nn::{Device, Images, ResidentImages, UPLOADS_FROM_ANY_THREAD, works_apart};
use std::sync::Arc;

/// Makes batches of a job's images for its device.
#[derive(Clone)]
pub(crate) struct BatchMaker {
    data: Arc<JobData>,
    seed: u64,
    device: Device,
    training: Arc<Residents>,
    test: Arc<Residents>,
}

/// The training images of a batch.
pub(crate) struct TrainingRows {
    pub rows: Vec<u32>,
    /// Number of the batch over the whole job.
    pub number: u64,
}

/// The images of a batch that is evaluated, and their rows.
pub(crate) type EvaluatedRows = (FeatureImages, Vec<u32>);

/// Images for training, and the classes that they should be given.
pub(crate) struct TrainingBatch {
    pub images: MadeImages,
    pub targets: Targets,
}

/// Images of a batch.
pub(crate) enum MadeImages {
    /// Pixels on the host, `[images, channels, height, width]`, and that shape.
    OnHost(Vec<f32>, [usize; 4]),
    /// Some of those that live on the device.
    Resident(Box<ResidentBatch>),
    /// As the network takes them.
    OnDevice(Box<Images>),
}

/// Rows of images that live on the device, and what is done to them there.
pub(crate) struct ResidentBatch {
    images: ResidentImages,
    rows: Vec<u32>,
    changes: Vec<BatchChange>,
    mix: Option<BatchMix>,
    is_mirrored: bool,
}

impl MadeImages {
    /// The images on the device.
    pub(crate) fn on(self, device: &Device) -> Images {
        match self {
            MadeImages::OnHost(pixels, shape) => Images::upload(pixels, shape, device),
            MadeImages::Resident(batch) => {
                let ResidentBatch {
                    images,
                    rows,
                    changes,
                    mix,
                    is_mirrored,
                } = *batch;
                let batch = images.batch(&rows, &changes, mix.as_ref());
                if is_mirrored { batch.mirrored() } else { batch }
            }
            MadeImages::OnDevice(images) => *images,
        }
    }
}

impl BatchMaker {
    /// For a job with this seed on `device`.
    pub(crate) fn new(data: &Arc<JobData>, seed: u64, device: &Device) -> Self {
        BatchMaker {
            data: Arc::clone(data),
            seed,
            device: device.clone(),
            training: Arc::default(),
            test: Arc::default(),
        }
    }

    /// The training batches of an epoch. `left` are those that will be taken, in their order.
    ///
    /// # Errors
    /// If no thread can be started.
    pub(crate) fn training_batches(
        &self,
        epoch: u32,
        left: impl Iterator<Item = TrainingRows>,
    ) -> Result<BatchesAhead<TrainingRows, TrainingBatch>, TrainError> {
        let maker = self.clone();
        let make = move |TrainingRows { rows, number }: TrainingRows| {
            let batch = maker.training(epoch, &rows, number)?;
            let images = maker.sent_ahead(batch.images);
            Ok(TrainingBatch { images, ..batch })
        };
        self.ahead(left, Box::new(make))
    }

    /// Batches of images for evaluation. `all` are those that will be taken, in their order.
    ///
    /// # Errors
    /// If no thread can be started.
    pub(crate) fn evaluation_batches(
        &self,
        all: impl Iterator<Item = EvaluatedRows>,
    ) -> Result<BatchesAhead<EvaluatedRows, MadeImages>, TrainError> {
        let maker = self.clone();
        let make = move |(images, rows): EvaluatedRows| {
            Ok(maker.sent_ahead(maker.evaluation(images, &rows)?))
        };
        self.ahead(all, Box::new(make))
    }

    /// Batches are made by a thread for a device that works apart.
    fn ahead<I: Send + 'static, T: Send + 'static>(
        &self,
        items: impl Iterator<Item = I>,
        make: MakeBatch<I, T>,
    ) -> Result<BatchesAhead<I, T>, TrainError> {
        match works_apart(&self.device) {
            true => BatchesAhead::by_thread(items.collect(), make),
            false => Ok(BatchesAhead::OnDemand(make)),
        }
    }

    /// A batch is sent to a GPU by the thread that makes it, where that does not wait for the
    /// device.
    fn sent_ahead(&self, images: MadeImages) -> MadeImages {
        match works_apart(&self.device) && UPLOADS_FROM_ANY_THREAD {
            true => MadeImages::OnDevice(Box::new(images.on(&self.device))),
            false => images,
        }
    }

    /// A batch of training images: augmented, normalised, mixed.
    fn training(&self, epoch: u32, rows: &[u32], number: u64) -> Result<TrainingBatch, DataError> {
        let JobData {
            batcher, objective, ..
        } = &*self.data;
        let (images, share) = match self.resident_batch(epoch, rows, number)? {
            Some(found) => found,
            None => {
                let mut pixels = Vec::new();
                batcher.training(self.seed, epoch, rows, &mut pixels)?;
                let share = batcher.mix(self.seed, number, &mut pixels);
                let shape = self.data.batch_shape(rows.len());
                (MadeImages::OnHost(pixels, shape), share)
            }
        };
        let mut labels = Vec::new();
        batcher.labels(Subset::Training, rows, &mut labels);
        let mixture = share.map(|share| mixture(share, &labels));
        let targets = objective.targets(&labels, mixture.as_ref());
        Ok(TrainingBatch { images, targets })
    }

    /// The same from images that live on the device, if they do and it can change them itself; and
    /// the share that each image keeps of itself if they are mixed.
    fn resident_batch(
        &self,
        epoch: u32,
        rows: &[u32],
        number: u64,
    ) -> Result<Option<(MadeImages, Option<f64>)>, DataError> {
        let batcher = &self.data.batcher;
        if !works_apart(&self.device) {
            return Ok(None);
        }
        let Some(changes) = batcher.changes(self.seed, epoch, rows) else {
            return Ok(None);
        };
        let Some(images) = self.resident(Subset::Training)? else {
            return Ok(None);
        };
        let (mix, share) = match batcher.drawn_mix(self.seed, number, rows.len()) {
            Some((mix, share)) => (Some(mix), Some(share)),
            None => (None, None),
        };
        let batch = ResidentBatch {
            images,
            rows: rows.to_vec(),
            changes,
            mix,
            is_mirrored: false,
        };
        Ok(Some((MadeImages::Resident(Box::new(batch)), share)))
    }

    /// A batch of images that are neither augmented nor mixed.
    fn evaluation(&self, images: FeatureImages, rows: &[u32]) -> Result<MadeImages, DataError> {
        if works_apart(&self.device)
            && let Some(resident) = self.resident(images.subset())?
        {
            return Ok(MadeImages::Resident(Box::new(ResidentBatch {
                images: resident,
                rows: rows.to_vec(),
                changes: vec![],
                mix: None,
                is_mirrored: images.is_mirrored(),
            })));
        }
        let (pixels, shape) = images.pixels(&self.data, rows)?;
        Ok(MadeImages::OnHost(pixels, shape))
    }

    /// The images that the rows of a subset refer to, where they live on the device.
    fn resident(&self, subset: Subset) -> Result<Option<ResidentImages>, DataError> {
        let JobData { set, batcher, .. } = &*self.data;
        let device = &self.device;
        match subset {
            Subset::Training | Subset::Validation => {
                self.training.get(&set.train(), batcher, device)
            }
            Subset::Test => self.test.get(&set.test(), batcher, device),
        }
    }
}

/// Each image is mixed with the next one of its batch.
fn mixture(share: f64, labels: &[u16]) -> Mixture {
    let mut others = labels.to_vec();
    others.rotate_left(1);
    Mixture { share, others }
}
