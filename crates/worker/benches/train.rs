//! Images per second of the tutorial's network on CIFAR-10 on one core, and where a step's time goes; one JSON line.
//!
//! A step is what `shared/bench/train_torch.py` calls one: batch, augmentation, forward, backward, update; the speed is the batch
//! size over the median step after a warm-up. Arguments: `[augment|plain] [steps] [batch]`.

use convsweep_data::{Batcher, Location, epoch_order, open, split};
use convsweep_nn::{build, device, optimizer::OptimizerState};
use convsweep_spec::augment::{AugmentSpec, Fill, FlipAxis, Normalize, Step};
use convsweep_spec::data::{Damaged, DataSpec, Source, Split, SplitScheme};
use convsweep_spec::event::Part;
use convsweep_spec::model::*;
use convsweep_spec::shape::Shape;
use convsweep_spec::train::Optimizer;
use std::path::PathBuf;
use std::time::Instant;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const WARM_UP: usize = 10;

fn tutorial() -> ModelSpec {
    let conv = |filters| {
        Layer::Conv(Conv {
            filters,
            kernel: [3, 3],
            stride: [1, 1],
            padding: Padding::Valid,
            dilation: [1, 1],
            groups: 1,
            bias: true,
            norm: None,
            activation: Some(Activation::Relu),
            init: Init::GlorotUniform,
        })
    };
    let pool = || Layer::Pool(Pool { kind: PoolKind::Max, size: [2, 2], stride: [2, 2], padding: Padding::Valid });
    let dense = |units, activation| Layer::Dense(Dense { units, bias: true, activation, init: Init::GlorotUniform });
    let relu = Some(Activation::Relu);
    ModelSpec {
        layers: vec![conv(32), pool(), conv(64), pool(), conv(64), Layer::Flatten, dense(64, relu), dense(10, None)],
    }
}

fn data() -> DataSpec {
    let split = Split { scheme: SplitScheme::Validation(0.2), seed: 42, stratify: true, test: None };
    DataSpec { source: Source::Cifar10, split, limit: None, resize: None, channels: None, damaged: Damaged::Refuse }
}

fn augmentation(on: bool) -> AugmentSpec {
    let (fill, p) = (Fill::Zero, 1.0);
    let steps = vec![
        Step::Rotate { degrees: 15.0, fill, p },
        Step::Scale { min: 0.9, max: 1.1, fill, p },
        Step::Flip { axis: FlipAxis::Horizontal, p: 0.5 },
    ];
    AugmentSpec { normalize: Normalize::Unit, steps: if on { steps } else { vec![] } }
}

fn cache() -> PathBuf {
    let home = || PathBuf::from(std::env::var_os("HOME").unwrap_or_default()).join(".cache/convsweep");
    std::env::var_os("CONVSWEEP_DATA").map_or_else(home, PathBuf::from)
}

/// Median in milliseconds.
fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2] * 1e3
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let number = |i: usize, default: usize| arguments.get(i).and_then(|a| a.parse().ok()).unwrap_or(default);
    let augmented = arguments.first().is_none_or(|a| a != "plain");
    let (steps, batch) = (number(1, 100), number(2, 64));
    let (spec, cache) = (data(), cache());
    let set = open(Location { cache: &cache, path: None }, &spec)?;
    let parts = split(&set, &spec, None)?;
    let batcher = Batcher::new(&set, &augmentation(augmented), &parts)?;
    let optimizer = Optimizer::adam(1e-3);
    let input = Shape::Image { channels: 3, height: 32, width: 32 };
    let mut network = build(&tutorial(), input, 10, 0, &device("cpu")?)?;
    let mut state = OptimizerState::new(&optimizer);

    let order = epoch_order(0, 0, parts.train.len());
    let mut times = [const { Vec::new() }; 4];
    let mut loss = f64::NAN;
    for (step, places) in order.chunks_exact(batch).cycle().take(WARM_UP + steps).enumerate() {
        let rows: Vec<u32> = places.iter().map(|&i| parts.train[i as usize]).collect();
        let (mut pixels, mut labels) = (Vec::new(), Vec::new());
        let mut clock = [Instant::now(); 4];
        batcher.training(0, 0, &rows, &mut pixels);
        batcher.labels(Part::Validation, &rows, &mut labels);
        clock[1] = Instant::now();
        let mut found = network.gradients(pixels, [batch, 3, 32, 32], &labels, 0, step as u64);
        clock[2] = Instant::now();
        loss = found.loss_sum / batch as f64;
        network.update_statistics(&mut found);
        state.step(&optimizer, 1e-3, &mut network, found.gradients);
        clock[3] = Instant::now();
        if step >= WARM_UP {
            for (i, times) in times[..3].iter_mut().enumerate() {
                times.push((clock[i + 1] - clock[i]).as_secs_f64());
            }
            times[3].push((clock[3] - clock[0]).as_secs_f64());
        }
    }
    let [batch_ms, gradients_ms, update_ms, step_ms] = times.map(median);
    println!(
        "{}",
        serde_json::json!({
            "program": "convsweep", "backend": convsweep_nn::BACKEND, "model": "tutorial", "threads": 1, "batch": batch,
            "augment": augmented, "images_per_s": (batch as f64 / step_ms * 1e4).round() / 10.0, "step_ms": step_ms,
            "batch_ms": batch_ms, "forward_backward_ms": gradients_ms, "update_ms": update_ms, "measured_steps": steps,
            "loss": loss,
        })
    );
    Ok(())
}
