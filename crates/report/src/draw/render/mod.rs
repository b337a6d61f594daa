//! Renders a scene as SVG, PNG and PDF.
//!
//! plotters' backends, which make the SVG and the PNG, know whole pixels only. So everything is
//! drawn on a finer grid: the SVG gets a view box of that grid, the bitmap is averaged down from it.

mod dashes;
mod pdf;
mod pen;
mod png;
mod svg;

pub use pdf::pdf;
pub use pen::RenderError;
pub use png::png;
pub use svg::{svg, themed};
