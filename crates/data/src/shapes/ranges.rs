//! Which numbers a set of shapes may have.

use crate::DataError;
use convsweep_spec::data::Shapes;

/// Refuses numbers outside their ranges.
pub(super) fn check(shapes: &Shapes) -> Result<(), DataError> {
    let share = 0.0..=1.0;
    let [smallest, largest] = shapes.scale;
    let rules = [
        (shapes.train >= 1, "train is at least 1"),
        (
            Shapes::CLASSES.contains(&shapes.classes),
            "classes is 2 to 10",
        ),
        (Shapes::SIZES.contains(&shapes.size), "size is 8 to 512"),
        (share.contains(&shapes.position), "position is 0 to 1"),
        (
            smallest > 0.0 && smallest <= largest && largest <= 2.0,
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
    for (holds, rule) in rules {
        if !holds {
            return Err(DataError::Invalid(format!("shapes: {rule}")));
        }
    }
    Ok(())
}
