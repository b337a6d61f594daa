//! Finds texts that overlap or leave the picture; tests use it.

use super::Scene;

/// Overlaps and overhangs up to this many pixels are invisible.
const TOLERANCE: f64 = 0.5;

/// Left, top, right, bottom.
type TextBounds = (f64, f64, f64, f64);

impl Scene {
    /// Pairs of texts that overlap, and texts that leave the picture; a good chart has none.
    pub fn collisions(&self) -> Vec<String> {
        let boxes: Vec<(&str, TextBounds)> = self
            .texts()
            .map(|text| (text.text.as_str(), text.bounds()))
            .collect();
        let mut found = Vec::new();
        for (i, (text, bounds)) in boxes.iter().enumerate() {
            if self.is_left_by(*bounds) {
                found.push(format!("{text:?} leaves the picture"));
            }
            for (other, other_bounds) in &boxes[..i] {
                if overlap(*bounds, *other_bounds) {
                    found.push(format!("{other:?} and {text:?} overlap"));
                }
            }
        }
        found
    }

    fn is_left_by(&self, (left, top, right, bottom): TextBounds) -> bool {
        left < -TOLERANCE
            || top < -TOLERANCE
            || right > self.width + TOLERANCE
            || bottom > self.height + TOLERANCE
    }
}

fn overlap(a: TextBounds, b: TextBounds) -> bool {
    a.0.max(b.0) + TOLERANCE < a.2.min(b.2) && a.1.max(b.1) + TOLERANCE < a.3.min(b.3)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draw::text::{Anchor, Text};

    #[test]
    fn collisions_are_found() {
        let mut scene = Scene::new(200.0, 100.0, "");
        scene.text(Text::new((10.0, 50.0), "first", Anchor::Start));
        scene.text(Text::new((60.0, 50.0), "second", Anchor::Start));
        assert_eq!(scene.collisions(), Vec::<String>::new());
        scene.text(Text::new((30.0, 53.0), "third", Anchor::Start));
        assert_eq!(scene.collisions(), ["\"first\" and \"third\" overlap"]);
        scene.text(Text::new((195.0, 20.0), "out", Anchor::Start));
        let expected = "\"out\" leaves the picture".to_string();
        assert!(scene.collisions().contains(&expected));
    }
}
