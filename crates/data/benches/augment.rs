//! Images per second of 3×32×32 through the tutorial's augmentation, on one core:
//! `cargo bench -p convsweep-data`.

use convsweep_data::{Batcher, DataError, ImageSet, Location, Subsets, epoch_order, open};
use convsweep_spec::augment::{AugmentSpec, Fill, FlipAxis, Normalize, Step};
use convsweep_spec::data::{DataSpec, Shapes, Source, Split, SplitScheme};
use std::sync::LazyLock;
use std::time::Instant;

const IMAGES: u32 = 10_000;
const BATCH: usize = 64;
const EPOCHS: u32 = 7;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let cache = tempfile::tempdir()?;
    let at = Location::new(cache.path(), None);
    let start = cpu_seconds();
    let set = open(at, &shapes())?;
    println!(
        "draw, write and open {IMAGES} shapes: {:.2} s of this core",
        cpu_seconds() - start
    );
    for (name, steps) in cases() {
        let rates = measure(&set, steps)?;
        println!(
            "{name:20} {:9.0} images/s (best of {EPOCHS}; median {:.0})",
            rates[rates.len() - 1],
            rates[rates.len() / 2]
        );
    }
    Ok(())
}

/// Seconds for which this thread has had a core, so that other programs on the machine do not
/// matter; wall-clock seconds if the system does not report them.
fn cpu_seconds() -> f64 {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    let start = *START;
    let reported = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = reported.and_then(|text| text.split(' ').next()?.parse::<f64>().ok());
    nanoseconds.map_or_else(|| start.elapsed().as_secs_f64(), |n| n * 1e-9)
}

fn shapes() -> DataSpec {
    DataSpec::new(
        Source::Shapes(Shapes {
            train: IMAGES,
            test: 0,
            ..Shapes::default()
        }),
        Split::new(SplitScheme::Validation(0.0), 0),
    )
}

fn cases() -> [(&'static str, Vec<Step>); 5] {
    let (fill, p) = (Fill::Zero, 1.0);
    let rotate = Step::Rotate {
        degrees: 15.0,
        fill,
        p,
    };
    let scale = Step::Scale {
        min: 0.9,
        max: 1.1,
        fill,
        p,
    };
    let flip = Step::Flip {
        axis: FlipAxis::Horizontal,
        p: 0.5,
    };
    let crop = Step::Crop {
        pad: 4,
        fill: Fill::Reflect,
        p: 1.0,
    };
    [
        ("normalise only", vec![]),
        ("flip", vec![flip.clone()]),
        ("crop, flip", vec![crop, flip.clone()]),
        ("rotate, scale", vec![rotate.clone(), scale.clone()]),
        ("rotate, scale, flip", vec![rotate, scale, flip]),
    ]
}

/// Images per second of each epoch, the slowest first.
fn measure(set: &ImageSet, steps: Vec<Step>) -> Result<Vec<f64>, DataError> {
    let subsets = Subsets {
        train: (0..IMAGES).collect(),
        validation: vec![],
        test: vec![],
    };
    let augment = AugmentSpec {
        normalize: Normalize::Standard,
        steps,
    };
    let batcher = Batcher::new(set, &augment, &subsets)?;
    let mut out = Vec::new();
    let mut rates = Vec::new();
    for epoch in 0..EPOCHS {
        let order = epoch_order(0, epoch, IMAGES as usize);
        let start = cpu_seconds();
        for rows in order.chunks(BATCH) {
            batcher.training(0, epoch, rows, &mut out)?;
            std::hint::black_box(&out);
        }
        rates.push(f64::from(IMAGES) / (cpu_seconds() - start));
    }
    rates.sort_by(f64::total_cmp);
    Ok(rates)
}
