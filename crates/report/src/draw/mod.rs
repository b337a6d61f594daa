//! From shapes to pictures: a scene of plain shapes, its colours, its axes, and plotters' backends
//! that render it.

pub mod axis;
pub mod color;
pub mod legend;
pub mod render;
pub mod scene;
pub mod text;
