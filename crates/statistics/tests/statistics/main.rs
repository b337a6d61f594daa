//! Every method against scipy, statsmodels and R's limma (`tests/vectors/statistics.py` and
//! `sweeps.py`) and Optuna (`importance.py`), and what comes out where there is nothing to compute.

#![allow(clippy::unwrap_used, reason = "a test's helper may fail the test")]

mod distributions;
mod extremes;
mod folds;
mod grids;
mod importance;
mod means;
mod noise;
mod ranks;
mod shares;
mod variances;
mod vectors;
