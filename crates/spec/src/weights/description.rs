//! What a file of trained weights says of itself, in its metadata.

use crate::augment::MeanStd;
use crate::id::JobId;
use crate::model::ModelSpec;
use crate::shape::Shape;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Formula of a network's input, in words.
const INPUT: &str = "(pixel / 255 - mean) / std for each channel, before the network; \
                     batches are [images, channels, height, width]";

/// The metadata of a file of trained weights: everything that its tensors alone do not tell whoever
/// uses the network elsewhere.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelDescription {
    /// Class names, by output of the network.
    pub classes: Vec<String>,
    /// Channels, height and width of an image, or the length of its vector.
    pub input_shape: Vec<u32>,
    /// How pixel values (0 to 255) become the network's input, in words.
    pub input: String,
    /// Mean and standard deviation of each channel; zeros and ones where pixel values are only
    /// divided by 255.
    pub normalization: MeanStd,
    /// Name and version of the program that wrote the file.
    pub program: String,
    /// The job that trained the weights.
    pub job: JobId,
    /// The resolved architecture.
    pub architecture: ModelSpec,
}

impl ModelDescription {
    /// The one metadata key of such a file; its value is this as JSON.
    pub const KEY: &str = "convsweep";

    /// The description of a network for images of this shape.
    pub fn new(
        job: &JobId,
        program: String,
        classes: Vec<String>,
        (image, normalization): (Shape, MeanStd),
        architecture: ModelSpec,
    ) -> ModelDescription {
        let input_shape = match image {
            Shape::Image {
                channels,
                height,
                width,
            } => vec![channels, height, width],
            Shape::Flat(length) => vec![length],
        };
        ModelDescription {
            classes,
            input_shape,
            input: INPUT.to_string(),
            normalization,
            program,
            job: job.clone(),
            architecture,
        }
    }

    /// Reads the description from the bytes of a file of weights; `None` if it has none, as files
    /// of other programs and of older versions of this one.
    pub fn read(file: &[u8]) -> Option<ModelDescription> {
        let (length, rest) = file.split_first_chunk::<8>()?;
        let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
        let header: Value = serde_json::from_slice(rest.get(..length)?).ok()?;
        let text = header.get("__metadata__")?.get(Self::KEY)?.as_str()?;
        serde_json::from_str(text).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(header: &str) -> Vec<u8> {
        let length = (header.len() as u64).to_le_bytes();
        [&length[..], header.as_bytes()].concat()
    }

    #[test]
    fn a_file_describes_itself() {
        let normalization = MeanStd {
            mean: vec![0.5],
            std: vec![0.25],
        };
        let image = Shape::Image {
            channels: 1,
            height: 28,
            width: 20,
        };
        let description = ModelDescription::new(
            &JobId("j".into()),
            "convsweep 1".into(),
            vec!["cat".into(), "dog".into()],
            (image, normalization),
            ModelSpec { layers: vec![] },
        );
        assert_eq!(description.input_shape, [1, 28, 20]);
        let text = serde_json::to_string(&description).expect("JSON");
        let header = serde_json::json!({ "__metadata__": { ModelDescription::KEY: text } });
        let read = ModelDescription::read(&file(&header.to_string()));
        assert_eq!(read, Some(description));
    }

    #[test]
    fn files_without_a_description_have_none() {
        for header in ["{}", r#"{"__metadata__":{"format":"pt"}}"#, "", "[]", "{"] {
            assert_eq!(ModelDescription::read(&file(header)), None, "{header}");
        }
        for bytes in [&b""[..], b"1234567", &[255; 20]] {
            assert_eq!(ModelDescription::read(bytes), None);
        }
    }
}
