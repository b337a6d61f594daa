//! What this machine has to train on, which of it is used, and the slots that follow.

pub mod discover;
pub mod slots;
