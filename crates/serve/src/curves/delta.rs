//! What of the curves a browser does not have yet.

use super::{PageCurves, Series};
use serde_json::{Value, json};

/// The curves that a browser has.
#[derive(Default)]
pub struct SentCurves {
    sent: Option<PageCurves>,
}

impl SentCurves {
    /// What makes the browser's curves these ones: all of them at first and after a change of what
    /// is shown, else what has been added. `None` if nothing has.
    pub fn update(&mut self, now: PageCurves) -> Option<Value> {
        let sent = self.sent.replace(now);
        let now = self.sent.as_ref()?;
        match sent {
            Some(sent) if is_same_picture(&sent, now) => additions(&sent, now),
            Some(_) | None => Some(json!({
                "metric": now.metric,
                "axis": now.axis.name(),
                "series": now.series,
            })),
        }
    }
}

fn is_same_picture(a: &PageCurves, b: &PageCurves) -> bool {
    let names = |curves: &PageCurves| -> Vec<(String, String)> {
        let series = curves.series.iter();
        series.map(|s| (s.id.clone(), s.label.clone())).collect()
    };
    a.metric == b.metric && a.axis == b.axis && names(a) == names(b)
}

/// For each curve that has changed, its points from the first that has.
fn additions(sent: &PageCurves, now: &PageCurves) -> Option<Value> {
    let mut added = Vec::new();
    for (i, (old, new)) in sent.series.iter().zip(&now.series).enumerate() {
        let from = first_difference(old, new);
        if from < new.x.len() || new.x.len() < old.x.len() {
            added
                .push(json!({ "series": i, "from": from, "x": new.x[from..], "y": new.y[from..] }));
        }
    }
    (!added.is_empty()).then(|| json!({ "added": added }))
}

fn first_difference(a: &Series, b: &Series) -> usize {
    let points = |s: &Series, i: usize| (s.x[i].to_bits(), s.y[i].to_bits());
    let both = a.x.len().min(b.x.len());
    (0..both)
        .find(|i| points(a, *i) != points(b, *i))
        .unwrap_or(both)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curves(points: &[(f64, f64)]) -> PageCurves {
        PageCurves {
            metric: "val_accuracy".into(),
            series: vec![Series {
                id: "a".into(),
                label: "width 8".into(),
                x: points.iter().map(|p| p.0).collect(),
                y: points.iter().map(|p| p.1).collect(),
            }],
            ..PageCurves::default()
        }
    }

    #[test]
    fn only_what_is_new_is_sent() {
        let mut sent = SentCurves::default();
        let first = sent.update(curves(&[(1.0, 0.5)])).expect("all is new");
        assert_eq!(first["series"][0]["y"], json!([0.5]));
        assert_eq!(sent.update(curves(&[(1.0, 0.5)])), None);
        let more = sent.update(curves(&[(1.0, 0.5), (2.0, f64::NAN)]));
        let added = json!([{ "series": 0, "from": 1, "x": [2.0], "y": [null] }]);
        assert_eq!(more, Some(json!({ "added": added })));
        assert_eq!(sent.update(curves(&[(1.0, 0.5), (2.0, f64::NAN)])), None);
        let less = sent.update(curves(&[(1.0, 0.4)])).expect("it began again");
        assert_eq!(less["added"][0]["from"], 0);
    }

    #[test]
    fn another_picture_is_sent_as_a_whole() {
        let mut sent = SentCurves::default();
        sent.update(curves(&[(1.0, 0.5)]));
        let mut other = curves(&[(1.0, 0.5)]);
        other.series[0].id = "b".into();
        let all = sent.update(other).expect("is another");
        assert_eq!(all["series"][0]["id"], "b");
    }
}
