//! The picture of the first images with their maps.

use crate::inference::{ImageInput, NamedModel, PictureFile};
use anyhow::Result;
use convsweep_report::charts::{ExplainedMap, ExplainedTile, MOST_EXPLAINED, explained_images};
use convsweep_spec::inference::{AttributionMethod, ExplainedImage, MapWorth};
use convsweep_spec::words::printable;

/// The picture of the first images with their maps.
pub struct ExplainedPicture<'a> {
    file: PictureFile,
    methods: Vec<&'static str>,
    model: &'a NamedModel,
    tiles: Vec<ExplainedTile>,
}

impl<'a> ExplainedPicture<'a> {
    /// A picture without images.
    pub fn new(file: PictureFile, methods: &[AttributionMethod], model: &'a NamedModel) -> Self {
        ExplainedPicture {
            file,
            methods: methods.iter().map(|method| method.name()).collect(),
            model,
            tiles: Vec::new(),
        }
    }

    /// Adds an image, unless there are enough.
    pub fn add(&mut self, image: &ImageInput, found: &ExplainedImage) {
        if self.tiles.len() == MOST_EXPLAINED {
            return;
        }
        let class = usize::from(found.class);
        let name = image.path.file_name().unwrap_or_default().to_string_lossy();
        let mut maps = Vec::with_capacity(found.maps.len());
        for map in &found.maps {
            let MapWorth { own, moved } = map.worth.unwrap_or_default();
            let words = match map.is_empty() {
                true => ["marks nothing".to_string(), String::new()],
                false => [
                    format!(
                        "pixels go: {:.2}, moved {:.2}",
                        own.deletion, moved.deletion
                    ),
                    format!("come: {:.2}, moved {:.2}", own.insertion, moved.insertion),
                ],
            };
            maps.push(ExplainedMap {
                values: map.values.clone(),
                words,
            });
        }
        let probability = found.probabilities[class] * 100.0;
        self.tiles.push(ExplainedTile {
            image: self.model.picture(&found.pixels),
            name: printable(&name).into_owned(),
            explained: format!(
                "{} {probability:.0} %",
                printable(&self.model.classes[class])
            ),
            maps,
        });
    }

    /// Writes the picture, and says where it is, and how many of all images it shows, in a sentence.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write(&self, all: u64) -> Result<String> {
        let scene = explained_images(&self.methods, &self.tiles);
        self.file.write(&scene, self.tiles.len() as u64, all)
    }
}
