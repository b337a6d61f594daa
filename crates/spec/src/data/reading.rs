//! What was found in the folder or table of an image set.

use super::SetPart;
use serde::{Deserialize, Serialize};

/// Names that are shown of files that were left out for one reason.
const MOST_EXAMPLES: usize = 5;

/// What was found in the folder or table of an image set, image by image, and what was left out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SetReading {
    /// Where images were found, and what they are for.
    pub places: Vec<ReadPlace>,
    /// Label of each image: training, then given validation, then test images.
    pub labels: Vec<u16>,
    /// Name of each image, as a path relative to the set.
    pub names: Vec<String>,
    /// Images with equal pixels, as groups of at least two, by their numbers.
    pub copies: Vec<Vec<u32>>,
    /// What was not used, one entry for each reason.
    pub left_out: Vec<LeftOut>,
    /// What else a person should know.
    pub notes: Vec<String>,
}

/// A place where images were found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadPlace {
    /// A folder with a slash at its end, or the value of a table's column.
    pub name: String,
    /// What its images are for.
    pub part: SetPart,
    /// Their number.
    pub images: u32,
}

/// Files that were not used for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// The reason, in words that follow a number of files: "not in the folder of a class".
    pub reason: String,
    /// Number of files; a folder that was not entered counts as one.
    pub count: u64,
    /// The first of them, as paths relative to the set.
    pub examples: Vec<String>,
}

impl LeftOut {
    /// Counts one more file under a reason.
    pub fn add(list: &mut Vec<LeftOut>, reason: &str, name: &str) {
        let place = match list.iter().position(|entry| entry.reason == reason) {
            Some(place) => place,
            None => {
                list.push(LeftOut {
                    reason: reason.to_string(),
                    count: 0,
                    examples: Vec::new(),
                });
                list.len() - 1
            }
        };
        list[place].count += 1;
        if list[place].examples.len() < MOST_EXAMPLES {
            list[place].examples.push(name.to_string());
        }
    }
}
