//! Sets of single image files: folders of classes, and CSV tables.

mod class_order;
mod empty_classes;
mod file_kind;
mod file_version;
mod find_images;
mod fitted;
mod folder;
mod image_file_set;
mod jpeg_header;
mod layout;
mod listing;
mod manifest;
mod part_folder;
mod part_names;
mod photo;
mod photo_header;
mod pixel_hash;
mod pseudo_files;
mod read_image;
mod reading;
mod root_name;
mod scan;
mod similar_names;
mod table;
mod test_cut;
#[cfg(test)]
mod tests;
mod unclear_parts;
mod walk;

pub use find_images::{FoundImages, find_images};
pub(crate) use image_file_set::ImageFileSet;
pub use read_image::read_image;
pub use table::{TableImage, TableImages, TableReading, table_images};
