//! Images per second of 3×32×32 through the tutorial's augmentation, on one core: `cargo bench -p convsweep-data`.

use convsweep_data::{Batcher, Location, Parts, epoch_order, open};
use convsweep_spec::augment::{AugmentSpec, Fill, FlipAxis, Normalize, Step};
use convsweep_spec::data::{Damaged, DataSpec, Shapes, Source, Split, SplitScheme};
use std::time::Instant;

const IMAGES: u32 = 10_000;
const BATCH: usize = 64;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let split = Split { scheme: SplitScheme::Validation(0.0), seed: 0, stratify: true, test: None };
    let source = Source::Shapes(Shapes { train: IMAGES, test: 0, ..Shapes::default() });
    let data = DataSpec { source, split, limit: None, resize: None, channels: None, damaged: Damaged::Refuse };
    let cache = tempfile::tempdir()?;
    let start = Instant::now();
    let set = open(Location { cache: cache.path(), path: None }, &data)?;
    println!("draw, write and map {IMAGES} shapes: {:.2} s", start.elapsed().as_secs_f64());
    let parts = Parts { train: (0..IMAGES).collect(), validation: vec![], test: vec![] };
    let (fill, p) = (Fill::Zero, 1.0);
    let warp = [Step::Rotate { degrees: 15.0, fill, p }, Step::Scale { min: 0.9, max: 1.1, fill, p }];
    let flip = [Step::Flip { axis: FlipAxis::Horizontal, p: 0.5 }];
    let crop = [Step::Crop { pad: 4, fill: Fill::Reflect, p: 1.0 }];
    let cases: [(&str, Vec<Step>); 5] = [
        ("normalise only", vec![]),
        ("flip", flip.to_vec()),
        ("crop, flip", [&crop[..], &flip[..]].concat()),
        ("rotate, scale", warp.to_vec()),
        ("rotate, scale, flip", [&warp[..], &flip[..]].concat()),
    ];
    for (name, steps) in cases {
        let batcher = Batcher::new(&set, &AugmentSpec { normalize: Normalize::Standard, steps }, &parts)?;
        let mut out = Vec::new();
        let mut seconds: Vec<f64> = (0..7)
            .map(|epoch| {
                let order = epoch_order(0, epoch, IMAGES as usize);
                let start = Instant::now();
                for rows in order.chunks(BATCH) {
                    batcher.training(0, epoch, rows, &mut out);
                    std::hint::black_box(&out);
                }
                start.elapsed().as_secs_f64()
            })
            .collect();
        seconds.sort_by(f64::total_cmp);
        println!("{name:20} {:9.0} images/s (median of 7)", f64::from(IMAGES) / seconds[3]);
    }
    Ok(())
}
