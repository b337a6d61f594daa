//! Names of layers whose order is that of the layers: numbered ones, and those of torchvision and
//! timm.

/// Words in such names.
const ORDERED_WORDS: [&str; 20] = [
    "",
    "conv",
    "bn",
    "norm",
    "fc",
    "linear",
    "dense",
    "lin",
    "layer",
    "block",
    "stage",
    "features",
    "classifier",
    "downsample",
    "shortcut",
    "module",
    "model",
    "net",
    "prelu",
    "branch",
];
/// The dense blocks and the transitions between them, in DenseNet.
const DENSE_BLOCK: &str = "denseblock";
const TRANSITION: &str = "transition";
const DENSE_LAYER: &str = "denselayer";
/// The layers of a fire module of SqueezeNet.
const FIRE: [&str; 3] = ["squeeze", "expand1x1", "expand3x3"];
const INCEPTION: &str = "inception";
/// Classifiers that GoogLeNet is trained with and that its predictions do not use.
const AUXILIARY: &str = "aux";

/// Leaves out layers that only training uses, where the names are GoogLeNet's.
pub(super) fn without_auxiliary<T>(layers: &mut Vec<T>, name: impl Fn(&T) -> &str) {
    if layers
        .iter()
        .any(|layer| name(layer).starts_with(INCEPTION))
    {
        layers.retain(|layer| !name(layer).starts_with(AUXILIARY));
    }
}

/// Whether names like this one order layers by the numbers in them.
pub(super) fn has_ordered_name(layer: &str) -> bool {
    let is_ordered = |part: &str| {
        let known = [DENSE_BLOCK, DENSE_LAYER, TRANSITION];
        let word = without_number(part);
        ORDERED_WORDS.contains(&word)
            || FIRE.contains(&part)
            || known.contains(&word)
            || inception(part).is_some()
    };
    layer.split('.').all(is_ordered)
}

/// How a file orders the layers that only its network has.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct NameOrder {
    has_dense_blocks: bool,
    has_fire_modules: bool,
}

impl NameOrder {
    /// The order of layers with these names.
    pub(super) fn of<'a>(layers: impl Iterator<Item = &'a str>) -> NameOrder {
        let mut found = NameOrder::default();
        for part in layers.flat_map(|layer| layer.split('.')) {
            found.has_dense_blocks |= without_number(part) == DENSE_BLOCK;
            found.has_fire_modules |= FIRE.contains(&part);
        }
        found
    }

    /// What layers are sorted by. Numbers within names count by value, so that `layer10` follows
    /// `layer9`.
    pub(super) fn key(self, layer: &str) -> Vec<(String, u64)> {
        layer.split('.').map(|part| self.place(part)).collect()
    }

    fn place(self, part: &str) -> (String, u64) {
        let word = without_number(part);
        let number: u64 = part[word.len()..].parse().unwrap_or(0);
        let fire = FIRE.iter().position(|layer| *layer == part);
        match (word, number) {
            (DENSE_BLOCK, n) => ("dense".into(), n.saturating_mul(2)),
            (TRANSITION, n) => ("dense".into(), n.saturating_mul(2).saturating_add(1)),
            // Before the blocks; `norm5` is behind them.
            ("norm" | "conv", 0) if self.has_dense_blocks => ("dense".into(), 0),
            // SqueezeNet ends with a convolution.
            ("classifier", _) if self.has_fire_modules => ("features-end".into(), 0),
            _ => match fire.map(|i| i as u64) {
                Some(i) => ("fire".into(), i),
                None => match inception(part) {
                    Some(module) => (INCEPTION.into(), module),
                    None => (word.to_string(), number),
                },
            },
        }
    }
}

/// The place of `inception4b` among such modules.
fn inception(part: &str) -> Option<u64> {
    let mut rest = part.strip_prefix(INCEPTION)?.chars();
    let (stage, module) = (rest.next()?.to_digit(10)?, rest.next()?);
    let is_module = module.is_ascii_lowercase() && rest.next().is_none();
    is_module.then(|| u64::from(stage) * 100 + u64::from(module))
}

fn without_number(part: &str) -> &str {
    part.trim_end_matches(|c: char| c.is_ascii_digit())
}
