//! The classes that a network knows, by name.

use super::image_input::ImageInput;
use convsweep_spec::words::class_names;
use std::collections::HashMap;
use std::path::Path;

/// The classes that a network knows, by name.
#[derive(Clone, Debug, Default)]
pub struct ClassNames(HashMap<String, u16>);

impl ClassNames {
    /// Classes by label.
    pub fn new(classes: &[String]) -> ClassNames {
        let names = classes.iter().enumerate();
        ClassNames(names.map(|(i, name)| (name.clone(), i as u16)).collect())
    }

    /// The label of a class.
    pub fn label(&self, name: &str) -> Option<u16> {
        self.0.get(name).copied()
    }

    /// The classes in words, by label.
    pub fn listed(&self) -> String {
        let mut names: Vec<(&u16, &String)> = self.0.iter().map(|(n, label)| (label, n)).collect();
        names.sort();
        let names: Vec<&String> = names.into_iter().map(|(_, name)| name).collect();
        class_names(&names)
    }

    /// An image. Its class is that of the folder that it is in, or else of the innermost folder
    /// with the name of a class on the way from the folder `root` that the user named.
    pub(super) fn of_path(&self, path: &Path, root: Option<&Path>) -> ImageInput {
        let root = root.or(path.parent()).unwrap_or(path);
        let folders = path.ancestors().skip(1);
        let folders = folders.take_while(|folder| folder.starts_with(root));
        let mut names = folders.filter_map(|folder| folder.file_name()?.to_str());
        ImageInput {
            class: names.find_map(|name| self.label(name)),
            path: path.to_path_buf(),
            problem: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_innermost_folder_with_the_name_of_a_class_says_the_class() {
        let classes = || ClassNames::new(&["cat".to_string(), "dog".to_string()]);
        let class = |path: &str| classes().of_path(Path::new(path), None).class;
        assert_eq!(class("a/dog/b.png"), Some(1));
        assert_eq!(class("dog/x/b.png"), None, "nobody named the folder above");
        assert_eq!(class("a/b.png"), None);
        let below = |path: &str, root: &str| {
            let (path, root) = (Path::new(path), Path::new(root));
            classes().of_path(path, Some(root)).class
        };
        assert_eq!(below("a/dog/cat/x/b.png", "a"), Some(0));
        assert_eq!(below("dog/a/x/b.png", "dog/a"), None);
        assert_eq!(below("dog/a/b.png", "dog"), Some(1));
        assert_eq!(class("cat"), None, "a file is no folder");
    }
}
