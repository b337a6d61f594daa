//! One HTML page that opens offline: the answer, the leaderboard, the charts, and where everything
//! comes from. maud escapes every text that is not marked as finished HTML.

mod across;
mod answer;
mod charts;
mod comparisons;
mod document;
mod images;
mod leaderboard;
mod mistakes;
mod provenance;
mod stages;
mod table;

pub use across::AcrossPage;
pub use document::Page;
