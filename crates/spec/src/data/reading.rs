//! What was found in the folder or table of an image set.

use super::choices::Copies;
use super::source::SetPart;
use crate::words::{counted, listed, printable, thousands};
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
    /// Height and width of images as they are, each with the number of images that have it, the
    /// most frequent first.
    pub sizes: Vec<([u32; 2], u32)>,
    /// Images with equal pixels, as groups of at least two, by their numbers.
    pub copies: Vec<Vec<u32>>,
    /// What was not used, one entry for each reason.
    pub left_out: Vec<LeftOut>,
    /// What else a person should know.
    pub notes: Vec<String>,
    /// Names of classes that were left out since they have no images.
    pub dropped_classes: Vec<String>,
    /// Whether some pixel is transparent, so that the background shows.
    pub has_transparency: bool,
}

impl SetReading {
    /// Rows of the first `train_images` images that are used for training only, ascending: copies,
    /// if that is what is to be done with them.
    pub fn training_only(&self, duplicates: Copies, train_images: u32) -> Vec<u32> {
        let mut rows = match duplicates {
            Copies::KeepInTraining => self.copies.concat(),
            Copies::Warn | Copies::Error => Vec::new(),
        };
        rows.retain(|row| *row < train_images);
        rows.sort_unstable();
        rows
    }

    /// What became of the set's folders or values, in words: "train/ for training (640 images)".
    pub fn places_in_words(&self) -> String {
        let words: Vec<String> = self.places.iter().map(ReadPlace::in_words).collect();
        listed(&words)
    }

    /// What was not used, a sentence for each reason.
    pub fn left_out_in_words(&self) -> Vec<String> {
        self.left_out.iter().map(LeftOut::in_words).collect()
    }
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

impl ReadPlace {
    /// The place, what its images are for, and their number: "train/ for training (640 images)".
    pub fn in_words(&self) -> String {
        let purpose = match self.part {
            SetPart::Training => "for training",
            SetPart::Validation => "for validation",
            SetPart::Test => "as the sealed test",
        };
        let images = counted(self.images.into(), "image");
        format!("{} {purpose} ({images})", self.name)
    }
}

/// Files that were not used for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// The reason, in words that follow a number of files: "not in the folder of a class".
    pub reason: String,
    /// Number of files, and of folders that were not entered.
    pub count: u64,
    /// How many of them are folders.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub folders: u64,
    /// The first of them, as paths relative to the set.
    pub examples: Vec<String>,
}

impl LeftOut {
    /// The reason with the number of files and the names of the first ones.
    pub fn in_words(&self) -> String {
        let more = match self.count - self.examples.len() as u64 {
            0 => String::new(),
            n => format!(" and {} more", thousands(n)),
        };
        let count = LeftOut::number(std::slice::from_ref(self));
        let examples = self.examples.join(", ");
        let examples = printable(&examples);
        format!("{count} left out ({examples}{more}): {}", self.reason)
    }

    /// How many files and folders were not used, in words: "2 files and 1 folder".
    pub fn number(list: &[LeftOut]) -> String {
        let folders: u64 = list.iter().map(|entry| entry.folders).sum();
        let files = list.iter().map(|entry| entry.count).sum::<u64>() - folders;
        match (files, folders) {
            (files, 0) => counted(files, "file"),
            (0, folders) => counted(folders, "folder"),
            (files, folders) => {
                let folders = counted(folders, "folder");
                format!("{} and {folders}", counted(files, "file"))
            }
        }
    }

    /// Counts one more folder, which was not entered, under a reason.
    pub fn add_folder(list: &mut Vec<LeftOut>, reason: &str, name: &str) {
        LeftOut::add(list, reason, name);
        if let Some(entry) = list.iter_mut().find(|entry| entry.reason == reason) {
            entry.folders += 1;
        }
    }

    /// Counts one more file under a reason.
    pub fn add(list: &mut Vec<LeftOut>, reason: &str, name: &str) {
        let place = match list.iter().position(|entry| entry.reason == reason) {
            Some(place) => place,
            None => {
                list.push(LeftOut {
                    reason: reason.to_string(),
                    count: 0,
                    folders: 0,
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

fn is_zero(number: &u64) -> bool {
    *number == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_and_folders_are_told_apart() {
        let mut list = Vec::new();
        LeftOut::add_folder(&mut list, "hidden", ".git");
        assert_eq!(list[0].in_words(), "1 folder left out (.git): hidden");
        LeftOut::add(&mut list, "hidden", ".a");
        LeftOut::add(&mut list, "no image", "b");
        assert_eq!(
            list[0].in_words(),
            "1 file and 1 folder left out (.git, .a): hidden"
        );
        assert_eq!(LeftOut::number(&list), "2 files and 1 folder");
    }
}
