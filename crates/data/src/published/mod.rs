//! Published image sets: what is known of them without their files, and how their files are read.

mod catalogue;
mod cifar;
mod class_names;
mod content;
mod idx;
mod read;
mod set;
#[cfg(test)]
pub(crate) mod tests;

pub(crate) use catalogue::published_set;
pub(crate) use read::{find_folder, read};
pub(crate) use set::{Download, FileLayout, PublishedSet};
