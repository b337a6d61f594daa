//! The figures that jobs are judged by: which epoch of a job counts.
//!
//! The database's views, `show`, the leaderboard, stopping rules, their simulation and the report
//! all take them from here, so that they cannot disagree.

/// The epoch (from 1) whose weights a job keeps after `epoch` completed epochs.
///
/// `best_epoch` is the value of [`crate::metric::BEST_EPOCH`] recorded for that epoch: jobs that
/// keep their best weights record it, all others keep their last weights.
pub fn kept_epoch(epoch: u32, best_epoch: Option<f64>) -> u32 {
    match best_epoch {
        Some(best) if best >= 1.0 && best <= f64::from(epoch) => best as u32,
        _ => epoch,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_recorded_best_epoch_counts_else_the_last() {
        assert_eq!(kept_epoch(7, None), 7);
        assert_eq!(kept_epoch(7, Some(3.0)), 3);
        assert_eq!(kept_epoch(7, Some(7.0)), 7);
    }

    #[test]
    fn an_impossible_best_epoch_is_ignored() {
        for impossible in [f64::NAN, 0.0, -1.0, 8.0, f64::INFINITY] {
            assert_eq!(kept_epoch(7, Some(impossible)), 7, "{impossible}");
        }
    }
}
