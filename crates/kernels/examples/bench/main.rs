//! Speed of each kernel: GFLOP/s, counting the operations of the definition, and the share of the
//! peak FMA speed that this core reached at the same time.
//!
//! Prints one JSON line for each kernel. Times are the processor time of the thread, so that other
//! programs on the machine only affect the caches. Winograd's method needs a quarter of the
//! multiplications of the definition and may exceed 100 %. Arguments: milliseconds for each kernel
//! (default 300), a word that the names must contain, and images in a batch (default 64; with 8
//! everything fits in the caches and memory costs nothing).

mod layers;

use convsweep_kernels::{
    Adam, ConvMethod, ConvShape, DenseShape, Epilogue, InstructionSet, NeedsGradient,
    UpstreamGradient, conv_backward, conv_forward, conv_method, dense_backward, dense_forward,
    fma_peak,
};
use layers::layers;
use std::fs;
use std::hint::black_box;
use std::time::{Duration, Instant};

// As in the worker: the system's allocator would map and unmap every output.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Calls for each reading of the clock.
const CALLS: usize = 3;

/// Seconds of processor time of this thread.
fn core_seconds() -> f64 {
    // Yielding the core updates the counter.
    std::thread::yield_now();
    let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split_whitespace()
        .next()
        .and_then(|n| n.parse::<f64>().ok())
        .unwrap_or(f64::NAN)
        / 1e9
}

/// Median and smallest number of seconds for a call.
fn measure(budget: Duration, mut call: impl FnMut()) -> (f64, f64) {
    call();
    let (begin, mut times) = (Instant::now(), Vec::new());
    while begin.elapsed() < budget || times.len() < 5 {
        let start = core_seconds();
        for _ in 0..CALLS {
            call();
        }
        times.push((core_seconds() - start) / CALLS as f64);
    }
    times.sort_by(f64::total_cmp);
    (times[times.len() / 2], times[0])
}

fn numbers(count: usize) -> Vec<f32> {
    (0..count)
        .map(|i| ((i * 7919 + 13) % 2011) as f32 / 1005.0 - 1.0)
        .collect()
}

struct Bench {
    budget: Duration,
    only: String,
}

impl Bench {
    /// Measures `call`, which performs `flops` operations on `images` images, and prints a line.
    fn line(&self, kernel: &str, method: &str, images: usize, flops: f64, call: impl FnMut()) {
        if !format!("{kernel} {method}").contains(&self.only) {
            return;
        }
        let peak = fma_peak();
        let (seconds, least) = measure(self.budget, call);
        let gflops = flops / seconds / 1e9;
        println!(
            "{{\"kernel\": \"{kernel}\", \"method\": \"{method}\", \
             \"us_per_image\": {:.2}, \"least_us\": {:.2}, \"gflops\": {gflops:.1}, \
             \"share_of_peak\": {:.2}, \"peak_gflops\": {peak:.1}}}",
            seconds * 1e6 / images as f64,
            least * 1e6 / images as f64,
            gflops / peak,
        );
    }

    fn conv(
        &self,
        name: &str,
        shape: ConvShape,
        method: ConvMethod,
        epilogue: Epilogue,
        needs_input: bool,
    ) {
        let x = numbers(shape.images * shape.input[0] * shape.input[1] * shape.channels);
        let w = numbers(
            shape.filters * shape.channels / shape.groups * shape.kernel[0] * shape.kernel[1],
        );
        let b = numbers(shape.filters);
        let label = format!("{method:?}").to_lowercase();
        self.line(
            &format!("{name} forward"),
            &label,
            shape.images,
            shape.flops(),
            || {
                black_box(conv_forward(&shape, method, &x, &w, Some(&b), epilogue));
            },
        );
        let found = conv_forward(&shape, method, &x, &w, Some(&b), epilogue);
        let gradient = numbers(found.output.len());
        let backward = UpstreamGradient {
            gradient: &gradient,
            norm: None,
            output: &found.output,
            argmax: &found.argmax,
        };
        let times = if needs_input { 2.0 } else { 1.0 };
        self.line(
            &format!("{name} backward"),
            &label,
            shape.images,
            times * shape.flops(),
            || {
                let needs = NeedsGradient {
                    input: needs_input,
                    bias: epilogue.relu,
                };
                black_box(conv_backward(
                    &shape, method, &x, &w, backward, epilogue, needs,
                ));
            },
        );
    }

    fn dense(&self, name: &str, shape: DenseShape) {
        let (x, w) = (
            numbers(shape.rows * shape.features),
            numbers(shape.units * shape.features),
        );
        let flops = 2.0 * (shape.rows * shape.units * shape.features) as f64;
        self.line(
            &format!("{name} forward"),
            "direct",
            shape.rows,
            flops,
            || {
                black_box(dense_forward(&shape, &x, &w, None, true));
            },
        );
        let y = dense_forward(&shape, &x, &w, None, true);
        let gradient = numbers(y.len());
        self.line(
            &format!("{name} backward"),
            "direct",
            shape.rows,
            2.0 * flops,
            || {
                black_box(dense_backward(&shape, &x, &w, &y, &gradient, true, true));
            },
        );
    }
}

fn main() {
    let images = numeric_argument(3, 64) as usize;
    let bench = Bench {
        budget: Duration::from_millis(numeric_argument(1, 300)),
        only: std::env::args().nth(2).unwrap_or_default(),
    };
    eprintln!("instructions: {}", InstructionSet::best().name());
    for layer in layers(images) {
        let epilogue = layer.epilogue;
        let is_first = layer.shape.channels == 3;
        for method in [ConvMethod::Direct, ConvMethod::Winograd] {
            // The slower method is also measured where the difference is small.
            if method == conv_method(&layer.shape, epilogue).0
                || layer.both_methods && layer.shape.supports(method)
            {
                bench.conv(&layer.name, layer.shape, method, epilogue, !is_first);
            }
        }
    }
    bench.dense(
        "tutorial dense1 1024>64",
        DenseShape {
            rows: images,
            features: 1024,
            units: 64,
        },
    );
    bench.dense(
        "vgg dense1 4096>256",
        DenseShape {
            rows: images,
            features: 4096,
            units: 256,
        },
    );

    measure_adam(&bench);
}

/// Measures a step of Adam over as many weights as the tutorial's network has.
fn measure_adam(bench: &Bench) {
    let n = 122_570;
    let (mut w, g, mut m, mut v) = (numbers(n), numbers(n), vec![0.0; n], vec![0.0; n]);
    let adam = Adam {
        lr: 1e-3,
        beta1: 0.9,
        beta2: 0.999,
        epsilon: 1e-7,
        weight_decay: 0.0,
        shrink: 1.0,
        step: 3,
    };
    bench.line(
        "adam 122,570 weights",
        "one pass",
        1,
        13.0 * n as f64,
        || adam.step(&mut w, &g, &mut m, &mut v),
    );
}

/// Argument `position` of the program, or `default` if it is missing.
fn numeric_argument(position: usize, default: u64) -> u64 {
    match std::env::args().nth(position) {
        Some(word) => word
            .parse()
            .unwrap_or_else(|_| panic!("argument {position} is not a whole number: {word}")),
        None => default,
    }
}
