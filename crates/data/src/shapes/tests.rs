//! Drawn shapes: repeatability, areas, edges, and the influence of every number.

use super::*;

fn draw_all(shapes: &Shapes) -> Vec<(Vec<u8>, u16)> {
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

/// White on black, upright and centred, without anything random.
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
fn images_are_repeatable_and_all_different() {
    let images = draw_all(&small());
    assert!(images == draw_all(&small()));
    assert_eq!(images.len(), 60);
    let mut distinct: Vec<&[u8]> = images.iter().map(|(image, _)| image.as_slice()).collect();
    distinct.sort();
    distinct.dedup();
    assert_eq!(
        distinct.len(),
        60,
        "training and test images are all different"
    );
    assert!(images != draw_all(&Shapes { seed: 1, ..small() }));
    assert!((0..10).all(|c| images[..40].iter().filter(|(_, label)| *label == c).count() == 4));
}

#[test]
fn more_images_do_not_change_the_first_ones() {
    assert_eq!(
        draw_all(&Shapes {
            train: 80,
            ..small()
        })[..40],
        draw_all(&small())[..40]
    );
}

#[test]
fn plain_shapes_have_the_areas_of_their_outlines() {
    // In units of the radius squared: π 0.9², 2, 3√3/4, 5/2 sin 72°, a star of ten triangles, a
    // ring, 5 squares less the shorter arms, a disc without a lens, 180π/17², a triangle and a
    // rectangle.
    let expect = [
        2.545, 2.0, 1.299, 2.378, 1.123, 1.638, 1.814, 1.290, 1.957, 0.998,
    ];
    for ((image, label), expect) in draw_all(&plain(10)).into_iter().zip(expect) {
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
    for (image, label) in draw_all(&plain(10)) {
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
        assert!(draw_all(&base) != draw_all(&other), "{other:?}");
        assert_ne!(facts(&base).unwrap().hash, facts(&other).unwrap().hash);
    }
    let error = facts(&Shapes {
        classes: 11,
        ..base
    })
    .unwrap_err();
    assert_eq!(error.to_string(), "shapes: classes is 2 to 10");
}
