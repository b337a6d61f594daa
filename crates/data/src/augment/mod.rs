//! Augmentation: what images become on their way into training.

mod augmentation;
mod automatic;
mod erase;
mod geometric;
mod mixing;
mod pixels;
mod ranges;
mod stage;
#[cfg(test)]
mod tests;
mod working_image;

pub(crate) use augmentation::Augmentation;
pub(crate) use mixing::Mixing;
pub(crate) use working_image::Scratch;
