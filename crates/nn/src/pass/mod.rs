//! One pass of a batch through a network, operation by operation.

mod apply;
mod branches;
mod context;
mod dropout;
mod normalization;

pub(crate) use context::{Pass, TrainingPass};
