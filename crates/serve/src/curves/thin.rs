//! As many points as a screen can show.

use super::series::Series;

/// Points of a curve at most: two for each of so many columns.
const COLUMNS: usize = 400;

/// Leaves the least and the greatest value of each column, and the last point.
pub fn thin(series: &mut Series) {
    let points = series.x.len();
    if points <= 2 * COLUMNS {
        return;
    }
    let mut kept = Vec::with_capacity(2 * COLUMNS + 1);
    for column in 0..COLUMNS {
        let from = column * points / COLUMNS;
        let to = (column + 1) * points / COLUMNS;
        let (mut least, mut greatest) = (from, from);
        for i in from..to {
            if series.y[i] < series.y[least] {
                least = i;
            }
            if series.y[i] > series.y[greatest] {
                greatest = i;
            }
        }
        kept.push(least.min(greatest));
        if least != greatest {
            kept.push(least.max(greatest));
        }
    }
    if kept.last() != Some(&(points - 1)) {
        kept.push(points - 1);
    }
    series.x = kept.iter().map(|i| series.x[*i]).collect();
    series.y = kept.iter().map(|i| series.y[*i]).collect();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peaks_stay() {
        let mut y = vec![0.5; 100_000];
        (y[12_345], y[54_321]) = (9.0, -9.0);
        let x: Vec<f64> = (0..100_000).map(f64::from).collect();
        let mut series = Series {
            x,
            y,
            ..Series::default()
        };
        thin(&mut series);
        assert!(series.x.len() <= 2 * COLUMNS + 1 && series.x.len() == series.y.len());
        assert!(series.x.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(series.y.contains(&9.0) && series.y.contains(&-9.0));
        assert_eq!(series.x.last(), Some(&99_999.0));
    }

    #[test]
    fn few_points_stay_as_they_are() {
        let mut series = Series {
            x: vec![1.0, 2.0],
            y: vec![f64::NAN, 2.0],
            ..Series::default()
        };
        thin(&mut series);
        assert_eq!(series.x, [1.0, 2.0]);
    }
}
