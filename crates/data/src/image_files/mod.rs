//! Sets of single image files: folders of classes, and CSV tables.

mod file_version;
mod folder;
mod image_file_set;
mod listing;
mod manifest;
mod photo;
mod photo_header;
mod reading;
mod scan;
mod table;
mod test_cut;
#[cfg(test)]
mod tests;

pub(crate) use image_file_set::ImageFileSet;
