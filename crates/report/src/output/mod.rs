//! Draws the charts and writes the files of a report.

mod drawing;
mod error;
mod folder;

pub use drawing::draw_all;
pub use error::ReportError;
pub use folder::OutputFolder;
