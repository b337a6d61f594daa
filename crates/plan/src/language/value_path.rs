//! How messages name a value: by its keys, or by its layer or augmentation step.

use std::fmt;

/// The way from the file, or from a numbered item in it, to a value.
#[derive(Clone, Debug)]
pub(crate) struct ValuePath {
    /// The innermost layer or augmentation step around the value.
    item: Option<NumberedItem>,
    /// Keys and indices below the item, or below the file.
    keys: Vec<String>,
}

/// A layer or an augmentation step.
#[derive(Clone, Debug)]
struct NumberedItem {
    noun: &'static str,
    /// `4`; in a structure `4.2`; in a block `basic.2`.
    number: String,
    /// What it is, once that is known: `conv`.
    variant: Option<&'static str>,
}

impl ValuePath {
    /// The file itself.
    pub(crate) fn root() -> ValuePath {
        ValuePath {
            item: None,
            keys: vec![],
        }
    }

    /// A value of the file, by its dotted path.
    pub(crate) fn of(dotted: &str) -> ValuePath {
        ValuePath::root().key(dotted)
    }

    /// The layer or step of this number.
    pub(crate) fn of_item(noun: &'static str, number: &str) -> ValuePath {
        let item = NumberedItem {
            noun,
            number: number.into(),
            variant: None,
        };
        ValuePath {
            item: Some(item),
            keys: vec![],
        }
    }

    /// The layers of a block of `[blocks]`.
    pub(crate) fn of_block(name: &str) -> ValuePath {
        ValuePath::of("blocks").key(name)
    }

    pub(crate) fn key(&self, key: &str) -> ValuePath {
        let mut path = self.clone();
        path.keys.push(key.into());
        path
    }

    pub(crate) fn index(&self, index: usize) -> ValuePath {
        self.key(&index.to_string())
    }

    /// The item of this index in a list of layers or steps at this path.
    pub(crate) fn item(&self, noun: &'static str, index: usize) -> ValuePath {
        let number = format!("{}{}", self.number_prefix(noun), index + 1);
        ValuePath::of_item(noun, &number)
    }

    /// The same item once it is known which layer or step it is.
    pub(crate) fn of_variant(&self, variant: &'static str) -> ValuePath {
        let mut path = self.clone();
        if let Some(item) = &mut path.item {
            item.variant = Some(variant);
        }
        path
    }

    pub(crate) fn is_root(&self) -> bool {
        self.item.is_none() && self.keys.is_empty()
    }

    pub(crate) fn starts_with(&self, dotted: &str) -> bool {
        self.item.is_none() && self.to_string().starts_with(dotted)
    }

    /// The value in a sentence: `` `train.epochs` ``, or `` `kernel` of layer 1 (conv) ``.
    pub(crate) fn quoted(&self) -> String {
        match &self.item {
            Some(item) if self.keys.is_empty() => item.to_string(),
            Some(item) => format!("`{}` of {item}", self.keys.join(".")),
            None => format!("`{}`", self.keys.join(".")),
        }
    }

    /// The keys alone: the same for the same option of any layer.
    pub(crate) fn keys(&self) -> String {
        self.keys.join(".")
    }

    /// What numbers in a list at this path begin with: that of the structure or the block's name.
    fn number_prefix(&self, noun: &str) -> String {
        if let [blocks, name, layers] = &self.keys[..]
            && self.item.is_none()
            && blocks == "blocks"
            && layers == "layers"
        {
            return format!("{name}.");
        }
        let Some(item) = self.item.as_ref().filter(|item| item.noun == noun) else {
            return String::new();
        };
        let mut prefix = item.number.clone();
        if self.keys.first().is_some_and(|key| key == "shortcut") {
            prefix += ".shortcut";
        }
        let branch = self.keys.last().and_then(|key| key.parse::<usize>().ok());
        if let Some(branch) = branch {
            prefix += &format!(".{}", branch + 1);
        }
        prefix + "."
    }
}

impl fmt::Display for NumberedItem {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{} {}", self.noun, self.number)?;
        match self.variant {
            Some(variant) => write!(f, " ({variant})"),
            None => Ok(()),
        }
    }
}

/// The value without quotes: `train.epochs`, or `layer 1 (conv).kernel`.
impl fmt::Display for ValuePath {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match &self.item {
            Some(item) if self.keys.is_empty() => write!(f, "{item}"),
            Some(item) => write!(f, "{item}.{}", self.keys.join(".")),
            None => f.write_str(&self.keys.join(".")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_named_by_their_keys_or_by_their_layer() {
        let check = |path: ValuePath, expect: &str| assert_eq!(path.quoted(), expect);
        let layers = ValuePath::of("model").key("layers");
        let residual = layers.item("layer", 3).of_variant("residual");
        check(ValuePath::of("train").key("epochs"), "`train.epochs`");
        check(layers.item("layer", 0), "layer 1");
        check(residual.key("shortcut"), "`shortcut` of layer 4 (residual)");
        check(residual.key("residual").item("layer", 1), "layer 4.2");
        check(
            residual.key("shortcut").item("layer", 1),
            "layer 4.shortcut.2",
        );
        let parallel = layers.item("layer", 0).of_variant("parallel");
        check(
            parallel.key("parallel").index(1).item("layer", 2),
            "layer 1.2.3",
        );
        let block = ValuePath::of_block("basic").key("layers");
        check(block.item("layer", 1), "layer basic.2");
    }
}
