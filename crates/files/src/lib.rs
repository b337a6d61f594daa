//! Files that appear under their name only when they are complete.
//!
//! Content is written to a partial file next to the target, which is then renamed: readers see the
//! old content or all of the new one, never half of it. The caller chooses how long a write waits
//! for the disk ([`Durability`]), since waiting takes milliseconds and is not always needed.

mod durability;
mod error;
mod new_file;
mod publish;

pub use durability::Durability;
pub use error::FileError;
pub use new_file::{NewFile, write};
pub use publish::{partial_path, publish, sync_content};
