//! Experiment files as plans, compared with what the results folder contains.

pub mod cost;
pub mod experiment_file;
pub mod file_args;
pub mod frozen_files;
pub mod job_action;
pub mod lookup;
pub mod precision;
pub mod recorded_jobs;
pub mod search_identity;
pub mod search_input;
pub mod slots;
pub mod stages;
pub mod trained_weights;
