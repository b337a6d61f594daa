//! What a search asks the run to do.

use super::step::SearchStep;
use convsweep_spec::log::JobVerdict;

/// An action that the controller asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum SearchAction {
    /// The job may train, up to
    /// [`SearchController::pause_epoch`](super::SearchController::pause_epoch).
    Release(usize),
    /// A decision to record, before those about single jobs that follow it are carried out.
    Judge(SearchStep),
    /// A decision about one job to record. With [`JobVerdict::Stop`] the job is pruned.
    Decide {
        /// The job.
        job: usize,
        /// Number of completed epochs at which it was judged.
        epoch: u32,
        /// The decision.
        verdict: JobVerdict,
        /// Name of the rule.
        rule: &'static str,
        /// The reason.
        reason: String,
    },
}
