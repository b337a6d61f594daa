//! Files that appear under their name only when they are complete, and reading what others wrote.
//!
//! Content is written to a partial file next to the target, which is then renamed: readers see the
//! old content or all of the new one, never half of it. The caller chooses how long a write waits
//! for the disk ([`Durability`]), since waiting takes milliseconds and is not always needed.
//!
//! [`read_regular`] reads files that the user names: pipes, devices and endless files are refused.
//! [`memory_limit`] reads what the control groups around this program leave it.

mod control_group;
mod durability;
mod error;
mod free_space;
mod hash;
mod hole;
mod lines;
mod new_file;
mod publish;
mod regular;
mod remedy;
mod size_limit;
mod stack;

pub use control_group::{MemoryGroup, memory_groups, memory_limit};
pub use durability::Durability;
pub use error::FileError;
pub use free_space::free_space;
pub use hash::hash_regular;
pub use hole::{ReadableLength, length_before_hole};
pub use lines::{LineEnd, LineRead, read_line};
pub use new_file::{NewFile, check_writable, write, write_shared};
pub use publish::{
    beside, create_folder, create_last_folder, partial_path, publish, sync_content, sync_name,
};
pub use regular::{exists, is_absence, not_regular, numbered_path, open_regular, read_regular};
pub use remedy::{system_remedy, system_remedy_or};
pub use size_limit::{size_limit, survive_size_limit};
pub use stack::with_enough_stack;
