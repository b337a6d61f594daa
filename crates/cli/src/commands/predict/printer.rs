//! Predictions on standard output, as they come.

use super::ranked::RankedPrediction;
use crate::inference::ImageInput;
use crate::output::json::JsonLines;
use crate::output::stdout::{Stdout, open_stdout};
use crate::streams::say_error;
use anyhow::Result;
use convsweep_report::tables::CsvRows;
use convsweep_spec::words::{printable, shortened};
use serde_json::{Value, json};
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
    Csv(Box<CsvRows<Stdout>>),
    JsonLines(JsonLines),
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
            PrintedAs::JsonLines => Sink::JsonLines(JsonLines::begin()),
            PrintedAs::Csv => {
                let mut heading = vec!["file".to_string(), "class".to_string()];
                for place in 1..=top {
                    heading.extend([format!("predicted_{place}"), format!("probability_{place}")]);
                }
                heading.push("problem".to_string());
                let heading: Vec<&str> = heading.iter().map(String::as_str).collect();
                let table = CsvRows::new(open_stdout(), &heading).map_err(io::Error::from)?;
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
    pub fn image(&mut self, image: &ImageInput, prediction: &RankedPrediction) -> Result<()> {
        let file = image.path.to_string_lossy();
        let class = image
            .class
            .map(|class| self.classes[usize::from(class)].as_str());
        let classes = prediction.classes();
        let classes = &classes[..self.top.min(classes.len())];
        let problem = match prediction {
            RankedPrediction::Classified(_) => "",
            RankedPrediction::Unreadable(problem) => problem.as_str(),
        };
        if !problem.is_empty() {
            say_error(&format!("{file}: {problem}"));
        }
        match &mut self.to {
            Sink::Text(_) if classes.is_empty() => Ok(()),
            Sink::Text(out) => {
                let line = text(self.classes, self.width, (&file, class), classes);
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
                let row = row.iter().map(String::as_str);
                Ok(table.row(row).map_err(io::Error::from)?)
            }
            Sink::JsonLines(lines) => {
                let object = match problem.is_empty() {
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
                lines.line(&object)
            }
        }
    }

    /// Prints what there is to say of all images, where objects are printed.
    pub fn summary(&mut self, summary: &Value) -> Result<()> {
        match &mut self.to {
            Sink::JsonLines(lines) => lines.line(&json!({ "summary": summary })),
            Sink::Text(_) | Sink::Csv(_) => Ok(()),
        }
    }

    /// Writes what is not written yet, so that whoever reads line by line does not wait.
    pub fn flush(&mut self) -> Result<()> {
        match &mut self.to {
            Sink::Text(out) => out.flush(),
            Sink::JsonLines(lines) => lines.flush(),
            Sink::Csv(table) => Ok(table.flush()?),
        }
    }

    /// Nothing follows.
    pub fn end(mut self) -> Result<()> {
        self.flush()
    }
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
        let classes = [(1, 0.7), (0, 0.25), (2, 0.05)];
        let line = |truth| text(&names, 5, ("a/b.png", truth), &classes);
        let expected = "horse   70.0 %  a/b.png  (cat 25.0 %, dog 5.0 %)";
        assert_eq!(line(Some("horse")), expected);
        assert_eq!(line(None), expected);
        assert!(line(Some("dog")).contains("a/b.png  ✗ is dog  (cat"));
    }
}
