//! Speed of a network in images per second, and the time of each part of a step; prints one JSON
//! line.
//!
//! Arguments: `train` or `evaluate`, an experiment file, the number of steps (100 by default), the
//! clock (`core` or `wall`), the number of threads. The first configuration of the file is
//! measured. A training step consists of batch, augmentation, forward, backward and update, as in
//! `shared/bench/train_torch.py`; an evaluation step of batch, forward and the scores of 256
//! images. The speed is the batch size divided by the median time of a step after a warm-up. The
//! clock `core` counts the time that this thread ran, so that other programs on the machine disturb
//! it only through the caches.

use convsweep_data::{Batcher, DataError, Location, Subset, Subsets, epoch_order, open, split};
use convsweep_nn::loss::score_image;
use convsweep_nn::optimizer::OptimizerState;
use convsweep_nn::{Network, build, first_device};
use convsweep_plan::{Overrides, plan};
use convsweep_spec::configuration::Configuration;
use convsweep_spec::shape::Shape;
use convsweep_spec::train::TrainSpec;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::Instant;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const WARM_UP: usize = 5;

type Failure = Box<dyn std::error::Error>;

/// The command line.
struct Arguments {
    what: String,
    file: PathBuf,
    steps: usize,
    is_wall_clock: bool,
    threads: usize,
}

impl Arguments {
    fn parse() -> Result<Arguments, Failure> {
        let arguments = std::env::args().skip(1).filter(|a| a != "--bench");
        let arguments: Vec<String> = arguments.collect();
        let [what, file, more @ ..] = &arguments[..] else {
            return Err("usage: train|evaluate FILE [STEPS] [wall|core] [THREADS]".into());
        };
        Ok(Arguments {
            what: what.clone(),
            file: file.into(),
            steps: more.first().map_or(Ok(100), |steps| steps.parse())?,
            is_wall_clock: more.get(1).is_some_and(|clock| clock == "wall"),
            threads: more.get(2).map_or(Ok(1), |threads| threads.parse())?,
        })
    }
}

fn main() -> Result<(), Failure> {
    let arguments = Arguments::parse()?;
    convsweep_nn::use_threads(arguments.threads);
    let cache = cache();
    let facts = |spec: &_, path: Option<&Path>| {
        let location = Location::new(&cache, path);
        let set = open(location, spec).map_err(|e| e.to_string())?;
        Ok(set.facts().clone())
    };
    let plan = plan(&arguments.file, &Overrides::default(), &facts)
        .map_err(|problems| problems.to_string())?;
    let (_, _, question) = plan.questions().next().ok_or("no configuration")?;
    let configuration = &question.configuration;
    let measure = Measure::new(configuration, &arguments, &cache)?;
    let network = measure.network(configuration)?;
    let mut line = json!({
        "program": "convsweep",
        "what": arguments.what,
        "model": plan.name.trim_start_matches("bench-"),
        "parameters": network.parameter_count(),
        "threads": arguments.threads,
        "clock": if arguments.is_wall_clock { "wall" } else { "core" },
    });
    let found = match arguments.what.as_str() {
        "train" => measure.training(network, &configuration.train)?,
        "evaluate" => measure.evaluation(&network)?,
        other => return Err(format!("{other:?} is neither train nor evaluate").into()),
    };
    if let (Value::Object(line), Value::Object(found)) = (&mut line, found) {
        line.extend(found);
        line.insert("peak_rss_mib".into(), json!(peak_memory()));
    }
    println!("{line}");
    Ok(())
}

struct Measure {
    batcher: Batcher,
    subsets: Subsets,
    /// Channels, height, width.
    image: [usize; 3],
    classes: usize,
    steps: usize,
    clock: Clock,
}

impl Measure {
    fn new(
        configuration: &Configuration,
        arguments: &Arguments,
        cache: &Path,
    ) -> Result<Measure, Failure> {
        let data = &configuration.data;
        let set = open(Location::new(cache, None), data)?;
        let subsets = split(&set, data, None)?;
        Ok(Measure {
            batcher: Batcher::new(&set, &configuration.augment, &subsets)?,
            subsets,
            image: set.train().shape(),
            classes: set.facts().classes.len(),
            steps: arguments.steps,
            clock: Clock {
                started: arguments.is_wall_clock.then(Instant::now),
            },
        })
    }

    fn network(&self, configuration: &Configuration) -> Result<Network, Failure> {
        let [channels, height, width] = self.image.map(|n| n as u32);
        let input = Shape::Image {
            channels,
            height,
            width,
        };
        let device = first_device()?;
        let classes = self.classes as u32;
        let network = build(&configuration.model, input, classes, 0, &device)?;
        Ok(network.with_kernels(configuration.train.kernels))
    }

    fn training(&self, mut network: Network, train: &TrainSpec) -> Result<Value, DataError> {
        let (batch, [c, h, w]) = (train.batch_size as usize, self.image);
        let optimizer = &train.phases[0].optimizer;
        let mut state = OptimizerState::new(optimizer);
        let order = epoch_order(0, 0, self.subsets.train.len());
        let mut times = [const { Vec::new() }; 4];
        let mut loss = f64::NAN;
        for (step, places) in order
            .chunks_exact(batch)
            .cycle()
            .take(WARM_UP + self.steps)
            .enumerate()
        {
            let rows: Vec<u32> = places
                .iter()
                .map(|&i| self.subsets.train[i as usize])
                .collect();
            let (mut pixels, mut labels) = (Vec::new(), Vec::new());
            let mut clock = [self.clock.seconds(); 4];
            self.batcher.training(0, 0, &rows, &mut pixels)?;
            self.batcher.labels(Subset::Training, &rows, &mut labels);
            clock[1] = self.clock.seconds();
            let mut found = network.gradients(pixels, [batch, c, h, w], &labels, 0, step as u64);
            clock[2] = self.clock.seconds();
            loss = found.loss_sum.value() / batch as f64;
            network.update_statistics(&mut found);
            state.step(optimizer, optimizer.lr, &mut network, found.gradients);
            clock[3] = self.clock.seconds();
            for (i, times) in times[..3].iter_mut().enumerate() {
                times.push(clock[i + 1] - clock[i]);
            }
            times[3].push(clock[3] - clock[0]);
        }
        let [batch_ms, gradients_ms, update_ms, step_ms] = times.map(median);
        Ok(json!({
            "batch": batch,
            "images_per_s": speed(batch, step_ms),
            "step_ms": step_ms,
            "batch_ms": batch_ms,
            "forward_backward_ms": gradients_ms,
            "update_ms": update_ms,
            "measured_steps": self.steps,
            "loss": loss,
        }))
    }

    fn evaluation(&self, network: &Network) -> Result<Value, DataError> {
        let (batch, [c, h, w]) = (256, self.image);
        let (mut times, mut loss_sum) = ([const { Vec::new() }; 2], 0.0);
        let mut probabilities = vec![0.0; network.classes()];
        for rows in self
            .subsets
            .validation
            .chunks_exact(batch)
            .cycle()
            .take(WARM_UP + self.steps)
        {
            let (mut pixels, mut labels) = (Vec::new(), Vec::new());
            let start = self.clock.seconds();
            self.batcher
                .evaluation(Subset::Validation, rows, &mut pixels)?;
            self.batcher.labels(Subset::Validation, rows, &mut labels);
            let forward = self.clock.seconds();
            let logits = network.classify(pixels, [batch, c, h, w]);
            times[1].push(self.clock.seconds() - forward);
            for (logits, &label) in logits.chunks_exact(network.classes()).zip(&labels) {
                loss_sum += score_image(logits, label, &mut probabilities).loss;
            }
            times[0].push(self.clock.seconds() - start);
        }
        let [step_ms, forward_ms] = times.map(median);
        Ok(json!({
            "batch": batch,
            "images_per_s": speed(batch, step_ms),
            "step_ms": step_ms,
            "forward_ms": forward_ms,
            "measured_steps": self.steps,
            "loss": loss_sum / ((WARM_UP + self.steps) * batch) as f64,
        }))
    }
}

/// Counts seconds since it was started, or, without a start, the time that this thread ran.
struct Clock {
    started: Option<Instant>,
}

impl Clock {
    fn seconds(&self) -> f64 {
        if let Some(started) = self.started {
            return started.elapsed().as_secs_f64();
        }
        // Yielding makes the kernel update the count.
        std::thread::yield_now();
        let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
        text.split_whitespace()
            .next()
            .and_then(|n| n.parse::<f64>().ok())
            .unwrap_or(f64::NAN)
            / 1e9
    }
}

fn cache() -> PathBuf {
    let home =
        || PathBuf::from(std::env::var_os("HOME").unwrap_or_default()).join(".cache/convsweep");
    std::env::var_os("CONVSWEEP_DATA").map_or_else(home, PathBuf::from)
}

/// Median without the warm-up, in milliseconds.
fn median(seconds: Vec<f64>) -> f64 {
    let mut seconds = seconds[WARM_UP..].to_vec();
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2] * 1e3
}

/// Images per second, to a tenth.
fn speed(batch: usize, step_ms: f64) -> f64 {
    (batch as f64 / step_ms * 1e4).round() / 10.0
}

/// Peak memory of this process in MiB.
fn peak_memory() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace()
        .nth(1)?
        .parse::<f64>()
        .ok()
        .map(|kib| (kib / 102.4).round() / 10.0)
}
