//! The built-in set of drawn shapes: a pure function of the numbers in [`Shapes`].

mod background;
mod canvas;
mod outline;
mod ranges;
#[cfg(test)]
mod tests;
mod value_noise;

use crate::DataError;
use crate::identity::identity;
use crate::parallel::in_parallel;
use crate::sink::ImageSink;
use canvas::Canvas;
use convsweep_spec::data::{DataFacts, Shapes};
use convsweep_spec::random::{Draws, Purpose};
use outline::Outline;

/// Raised when the same numbers give other pixels; part of the set's identity.
const GENERATOR: u32 = 1;
/// How many images are drawn at a time: enough for all cores, few enough for little memory.
const CHUNK: usize = 1024;

/// Facts of a set of shapes.
pub(crate) fn facts(shapes: &Shapes) -> Result<DataFacts, DataError> {
    ranges::check(shapes)?;
    let names = &Outline::NAMES[..shapes.classes as usize];
    Ok(DataFacts {
        hash: identity(&("shapes", GENERATOR, shapes)),
        classes: names.iter().map(ToString::to_string).collect(),
        train_images: shapes.train,
        test_images: shapes.test,
        channels: 3,
        height: shapes.size,
        width: shapes.size,
        validation_images: 0,
        loses_colour: false,
        reading: None,
    })
}

/// Draws every image, `[3, size, size]`, the training images first. The classes take turns, so that
/// they are balanced.
pub(crate) fn draw(shapes: &Shapes, sink: &mut ImageSink) -> Result<(), DataError> {
    let outlines = Outline::all();
    // The part enters the random numbers, so that training and test images differ.
    for (part, count) in [(0, shapes.train), (1, shapes.test)] {
        let rows: Vec<u32> = (0..count).collect();
        for chunk in rows.chunks(CHUNK) {
            let images = in_parallel(chunk.len(), |i| {
                let row = chunk[i];
                let outline = &outlines[(row % shapes.classes) as usize];
                let numbers = [shapes.seed, part, u64::from(row)];
                draw_image(shapes, outline, Draws::new(Purpose::Shapes, &numbers))
            });
            for (row, image) in chunk.iter().zip(images) {
                sink(&image, (row % shapes.classes) as u16)?;
            }
        }
    }
    Ok(())
}

fn draw_image(shapes: &Shapes, outline: &Outline, mut draws: Draws) -> Vec<u8> {
    let side = f64::from(shapes.size);
    let mut coordinate = || side / 2.0 + draws.within(-shapes.position, shapes.position) * side;
    let centre = [coordinate(), coordinate()];
    let radius = draws.within(shapes.scale[0], shapes.scale[1]) * side / 2.0;
    let angle = draws.within(-shapes.rotation, shapes.rotation).to_radians();
    let (sin, cos) = angle.sin_cos();
    let mut canvas = Canvas::new(
        shapes.size as usize,
        shapes.color,
        shapes.texture,
        &mut draws,
    );
    // Pixels beyond this distance are certainly outside: their exact distance does not matter.
    let beyond = (radius + 1.0).powi(2);
    canvas.stamp(|x, y| {
        let (dx, dy) = (x - centre[0], y - centre[1]);
        if dx * dx + dy * dy > beyond {
            return 1.0;
        }
        let (dx, dy) = (dx / radius, dy / radius);
        outline.distance([cos * dx + sin * dy, cos * dy - sin * dx]) * radius
    });
    canvas.into_bytes(shapes.noise, &mut draws)
}
