//! Batches of images as the job's device takes them. On the host they are made when they are asked
//! for; for a device that works apart, a thread makes them ahead, and images that fit live there.

mod ahead;
mod maker;
mod resident;

pub(crate) use ahead::BatchesAhead;
pub(crate) use maker::{BatchMaker, TrainingBatch, TrainingRows};
