//! Median, 95th percentile and maximum of sizes.

/// How a set of sizes is spread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spread {
    pub median: usize,
    pub percentile_95: usize,
    pub maximum: usize,
}

impl Spread {
    /// By nearest rank; zeros if there are no sizes.
    pub fn of(sizes: impl IntoIterator<Item = usize>) -> Spread {
        let mut sorted: Vec<usize> = sizes.into_iter().collect();
        sorted.sort_unstable();
        let Some(&maximum) = sorted.last() else {
            return Spread::default();
        };
        let rank = |percent: usize| sorted[(sorted.len() * percent).div_ceil(100).max(1) - 1];
        Spread {
            median: rank(50),
            percentile_95: rank(95),
            maximum,
        }
    }
}

impl std::fmt::Display for Spread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} / {} / {}",
            self.median, self.percentile_95, self.maximum
        )
    }
}

#[cfg(test)]
mod tests {
    use super::Spread;

    #[test]
    fn ranks_are_members_of_the_set() {
        let expected = Spread {
            median: 50,
            percentile_95: 95,
            maximum: 100,
        };
        assert_eq!(Spread::of(1..=100), expected);
        assert_eq!(
            Spread::of([7]),
            Spread {
                median: 7,
                percentile_95: 7,
                maximum: 7
            }
        );
        assert_eq!(Spread::of([]), Spread::default());
    }
}
