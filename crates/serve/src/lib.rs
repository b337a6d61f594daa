//! The page of running and finished sweeps, for the browsers of this machine alone.

pub mod door;
