//! The built-in set of drawn shapes: a pure function of the numbers in [`Shapes`].

mod outline;
mod paint;

use crate::builtin::Sink;
use crate::open::identity;
use crate::{DataError, files};
use convsweep_spec::data::{DataFacts, Shapes};
use convsweep_spec::random::{Draws, Purpose};
use outline::Outline;
use paint::Canvas;

/// Raised when the same numbers give other pixels; part of the set's identity.
const GENERATOR: u32 = 1;

/// Facts of a set of shapes.
pub(crate) fn facts(shapes: &Shapes) -> Result<DataFacts, DataError> {
    check(shapes)?;
    Ok(DataFacts {
        hash: identity(&("shapes", GENERATOR, shapes)),
        classes: Outline::NAMES[..shapes.classes as usize]
            .iter()
            .map(ToString::to_string)
            .collect(),
        train_images: shapes.train,
        test_images: shapes.test,
        channels: 3,
        height: shapes.size,
        width: shapes.size,
    })
}

/// Draws every image, `[3, size, size]`, the training images first; classes take turns, so that
/// they are balanced.
pub(crate) fn draw(shapes: &Shapes, sink: &mut Sink) -> Result<(), DataError> {
    let outlines = Outline::all();
    for (part, count) in [(0, shapes.train), (1, shapes.test)] {
        let rows: Vec<u32> = (0..count).collect();
        for chunk in rows.chunks(1024) {
            let class = |row: u32| row % shapes.classes;
            let images = files::in_parallel(chunk.len(), |i| {
                let draws = Draws::new(Purpose::Shapes, &[shapes.seed, part, u64::from(chunk[i])]);
                image(shapes, &outlines[class(chunk[i]) as usize], draws)
            });
            for (row, image) in chunk.iter().zip(images) {
                sink(&image, class(*row) as u16)?;
            }
        }
    }
    Ok(())
}

fn image(shapes: &Shapes, outline: &Outline, mut draws: Draws) -> Vec<u8> {
    let side = f64::from(shapes.size);
    let mut place = || side / 2.0 + draws.within(-shapes.position, shapes.position) * side;
    let centre = [place(), place()];
    let radius = draws.within(shapes.scale[0], shapes.scale[1]) * side / 2.0;
    let (sin, cos) = draws
        .within(-shapes.rotation, shapes.rotation)
        .to_radians()
        .sin_cos();
    let mut canvas = Canvas::new(
        shapes.size as usize,
        shapes.color,
        shapes.texture,
        &mut draws,
    );
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

fn check(shapes: &Shapes) -> Result<(), DataError> {
    let share = 0.0..=1.0;
    let rules = [
        (shapes.train >= 1, "train is at least 1"),
        ((2..=10).contains(&shapes.classes), "classes is 2 to 10"),
        ((8..=512).contains(&shapes.size), "size is 8 to 512"),
        (share.contains(&shapes.position), "position is 0 to 1"),
        (
            shapes.scale[0] > 0.0 && shapes.scale[0] <= shapes.scale[1] && shapes.scale[1] <= 2.0,
            "scale is two numbers, 0 < smallest ≤ largest ≤ 2",
        ),
        (
            (0.0..=360.0).contains(&shapes.rotation),
            "rotation is 0 to 360 degrees",
        ),
        (share.contains(&shapes.color), "color is 0 to 1"),
        (share.contains(&shapes.texture), "texture is 0 to 1"),
        (share.contains(&shapes.noise), "noise is 0 to 1"),
    ];
    match rules.into_iter().find(|(holds, _)| !holds) {
        Some((_, rule)) => Err(DataError::Invalid(format!("shapes: {rule}"))),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(shapes: &Shapes) -> Vec<(Vec<u8>, u16)> {
        let mut images = Vec::new();
        draw(shapes, &mut |image, label| {
            images.push((image.to_vec(), label));
            Ok(())
        })
        .unwrap();
        images
    }

    fn small() -> Shapes {
        Shapes {
            train: 40,
            test: 20,
            size: 24,
            ..Shapes::default()
        }
    }

    /// White on black, upright and centred: nothing random.
    fn plain(classes: u32) -> Shapes {
        let bare = Shapes {
            color: 0.0,
            texture: 0.0,
            noise: 0.0,
            position: 0.0,
            rotation: 0.0,
            ..small()
        };
        Shapes {
            classes,
            scale: [0.8, 0.8],
            size: 64,
            train: classes,
            test: 0,
            ..bare
        }
    }

    #[test]
    fn images_repeat_and_differ() {
        let images = all(&small());
        assert!(images == all(&small()));
        assert_eq!(images.len(), 60);
        let mut distinct: Vec<&[u8]> = images.iter().map(|(image, _)| image.as_slice()).collect();
        distinct.sort();
        distinct.dedup();
        assert_eq!(
            distinct.len(),
            60,
            "training and test images are all different"
        );
        assert!(images != all(&Shapes { seed: 1, ..small() }));
        assert!((0..10).all(|c| images[..40].iter().filter(|(_, label)| *label == c).count() == 4));
    }

    #[test]
    fn more_images_leave_the_first_as_they_are() {
        assert_eq!(
            all(&Shapes {
                train: 80,
                ..small()
            })[..40],
            all(&small())[..40]
        );
    }

    #[test]
    fn plain_shapes_have_the_areas_of_their_kind() {
        // In units of the radius squared: π 0.9², 2, 3√3/4, 5/2 sin 72°, a star of ten triangles, a
        // ring, 5 squares less the shorter arms, a disc without a lens, 180π/17², a triangle and a
        // rectangle.
        let expect = [
            2.545, 2.0, 1.299, 2.378, 1.123, 1.638, 1.814, 1.290, 1.957, 0.998,
        ];
        for ((image, label), expect) in all(&plain(10)).into_iter().zip(expect) {
            let radius = 0.4 * 64.0;
            let area = image[..64 * 64]
                .iter()
                .map(|v| f64::from(*v) / 255.0)
                .sum::<f64>()
                / (radius * radius);
            assert!(
                (area - expect).abs() < 0.01 * expect,
                "{}: area {area}",
                Outline::NAMES[label as usize]
            );
            assert_eq!(image[..64 * 64], image[64 * 64..2 * 64 * 64], "white");
        }
    }

    #[test]
    fn edges_are_smooth() {
        for (image, label) in all(&plain(10)) {
            let between = image[..64 * 64]
                .iter()
                .filter(|v| (1..255).contains(*v))
                .count();
            assert!(
                between > 20,
                "{} has {between} pixels on its edge",
                Outline::NAMES[label as usize]
            );
        }
    }

    #[test]
    fn every_number_matters() {
        let base = small();
        let others = [
            Shapes {
                position: 0.0,
                ..base.clone()
            },
            Shapes {
                scale: [0.5, 0.5],
                ..base.clone()
            },
            Shapes {
                rotation: 0.0,
                ..base.clone()
            },
            Shapes {
                color: 0.0,
                ..base.clone()
            },
            Shapes {
                texture: 0.0,
                ..base.clone()
            },
            Shapes {
                noise: 0.0,
                ..base.clone()
            },
        ];
        for other in others {
            assert!(all(&base) != all(&other), "{other:?}");
            assert_ne!(facts(&base).unwrap().hash, facts(&other).unwrap().hash);
        }
        let error = facts(&Shapes {
            classes: 11,
            ..base
        })
        .unwrap_err();
        assert_eq!(error.to_string(), "shapes: classes is 2 to 10");
    }
}
