//! Images per second of 3×32×32 through the tutorial's augmentation, on one core:
//! `cargo bench -p convsweep-data`.

use convsweep_data::{Batcher, Location, Subsets, epoch_order, open};
use convsweep_spec::augment::{AugmentSpec, Fill, FlipAxis, Normalize, Step};
use convsweep_spec::data::{Damaged, DataSpec, Shapes, Source, Split, SplitScheme};
use std::sync::LazyLock;
use std::time::Instant;

const IMAGES: u32 = 10_000;
const BATCH: usize = 64;

/// Seconds that this thread has had a core for, so that other programs on the machine do not
/// matter; seconds on the clock where the system does not say.
fn cpu_seconds() -> f64 {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    let start = *START;
    let said = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = said.and_then(|text| text.split(' ').next()?.parse::<f64>().ok());
    nanoseconds.map_or_else(|| start.elapsed().as_secs_f64(), |n| n * 1e-9)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let split = Split {
        scheme: SplitScheme::Validation(0.0),
        seed: 0,
        stratify: true,
        test: None,
    };
    let source = Source::Shapes(Shapes {
        train: IMAGES,
        test: 0,
        ..Shapes::default()
    });
    let data = DataSpec {
        source,
        split,
        limit: None,
        resize: None,
        channels: None,
        damaged: Damaged::Refuse,
    };
    let cache = tempfile::tempdir()?;
    let start = cpu_seconds();
    let set = open(
        Location {
            cache: cache.path(),
            path: None,
        },
        &data,
    )?;
    println!(
        "draw, write and map {IMAGES} shapes: {:.2} s of this core",
        cpu_seconds() - start
    );
    let parts = Subsets {
        train: (0..IMAGES).collect(),
        validation: vec![],
        test: vec![],
    };
    let (fill, p) = (Fill::Zero, 1.0);
    let warp = [
        Step::Rotate {
            degrees: 15.0,
            fill,
            p,
        },
        Step::Scale {
            min: 0.9,
            max: 1.1,
            fill,
            p,
        },
    ];
    let flip = [Step::Flip {
        axis: FlipAxis::Horizontal,
        p: 0.5,
    }];
    let crop = [Step::Crop {
        pad: 4,
        fill: Fill::Reflect,
        p: 1.0,
    }];
    let cases: [(&str, Vec<Step>); 5] = [
        ("normalise only", vec![]),
        ("flip", flip.to_vec()),
        ("crop, flip", [&crop[..], &flip[..]].concat()),
        ("rotate, scale", warp.to_vec()),
        ("rotate, scale, flip", [&warp[..], &flip[..]].concat()),
    ];
    for (name, steps) in cases {
        let batcher = Batcher::new(
            &set,
            &AugmentSpec {
                normalize: Normalize::Standard,
                steps,
            },
            &parts,
        )?;
        let mut out = Vec::new();
        let mut seconds = Vec::new();
        for epoch in 0..7 {
            let order = epoch_order(0, epoch, IMAGES as usize);
            let start = cpu_seconds();
            for rows in order.chunks(BATCH) {
                batcher.training(0, epoch, rows, &mut out)?;
                std::hint::black_box(&out);
            }
            seconds.push(cpu_seconds() - start);
        }
        seconds.sort_by(f64::total_cmp);
        let rate = |i: usize| f64::from(IMAGES) / seconds[i];
        println!(
            "{name:20} {:9.0} images/s (best of 7; median {:.0})",
            rate(0),
            rate(3)
        );
    }
    Ok(())
}
