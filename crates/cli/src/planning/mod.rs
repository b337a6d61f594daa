//! An experiment file in the light of what the results folder holds.

pub mod cost;
pub mod difference;
pub mod find;
pub mod read;
pub mod search;
pub mod slots;
pub mod stages;
