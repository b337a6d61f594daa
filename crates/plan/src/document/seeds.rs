//! `--seeds` of the command line.

use std::str::FromStr;

/// Maximum number of seeds that a number can stand for.
const MAX_SEEDS: u64 = 1_000_000;

/// Seeds instead of those of the file: `"3"` means 0, 1 and 2; `"0,1,5"` lists them, and `"5,"` is
/// a list of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seeds(pub Vec<u64>);

impl FromStr for Seeds {
    type Err = String;

    fn from_str(text: &str) -> Result<Seeds, String> {
        match parse(text) {
            Some(seeds) => Ok(Seeds(seeds)),
            None => Err(format!(
                "`{text}` is neither a number of seeds (3) nor a list of different seeds (0,1,5; \
                one seed with a comma: 5,)"
            )),
        }
    }
}

impl Seeds {
    /// From the words of a revision, where they are a list even if it is only one seed.
    pub(super) fn from_list(text: &str) -> Option<Seeds> {
        let text = text.trim();
        let text = text.strip_suffix(',').unwrap_or(text);
        let seeds = text.split(',').map(|seed| seed.trim().parse().ok());
        seeds.collect::<Option<_>>().map(Seeds)
    }

    /// As an argument of `--seeds`, where one seed alone would be a number of seeds: `0,1,5`, `5,`.
    pub fn argument(&self) -> String {
        match self.0.as_slice() {
            [only] => format!("{only},"),
            _ => self.list(),
        }
    }

    /// As a list, which is how a revision records them: `0,1,5`, `5`.
    pub(super) fn list(&self) -> String {
        let seeds: Vec<_> = self.0.iter().map(u64::to_string).collect();
        seeds.join(",")
    }
}

fn parse(text: &str) -> Option<Vec<u64>> {
    let Seeds(seeds) = Seeds::from_list(text)?;
    if !text.contains(',') {
        let count = seeds[0];
        return (1..=MAX_SEEDS)
            .contains(&count)
            .then(|| (0..count).collect());
    }
    let mut sorted = seeds.clone();
    sorted.sort_unstable();
    sorted.dedup();
    let storable = seeds.iter().all(|seed| i64::try_from(*seed).is_ok());
    (sorted.len() == seeds.len() && storable).then_some(seeds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_argument_means_the_same_seeds() {
        for seeds in [vec![5], vec![0], vec![0, 1, 5], vec![3, 2]] {
            let seeds = Seeds(seeds);
            assert_eq!(seeds.argument().parse(), Ok(seeds.clone()));
            assert_eq!(Seeds::from_list(&seeds.list()), Some(seeds));
        }
        assert_eq!("3".parse(), Ok(Seeds(vec![0, 1, 2])));
        assert_eq!("7,".parse(), Ok(Seeds(vec![7])));
        for wrong in ["", ",", "5,,", "1,1", "1,1,", "a,"] {
            assert!(wrong.parse::<Seeds>().is_err(), "{wrong}");
        }
    }
}
