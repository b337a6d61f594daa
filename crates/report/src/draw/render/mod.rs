//! Renders a scene as SVG, PNG and PDF.
//!
//! plotters, which makes the SVG, knows whole pixels only. So everything is drawn on a finer grid, and
//! the SVG gets a view box of that grid. The PNG is that SVG, drawn by resvg.

mod dashes;
mod encoding;
mod pdf;
mod pen;
mod png;
mod svg;

pub use pdf::pdf;
pub use pen::RenderError;
pub use png::png;
pub use svg::{svg, themed};
