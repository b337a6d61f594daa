//! What `watch` shows.

mod draw;
mod picture;
mod text;

pub use draw::draw;
pub use picture::Picture;
