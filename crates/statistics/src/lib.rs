//! Statistical methods as pure functions over numbers.
//!
//! Each file is one method and names its paper. What is compared with what is decided elsewhere.
//! No function panics: what cannot be computed is `None`, never NaN. `tests/vectors/statistics.py`,
//! `sweeps.py` and `importance.py` record what scipy, statsmodels, R's limma and Optuna compute;
//! the tests compare with it.

pub mod anova;
mod axis_cells;
pub mod binomial;
mod chi_spread;
pub mod equivalence;
pub mod fisher;
pub mod folds;
pub mod friedman;
pub mod grid;
pub mod holm;
pub mod importance;
pub mod mcnemar;
pub mod moderated;
pub mod nemenyi;
pub mod noise;
pub mod noncentral_t;
pub mod paired;
pub mod polygamma;
mod quadrature;
pub mod ranks;
mod regression_tree;
pub mod sample;
pub mod sample_size;
pub mod share_posterior;
pub mod student_t;
pub mod studentized_range;
pub mod welch;
