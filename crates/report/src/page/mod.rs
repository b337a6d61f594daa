//! One HTML page that opens offline: the answer, the leaderboard, the charts, and where everything
//! comes from. maud escapes every text that is not marked as finished HTML.

mod across;
pub mod answer;
mod charts;
pub mod comparisons;
mod document;
mod images;
mod leaderboard;
mod mistakes;
mod provenance;
pub mod stages;
mod table;

pub use across::AcrossPage;
pub use document::{AFTER_LEADERBOARD, Page, STYLE};
