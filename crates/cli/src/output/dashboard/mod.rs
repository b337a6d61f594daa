//! What `watch` shows: the state of an experiment on a terminal.

mod draw;
mod input;
mod pane;
mod reader;
mod rows;
mod state;
mod text;
mod view;

pub use draw::{draw, once};
pub use input::KeyEffect;
pub use reader::{Reading, WatchReader};
pub use state::WatchedState;
pub use view::WatchView;
