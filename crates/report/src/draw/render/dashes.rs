//! Cuts lines into the strokes of a pattern, since plotters draws solid lines only.

use crate::draw::style::Dash;

/// The strokes of a line; none for fewer than two points.
pub(super) fn strokes(points: &[(f64, f64)], dash: Dash) -> Vec<Vec<(f64, f64)>> {
    if points.len() < 2 {
        return Vec::new();
    }
    if dash.is_empty() {
        return vec![points.to_vec()];
    }
    let mut cutter = Cutter {
        dash,
        part: 0,
        left: dash[0],
        stroke: vec![points[0]],
        done: Vec::new(),
    };
    for pair in points.windows(2) {
        cutter.segment(pair[0], pair[1]);
    }
    if cutter.stroke.len() > 1 {
        cutter.done.push(cutter.stroke);
    }
    cutter.done
}

struct Cutter {
    dash: Dash,
    /// Parts of the pattern begun so far; the even ones are strokes, the odd ones gaps.
    part: usize,
    /// Length that is left of the current part.
    left: f64,
    stroke: Vec<(f64, f64)>,
    done: Vec<Vec<(f64, f64)>>,
}

impl Cutter {
    fn is_drawing(&self) -> bool {
        self.part.is_multiple_of(2)
    }

    fn segment(&mut self, from: (f64, f64), to: (f64, f64)) {
        let (mut x, mut y) = from;
        loop {
            let rest = (to.0 - x).hypot(to.1 - y);
            if rest <= self.left {
                self.left -= rest;
                if self.is_drawing() {
                    self.stroke.push(to);
                }
                return;
            }
            x += (to.0 - x) * self.left / rest;
            y += (to.1 - y) * self.left / rest;
            self.next_part((x, y));
        }
    }

    fn next_part(&mut self, at: (f64, f64)) {
        if self.is_drawing() {
            self.stroke.push(at);
            self.done.push(std::mem::take(&mut self.stroke));
        } else {
            self.stroke = vec![at];
        }
        self.part += 1;
        self.left = self.dash[self.part % self.dash.len()];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dashes_keep_their_lengths() {
        let cut = strokes(&[(0.0, 0.0), (10.0, 0.0)], &[3.0, 2.0]);
        let first = vec![(0.0, 0.0), (3.0, 0.0)];
        let second = vec![(5.0, 0.0), (8.0, 0.0)];
        assert_eq!(cut, [first, second]);
        assert_eq!(strokes(&[(0.0, 0.0), (1.0, 0.0)], &[]).len(), 1);
        assert!(strokes(&[(0.0, 0.0)], &[]).is_empty());
    }
}
