//! Predictions on standard output, as they come.

use crate::inference::ImageInput;
use crate::output::stdout::{Stdout, open_stdout};
use crate::streams::say_error;
use anyhow::Result;
use convsweep_spec::inference::Prediction;
use convsweep_spec::words::{printable, shortened};
use serde_json::json;
use std::cmp::Ordering;
use std::io;
use unicode_width::UnicodeWidthStr;

/// Columns that the name of a class takes at most.
const NAME: usize = 28;

/// How predictions are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrintedAs {
    /// Lines for people.
    Text,
    /// A row for each image.
    Csv,
    /// An object for each image.
    JsonLines,
}

/// Prints predictions as they come.
pub struct ImagePrinter<'a> {
    classes: &'a [String],
    top: usize,
    to: Sink,
    /// Columns that the name of a class takes.
    width: usize,
}

enum Sink {
    Text(Stdout),
    Csv(Box<csv::Writer<Stdout>>),
    JsonLines(Stdout),
}

impl<'a> ImagePrinter<'a> {
    /// A printer that shows so many classes of each image.
    ///
    /// # Errors
    /// If stdout cannot be written, here and below.
    pub fn new(
        printed_as: PrintedAs,
        classes: &'a [String],
        top: usize,
    ) -> Result<ImagePrinter<'a>> {
        let to = match printed_as {
            PrintedAs::Text => Sink::Text(open_stdout()),
            PrintedAs::JsonLines => Sink::JsonLines(open_stdout()),
            PrintedAs::Csv => {
                let mut table = csv::Writer::from_writer(open_stdout());
                let mut heading = vec!["file".to_string(), "class".to_string()];
                for place in 1..=top {
                    heading.extend([format!("predicted_{place}"), format!("probability_{place}")]);
                }
                heading.push("problem".to_string());
                table.write_record(heading).map_err(io::Error::from)?;
                Sink::Csv(Box::new(table))
            }
        };
        let widths = classes.iter().map(|name| name.width());
        Ok(ImagePrinter {
            classes,
            top,
            to,
            width: widths.max().unwrap_or(0).min(NAME),
        })
    }

    /// Prints what was predicted for an image.
    pub fn image(&mut self, image: &ImageInput, prediction: &Prediction) -> Result<()> {
        let file = image.path.to_string_lossy();
        let class = image
            .class
            .map(|class| self.classes[usize::from(class)].as_str());
        let (classes, problem) = match prediction {
            Prediction::Classified(probabilities) => (most_probable(probabilities, self.top), ""),
            Prediction::Unreadable(problem) => (Vec::new(), problem.as_str()),
        };
        if !problem.is_empty() {
            say_error(&format!("{file}: {problem}"));
        }
        match &mut self.to {
            Sink::Text(_) if classes.is_empty() => Ok(()),
            Sink::Text(out) => {
                let line = text(self.classes, self.width, (&file, class), &classes);
                out.write(format!("{line}\n").as_bytes())
            }
            Sink::Csv(table) => {
                let mut row = vec![file.into_owned(), class.unwrap_or_default().to_string()];
                for place in 0..self.top {
                    let found = classes.get(place);
                    row.extend(match found {
                        Some((class, p)) => [self.classes[*class].clone(), p.to_string()],
                        None => [String::new(), String::new()],
                    });
                }
                row.push(problem.to_string());
                Ok(table.write_record(row).map_err(io::Error::from)?)
            }
            Sink::JsonLines(out) => {
                let line = match problem.is_empty() {
                    true => json!({
                        "file": file,
                        "class": class,
                        "predicted": classes.first().map(|(c, _)| &self.classes[*c]),
                        "probability": classes.first().map(|(_, p)| shortest(*p)),
                        "top": classes.iter().map(|(c, p)| {
                            json!({ "class": self.classes[*c], "probability": shortest(*p) })
                        }).collect::<Vec<_>>(),
                    }),
                    false => json!({ "file": file, "class": class, "problem": problem }),
                };
                out.write(format!("{line}\n").as_bytes())
            }
        }
    }

    /// Writes what is not written yet, so that whoever reads line by line does not wait.
    pub fn flush(&mut self) -> Result<()> {
        match &mut self.to {
            Sink::Text(out) | Sink::JsonLines(out) => out.flush(),
            Sink::Csv(table) => Ok(table.flush()?),
        }
    }

    /// Nothing follows.
    pub fn end(mut self) -> Result<()> {
        self.flush()
    }
}

/// The most probable classes with their probabilities, as many as asked for; of equal ones the
/// first.
pub fn most_probable(probabilities: &[f32], most: usize) -> Vec<(usize, f32)> {
    let mut order: Vec<(usize, f32)> = probabilities.iter().copied().enumerate().collect();
    order.sort_by(|(_, a), (_, b)| b.partial_cmp(a).unwrap_or(Ordering::Equal));
    order.truncate(most);
    order
}

/// The number with the fewest digits that is this one as `f32`.
fn shortest(probability: f32) -> f64 {
    let text = probability.to_string();
    text.parse().unwrap_or(probability.into())
}

/// The predicted class, its probability, the file and the next classes.
fn text(
    names: &[String],
    width: usize,
    (file, truth): (&str, Option<&str>),
    classes: &[(usize, f32)],
) -> String {
    let Some(((first, probability), others)) = classes.split_first() else {
        return String::new();
    };
    let name = printable(&names[*first]);
    let name = shortened(&name, width);
    let space = " ".repeat(width.saturating_sub(name.width()));
    let mut line = format!(
        "{name}{space}  {:>5.1} %  {}",
        probability * 100.0,
        printable(file)
    );
    let mut remarks = Vec::new();
    for (class, probability) in others.iter().filter(|(_, p)| *p >= 0.0005) {
        let name = printable(&names[*class]);
        remarks.push(format!("{name} {:.1} %", probability * 100.0));
    }
    if truth.is_some_and(|truth| truth != names[*first]) {
        line.push_str(&format!("  ✗ is {}", printable(truth.unwrap_or_default())));
    }
    if !remarks.is_empty() {
        line.push_str(&format!("  ({})", remarks.join(", ")));
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_begins_with_the_most_probable_class() {
        let names = ["cat", "horse", "dog"].map(String::from);
        let classes = most_probable(&[0.25, 0.7, 0.05], 5);
        assert_eq!(classes, [(1, 0.7), (0, 0.25), (2, 0.05)]);
        let line = |truth| text(&names, 5, ("a/b.png", truth), &classes);
        let expected = "horse   70.0 %  a/b.png  (cat 25.0 %, dog 5.0 %)";
        assert_eq!(line(Some("horse")), expected);
        assert_eq!(line(None), expected);
        assert!(line(Some("dog")).contains("a/b.png  ✗ is dog  (cat"));
        assert_eq!(
            most_probable(&[0.5, 0.5], 1),
            [(0, 0.5)],
            "of equal ones the first"
        );
    }
}
