//! Made-up rows of an experiment, for tests and for looking at charts. Never part of the product.

use convsweep_spec::augment::{AugmentSpec, Normalize};
use convsweep_spec::configuration::{Configuration, ConfigurationDigest};
use convsweep_spec::data::{Damaged, DataSpec, Shapes, Source, Split, SplitScheme};
use convsweep_spec::event::Fingerprint;
use convsweep_spec::log::{Axis, AxisValue, Member, MemberJob, Revision};
use convsweep_spec::metric::{Direction, Metric};
use convsweep_spec::model::{Dense, Init, Layer, ModelSpec};
use convsweep_spec::task::Task;
use convsweep_spec::train::{Optimizer, Phase, TrainSpec};
use convsweep_store::{ConfigurationRow, EpochRow, EvaluationRow, ExperimentRows, JobRow};
use std::collections::BTreeMap;

/// What to make up.
#[derive(Clone, Debug)]
pub struct Made {
    /// Name of the experiment.
    pub name: &'static str,
    /// Axes: path, labels.
    pub axes: Vec<(&'static str, Vec<&'static str>)>,
    /// Number of seeds.
    pub seeds: u64,
    /// Number of folds.
    pub folds: Option<u32>,
    /// Class names.
    pub classes: Vec<String>,
    /// Position of the baseline.
    pub baseline: Option<usize>,
    /// Metric.
    pub metric: (&'static str, Direction),
    /// Standard deviation between seeds, as a share.
    pub noise: f64,
}

/// The names of CIFAR-10.
pub fn ten() -> Vec<String> {
    [
        "airplane",
        "automobile",
        "bird",
        "cat",
        "deer",
        "dog",
        "frog",
        "horse",
        "ship",
        "truck",
    ]
    .map(String::from)
    .to_vec()
}

impl Default for Made {
    fn default() -> Self {
        Made {
            name: "made-up",
            axes: vec![("model.parameters.pool", vec!["max", "average"])],
            seeds: 3,
            folds: None,
            classes: ten(),
            baseline: None,
            metric: ("val_accuracy", Direction::Max),
            noise: 0.006,
        }
    }
}

/// A small random generator, so that every run makes the same rows.
pub struct Random(pub u64);

impl Random {
    /// Uniform in [0, 1).
    pub fn uniform(&mut self) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }

    /// About normal, mean 0, standard deviation 1.
    pub fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.uniform()).sum::<f64>() - 6.0
    }
}

impl Made {
    /// The rows.
    pub fn rows(&self) -> ExperimentRows {
        let mut points: Vec<Vec<usize>> = vec![vec![]];
        for (_, labels) in &self.axes {
            points = points
                .iter()
                .flat_map(|p| (0..labels.len()).map(move |i| [p.clone(), vec![i]].concat()))
                .collect();
        }
        let configurations: Vec<_> = points
            .iter()
            .enumerate()
            .map(|(i, p)| self.configuration(i as u32, p))
            .collect();
        let baseline = self
            .baseline
            .map(|b| configurations[b].member.configuration.clone());
        let axes = self.axes.iter().map(|(path, labels)| Axis {
            path: path.to_string(),
            name: path.rsplit('.').next().expect("a part").to_string(),
            labels: labels.iter().map(|l| l.to_string()).collect(),
        });
        let revision = Revision {
            revision: 1,
            experiment: self.name.to_string(),
            file: format!("/home/me/{}.toml", self.name),
            text: format!("[experiment]\nname = \"{}\"\n", self.name),
            includes: vec![],
            overrides: vec![],
            question: Some("Which of these made-up choices is best?".into()),
            metric: Metric {
                name: self.metric.0.into(),
                direction: self.metric.1,
            },
            baseline,
            axes: axes.collect(),
            classes: self.classes.clone(),
            show_test: false,
            decisions: vec![],
        };
        ExperimentRows {
            revision,
            configurations,
        }
    }

    fn configuration(&self, position: u32, point: &[usize]) -> ConfigurationRow {
        let values: Vec<AxisValue> = self
            .axes
            .iter()
            .zip(point)
            .map(|((path, labels), i)| AxisValue {
                path: path.to_string(),
                label: labels[*i].to_string(),
                value: labels[*i].into(),
            })
            .collect();
        let name = |path: &str| path.rsplit('.').next().expect("a part").to_string();
        let label = values
            .iter()
            .map(|v| format!("{}={}", name(&v.path), v.label))
            .collect::<Vec<_>>()
            .join(" ");
        let rate = if point.len() > 1 {
            1e-4 * 10f64.powi(point[1] as i32 % 4)
        } else {
            1e-3
        };
        let resolved = resolved(position, rate, self.folds);
        let digest = ConfigurationDigest::new(&resolved, "made-up");
        let runs: Vec<(u64, Option<u32>)> = (0..self.seeds)
            .flat_map(|s| match self.folds {
                None => vec![(s, None)],
                Some(k) => (0..k).map(|f| (s, Some(f))).collect(),
            })
            .collect();
        let quality = 0.62
            + point
                .iter()
                .enumerate()
                .map(|(axis, i)| 0.035 / (axis + 1) as f64 * (*i as f64 * 1.3).sin())
                .sum::<f64>();
        let jobs = runs
            .iter()
            .map(|(seed, fold)| self.job(position, quality, rate, *seed, *fold, &digest))
            .collect();
        let member = Member {
            configuration: digest.configuration_id(),
            position,
            label,
            values,
            resolved,
            data_hash: "made-up".into(),
            parameters: 60_000 + 31_000 * (position as u64 % 5),
            macs: 4_000_000 + 3_700_000 * (position as u64 % 7),
            jobs: runs
                .iter()
                .map(|(seed, fold)| MemberJob {
                    job: digest.job_id(*seed, *fold),
                    seed: *seed,
                    fold: *fold,
                })
                .collect(),
        };
        ConfigurationRow { member, jobs }
    }

    fn job(
        &self,
        position: u32,
        quality: f64,
        rate: f64,
        seed: u64,
        fold: Option<u32>,
        digest: &ConfigurationDigest,
    ) -> JobRow {
        let mut random = Random(
            u64::from(position) * 7919 + seed * 104_729 + u64::from(fold.unwrap_or(0)) * 31 + 1,
        );
        random.uniform();
        // What a seed does to all configurations alike, and what it does to each.
        let shared =
            Random(seed * 977 + u64::from(fold.unwrap_or(0)) * 13 + 5).normal() * self.noise * 0.5;
        let last = quality + shared + random.normal() * self.noise;
        let epochs = (1..=15u32).map(|epoch| {
            let t = f64::from(epoch) / 4.0;
            let val = last - (last - 0.1) * (-t).exp()
                + random.normal() * 0.006 * (1.0 - f64::from(epoch) / 16.0);
            let train = val - 0.03 + 0.006 * f64::from(epoch);
            let lr = if epoch > 10 { rate * 0.1 } else { rate };
            let values = [
                ("val_accuracy", if epoch == 15 { last } else { val }),
                ("val_loss", 2.3 * (1.0 - val).powf(0.8)),
                ("train_accuracy", train),
                ("train_loss", 2.3 * (1.0 - train).powf(0.8)),
                ("learning_rate", lr),
                ("epoch_seconds", 9.0),
                ("images_per_second", 4200.0),
            ];
            EpochRow {
                epoch,
                phase: u32::from(epoch > 10),
                values: values.map(|(n, v)| (n.to_string(), v)).into(),
            }
        });
        let epochs: Vec<EpochRow> = epochs.collect();
        JobRow {
            job: digest.job_id(seed, fold),
            seed,
            fold,
            outcome: Some("finished".into()),
            attempts: 1,
            seconds: 90.0 + 11.0 * f64::from(position % 9) + random.uniform() * 8.0,
            images_per_second: 4200.0,
            peak_memory_bytes: 300 << 20,
            epochs,
            validation: Some(self.evaluation(last, 1000, &mut random)),
            test: Some(self.evaluation(last - 0.004, 1000, &mut random)),
            fingerprint: Some(Fingerprint {
                backend: "flex".into(),
                device: "cpu".into(),
                instructions: "avx2".into(),
                version: "0.1.0".into(),
                revision: "0123abc".into(),
            }),
            device: "cpu".into(),
        }
    }

    fn evaluation(&self, accuracy: f64, images: u32, random: &mut Random) -> EvaluationRow {
        let n = self.classes.len();
        let mut confusion = vec![vec![0u32; n]; n];
        let mut correct = vec![0u8; images.div_ceil(8) as usize];
        for i in 0..images as usize {
            let truth = i % n;
            let hard = 0.08 * ((truth * 7 % n) as f64 / n as f64 - 0.5);
            let predicted = if random.uniform() < accuracy + hard {
                truth
            } else if random.uniform() < 0.5 {
                (truth + 2) % n
            } else {
                (random.uniform() * n as f64) as usize % n
            };
            confusion[truth][predicted] += 1;
            if predicted == truth {
                correct[i / 8] |= 1 << (i % 8);
            }
        }
        EvaluationRow {
            images,
            loss: 2.3 * (1.0 - accuracy).powf(0.8),
            accuracy,
            confusion,
            correct,
        }
    }
}

fn resolved(position: u32, lr: f64, folds: Option<u32>) -> Configuration {
    let phase = |epochs, lr| Phase::new(epochs, Optimizer::adam(lr));
    Configuration {
        data: DataSpec {
            source: Source::Shapes(Shapes::default()),
            split: Split {
                scheme: folds.map_or(SplitScheme::Validation(0.2), SplitScheme::Folds),
                seed: 42,
                stratify: true,
                test: None,
            },
            limit: None,
            resize: None,
            channels: None,
            damaged: Damaged::Refuse,
        },
        augment: AugmentSpec {
            normalize: Normalize::Unit,
            steps: vec![],
        },
        model: ModelSpec {
            layers: vec![
                Layer::Flatten,
                Layer::Dense(Dense {
                    units: 10 + position,
                    bias: true,
                    activation: None,
                    init: Init::GlorotUniform,
                }),
            ],
        },
        train: TrainSpec::new(64, vec![phase(10, lr), phase(5, lr * 0.1)]),
        task: Task::Train,
    }
}

/// A predictions file with 48 kept images of coloured blobs.
pub fn predictions(classes: usize) -> Vec<u8> {
    const IMAGES: usize = 200;
    const KEPT: usize = 48;
    const SIDE: usize = 32;
    let mut random = Random(3);
    let label: Vec<u16> = (0..IMAGES).map(|i| (i % classes) as u16).collect();
    let predicted: Vec<u16> = label
        .iter()
        .map(|l| {
            if random.uniform() < 0.65 {
                *l
            } else {
                ((*l as usize + 3) % classes) as u16
            }
        })
        .collect();
    let mut probability = vec![0f32; IMAGES * classes];
    for (i, p) in predicted.iter().enumerate() {
        let top = 0.4 + 0.6 * random.uniform() as f32;
        for c in 0..classes {
            probability[i * classes + c] = if c == *p as usize {
                top
            } else {
                (1.0 - top) / (classes - 1) as f32
            };
        }
    }
    let mut pixels = vec![0u8; KEPT * 3 * SIDE * SIDE];
    for i in 0..KEPT {
        let (x0, y0, r) = (
            8.0 + 16.0 * random.uniform(),
            8.0 + 16.0 * random.uniform(),
            5.0 + 6.0 * random.uniform(),
        );
        let colour = [random.uniform(), random.uniform(), random.uniform()];
        for c in 0..3 {
            for y in 0..SIDE {
                for x in 0..SIDE {
                    let inside = (x as f64 - x0).hypot(y as f64 - y0) < r;
                    let v = if inside { colour[c] } else { 1.0 - colour[c] } * 200.0
                        + 40.0 * random.uniform();
                    pixels[((i * 3 + c) * SIDE + y) * SIDE + x] = v as u8;
                }
            }
        }
    }
    let index: Vec<u32> = (0..IMAGES as u32).collect();
    let rows: Vec<u32> = (0..KEPT as u32).collect();
    use safetensors::tensor::{Dtype, TensorView};
    let view = |dtype, shape: Vec<usize>, bytes: &'static [u8]| {
        TensorView::new(dtype, shape, bytes).expect("a tensor")
    };
    let keep = |bytes: &[u8]| -> &'static [u8] { Box::leak(bytes.to_vec().into_boxed_slice()) };
    let tensors: BTreeMap<String, TensorView> = [
        (
            "test.index",
            view(Dtype::U32, vec![IMAGES], keep(bytemuck::cast_slice(&index))),
        ),
        (
            "test.label",
            view(Dtype::U16, vec![IMAGES], keep(bytemuck::cast_slice(&label))),
        ),
        (
            "test.predicted",
            view(
                Dtype::U16,
                vec![IMAGES],
                keep(bytemuck::cast_slice(&predicted)),
            ),
        ),
        (
            "test.probability",
            view(
                Dtype::F32,
                vec![IMAGES, classes],
                keep(bytemuck::cast_slice(&probability)),
            ),
        ),
        (
            "test.thumbnail_rows",
            view(Dtype::U32, vec![KEPT], keep(bytemuck::cast_slice(&rows))),
        ),
        (
            "test.thumbnails",
            view(Dtype::U8, vec![KEPT, 3, SIDE, SIDE], keep(&pixels)),
        ),
    ]
    .map(|(n, v)| (n.to_string(), v))
    .into();
    safetensors::serialize(tensors, None).expect("serialises")
}
