//! Explanations on standard output, as they come.

use crate::inference::ImageInput;
use crate::output::json::say_line;
use crate::output::stdout::say;
use crate::streams::say_error;
use anyhow::Result;
use convsweep_spec::inference::{ExplainedImage, MapWorth};
use serde_json::{Value, json};

/// Prints explanations as they come.
pub struct ExplanationPrinter<'a> {
    as_json: bool,
    classes: &'a [String],
}

impl<'a> ExplanationPrinter<'a> {
    /// Prints lines for people, or JSON.
    pub fn new(as_json: bool, classes: &'a [String]) -> Self {
        ExplanationPrinter { as_json, classes }
    }

    /// Names a file that could not be read.
    ///
    /// # Errors
    /// If stdout cannot be written, here and below.
    pub fn unreadable(&self, image: &ImageInput, problem: &str) -> Result<()> {
        let file = image.path.to_string_lossy();
        say_error(&format!("{file}: {problem}"));
        match self.as_json {
            true => say_line(&json!({ "file": file, "problem": problem })),
            false => Ok(()),
        }
    }

    /// Prints what methods say of an image.
    pub fn image(&self, image: &ImageInput, found: &ExplainedImage) -> Result<()> {
        let file = image.path.to_string_lossy();
        let class = usize::from(found.class);
        let probability = found.probabilities[class];
        if self.as_json {
            return say_line(&self.object(&file, found));
        }
        let mut text = format!(
            "{file}  {} {:.1} %",
            self.classes[class],
            probability * 100.0
        );
        for map in &found.maps {
            let judgement = match (map.is_empty(), map.is_better()) {
                (true, _) => "marks nothing",
                (false, true) => "better than moved",
                (false, false) => "no better than moved",
            };
            text.push_str(&format!("  {}: {judgement}", map.method.name()));
        }
        say(&text)
    }

    fn object(&self, file: &str, found: &ExplainedImage) -> Value {
        let class = usize::from(found.class);
        let mut maps = Vec::with_capacity(found.maps.len());
        for map in &found.maps {
            let MapWorth { own, moved } = map.worth.unwrap_or_default();
            maps.push(json!({
                "method": map.method.name(),
                "deletion": own.deletion,
                "insertion": own.insertion,
                "moved": {
                    "deletion": moved.deletion,
                    "insertion": moved.insertion,
                },
                "values": map.values,
            }));
        }
        json!({
            "file": file,
            "class": self.classes[class],
            "probability": found.probabilities[class],
            "maps": maps,
        })
    }
}
