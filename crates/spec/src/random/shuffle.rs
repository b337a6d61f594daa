//! Random orders.

use super::draws::Draws;
use super::purpose::Purpose;

/// `rows` in a random order that only `purpose` and `numbers` decide.
///
/// Rows are sorted by a hash of their own number, so the rows that two calls share keep their
/// relative order.
pub fn shuffled(
    purpose: Purpose,
    numbers: &[u64],
    rows: impl IntoIterator<Item = u32>,
) -> Vec<u32> {
    let draws = Draws::new(purpose, numbers);
    let mut keyed: Vec<(u64, u32)> = rows
        .into_iter()
        .map(|row| (draws.hash_of(row), row))
        .collect();
    keyed.sort_unstable();
    keyed.into_iter().map(|(_, row)| row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The order decides how jobs are trained: it must never change.
    #[test]
    fn kept_order() {
        assert_eq!(
            shuffled(Purpose::Split, &[3], 0..12),
            [3, 8, 10, 11, 0, 2, 7, 5, 4, 1, 6, 9]
        );
    }

    #[test]
    fn rows_keep_their_relative_order_when_others_join() {
        let small = shuffled(Purpose::Split, &[3], 0..50);
        let mut large = shuffled(Purpose::Split, &[3], 0..200);
        large.retain(|row| *row < 50);
        assert_eq!(small, large);
        assert_ne!(small, (0..50).collect::<Vec<_>>());
    }
}
