//! The panes and their orders.

use super::state::WatchedState;

/// A pane.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WatchPane {
    /// Running jobs, the best configurations and the newest failures.
    #[default]
    Overview,
    /// All jobs.
    Jobs,
    /// Configurations with a result.
    Leaderboard,
    /// Failed attempts.
    Failures,
}

/// The orders of each pane, by the pane's number; the first one is taken at the beginning.
pub const ORDERS: [&[&str]; WatchPane::COUNT] = [
    &["plan", "progress", "value", "name"],
    &["plan", "standing", "progress", "name"],
    &["rank", "name", "runs"],
    &["newest", "name", "outcome"],
];

impl WatchPane {
    /// Number of panes.
    pub const COUNT: usize = 4;
    /// All panes, in their order.
    pub const ALL: [WatchPane; WatchPane::COUNT] = [
        WatchPane::Overview,
        WatchPane::Jobs,
        WatchPane::Leaderboard,
        WatchPane::Failures,
    ];

    /// Its heading.
    pub fn heading(self, state: &WatchedState) -> String {
        match self {
            WatchPane::Overview => "1 overview".to_string(),
            WatchPane::Jobs => format!("2 jobs {}", state.jobs.len()),
            WatchPane::Leaderboard => format!("3 best {}", state.standings.len()),
            WatchPane::Failures => format!("4 failures {}", state.failures.len()),
        }
    }
}
