//! From shapes to pictures: a scene of plain shapes, its colours, its axes, and plotters' backends
//! that render it. Nothing here knows what a chart shows.

pub mod color;
pub mod fallback;
pub mod font;
pub mod gradient;
pub mod legend;
pub mod numbers;
pub mod panel;
pub mod render;
pub mod scale;
pub mod scene;
pub mod style;
pub mod text;
pub mod ticks;
