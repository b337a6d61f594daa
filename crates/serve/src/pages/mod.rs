//! The pages, each as sections that are sent again when they change.

mod compared;
mod curve_panel;
mod experiment;
mod failures;
mod job;
mod layout;
mod leaderboard;
mod overview;
mod stored_report;

pub use experiment::{experiment_curves, experiment_page};
pub use job::{OriginRow, images_svg, job_curves, job_page};
pub use layout::{PageContent, error_page};
pub use overview::overview_page;
pub use stored_report::{report_file, stored_report_path};
