//! A sweep of forty seeds, taken as the truth.

use std::path::Path;

/// The sweeps with their numbers of validation images.
pub const IMAGES: [(&str, u32); 4] = [
    ("quickstart", 800),
    ("sizes", 750),
    ("spreads", 500),
    ("chance", 500),
];
/// All sweeps have ten classes of the same size.
pub const CLASSES: u32 = 10;

/// What is made untrue before seeds are drawn.
#[derive(Clone, Copy, PartialEq)]
pub enum ForgettingWhat {
    /// Nothing.
    Nothing,
    /// All differences between means: runs that train are moved to a common mean. Spreads, and how
    /// often a configuration trains, stay as they are.
    Means,
    /// All differences: every configuration is one of them.
    Everything,
}

impl ForgettingWhat {
    pub const ALL: [ForgettingWhat; 3] = [
        ForgettingWhat::Nothing,
        ForgettingWhat::Means,
        ForgettingWhat::Everything,
    ];
}

/// Validation accuracies of each configuration for each seed.
pub struct Sweep {
    pub name: String,
    /// Labels, a part for each axis.
    pub labels: Vec<Vec<String>>,
    /// `values[configuration][seed]`.
    pub values: Vec<Vec<f64>>,
    pub images: u32,
}

impl Sweep {
    /// Reads `configuration,seed,val_accuracy`.
    pub fn read(path: &Path) -> Sweep {
        let name = path
            .file_stem()
            .expect("a file")
            .to_string_lossy()
            .to_string();
        let images = IMAGES.iter().find(|(known, _)| *known == name);
        let mut sweep = Sweep {
            labels: Vec::new(),
            values: Vec::new(),
            images: images.map_or(1000, |(_, images)| *images),
            name,
        };
        let mut reader = csv::Reader::from_path(path).expect("a table");
        for row in reader.records() {
            let row = row.expect("a row");
            let label: Vec<String> = row[0].split(", ").map(str::to_string).collect();
            let place = sweep.labels.iter().position(|other| *other == label);
            let place = place.unwrap_or_else(|| {
                sweep.labels.push(label);
                sweep.values.push(Vec::new());
                sweep.labels.len() - 1
            });
            sweep.values[place].push(row[2].parse().expect("an accuracy"));
        }
        sweep
    }

    /// Whether an accuracy is one of a network that was trained, as the answers judge it.
    pub fn is_trained(&self, accuracy: f64) -> bool {
        let correct = (accuracy * f64::from(self.images)).round() as u64;
        let share = 1.0 / f64::from(CLASSES);
        let tail = convsweep_statistics::binomial::upper_tail(correct, self.images.into(), share);
        tail.expect("a probability") < 1e-3
    }
}
