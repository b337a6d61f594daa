//! Images per second of a network on one core, and where the time goes; one JSON line.
//!
//! Arguments: `train` or `evaluate`, an experiment file, the number of steps (default 100). The
//! file's first configuration is measured. A step of training is what `shared/bench/train_torch.py`
//! calls one: batch, augmentation, forward, backward, update; a step of evaluation is batch,
//! forward and the judgement of 256 images. The speed is the batch size over the median step after
//! a warm-up. Times are those that the core spent on this thread, so that other programs on the
//! machine cost cache only; with `wall` behind the steps they are the clock's.

use convsweep_data::{Batcher, DataError, Location, Subset, Subsets, epoch_order, open, split};
use convsweep_nn::loss::score_image;
use convsweep_nn::optimizer::OptimizerState;
use convsweep_nn::{Network, build, device};
use convsweep_plan::{Overrides, plan};
use convsweep_spec::configuration::Configuration;
use convsweep_spec::device::DeviceName;
use convsweep_spec::shape::Shape;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::Instant;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const WARM_UP: usize = 5;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|a| a != "--bench")
        .collect();
    let [what, file, more @ ..] = &arguments[..] else {
        return Err("usage: train|evaluate FILE [STEPS] [wall|core] [THREADS]".into());
    };
    let steps = more.first().map_or(Ok(100), |steps| steps.parse())?;
    let threads = more.get(2).map_or(Ok(1), |threads| threads.parse())?;
    convsweep_nn::use_threads(threads);
    let clock = Clock {
        begin: more
            .get(1)
            .is_some_and(|word| word == "wall")
            .then(Instant::now),
    };
    let cache = cache();
    let facts = |spec: &_, path: Option<&Path>| {
        let set = open(
            Location {
                cache: &cache,
                path,
            },
            spec,
        )
        .map_err(|e| e.to_string())?;
        Ok(set.facts().clone())
    };
    let plan = plan(Path::new(file), &Overrides::default(), &facts)
        .map_err(|problems| problems.to_string())?;
    let (_, _, question) = plan.questions().next().ok_or("no configuration")?;
    let Configuration {
        data,
        augment,
        model,
        train,
        ..
    } = &question.configuration;

    let set = open(
        Location {
            cache: &cache,
            path: None,
        },
        data,
    )?;
    let parts = split(&set, data, None)?;
    let batcher = Batcher::new(&set, augment, &parts)?;
    let [channels, height, width] = set.train().shape();
    let input = Shape::Image {
        channels: channels as u32,
        height: height as u32,
        width: width as u32,
    };
    let classes = set.facts().classes.len();
    let network = build(model, input, classes as u32, 0, &device(DeviceName::CPU)?)?
        .with_kernels(train.kernels);
    let parameters = network.parameter_count();
    let measure = Measure {
        batcher,
        parts,
        image: [channels, height, width],
        steps,
        clock,
    };
    let mut line = json!({
        "program": "convsweep", "what": what, "model": plan.name.trim_start_matches("bench-"), "parameters": parameters,
        "threads": threads, "clock": if measure.clock.begin.is_some() { "wall" } else { "core" },
    });
    let found = match what.as_str() {
        "train" => measure.training(network, train)?,
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
    parts: Subsets,
    /// Channels, height, width.
    image: [usize; 3],
    steps: usize,
    clock: Clock,
}

impl Measure {
    fn training(
        &self,
        mut network: Network,
        train: &convsweep_spec::train::TrainSpec,
    ) -> Result<Value, DataError> {
        let (batch, [c, h, w]) = (train.batch_size as usize, self.image);
        let optimizer = &train.phases[0].optimizer;
        let mut state = OptimizerState::new(optimizer);
        let order = epoch_order(0, 0, self.parts.train.len());
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
                .map(|&i| self.parts.train[i as usize])
                .collect();
            let (mut pixels, mut labels) = (Vec::new(), Vec::new());
            let mut clock = [self.clock.seconds(); 4];
            self.batcher.training(0, 0, &rows, &mut pixels)?;
            self.batcher.labels(Subset::Training, &rows, &mut labels);
            clock[1] = self.clock.seconds();
            let mut found = network.gradients(pixels, [batch, c, h, w], &labels, 0, step as u64);
            clock[2] = self.clock.seconds();
            loss = found.loss_sum / batch as f64;
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
            "batch": batch, "images_per_s": speed(batch, step_ms), "step_ms": step_ms, "batch_ms": batch_ms,
            "forward_backward_ms": gradients_ms, "update_ms": update_ms, "measured_steps": self.steps, "loss": loss,
        }))
    }

    fn evaluation(&self, network: &Network) -> Result<Value, DataError> {
        let (batch, [c, h, w]) = (256, self.image);
        let (mut times, mut judged) = ([const { Vec::new() }; 2], 0.0);
        let mut probabilities = vec![0.0; network.classes()];
        for rows in self
            .parts
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
                judged += score_image(logits, label, &mut probabilities).loss;
            }
            times[0].push(self.clock.seconds() - start);
        }
        let [step_ms, forward_ms] = times.map(median);
        Ok(json!({
            "batch": batch, "images_per_s": speed(batch, step_ms), "step_ms": step_ms, "forward_ms": forward_ms,
            "measured_steps": self.steps, "loss": judged / ((WARM_UP + self.steps) * batch) as f64,
        }))
    }
}

/// Seconds by the wall's clock since it began, or those that this thread has spent on a core.
struct Clock {
    begin: Option<Instant>,
}

impl Clock {
    fn seconds(&self) -> f64 {
        if let Some(begin) = self.begin {
            return begin.elapsed().as_secs_f64();
        }
        // Giving the core up for a moment brings the count up to date.
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

/// Median in milliseconds, without the warm-up.
fn median(seconds: Vec<f64>) -> f64 {
    let mut seconds = seconds[WARM_UP..].to_vec();
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2] * 1e3
}

/// Images per second, to a tenth.
fn speed(batch: usize, step_ms: f64) -> f64 {
    (batch as f64 / step_ms * 1e4).round() / 10.0
}

/// The most memory that this process had, MiB.
fn peak_memory() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace()
        .nth(1)?
        .parse::<f64>()
        .ok()
        .map(|kib| (kib / 102.4).round() / 10.0)
}
