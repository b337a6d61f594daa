//! Whether maps of what decides predictions can be believed.

use convsweep_statistics::binomial::upper_tail;

/// A count as high by chance is rarer than this where maps are believed.
const SURE: f64 = 0.05;
/// Fewer images cannot show anything: even if all speak for the maps, chance does so too often.
const FEWEST: u64 = 5;

/// Whether the maps of a method can be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credibility {
    /// What they mark matters more than the same shape elsewhere.
    Credible,
    /// There are too few images to say.
    TooFew,
    /// The same shape elsewhere may do as well.
    NotCredible,
}

impl Credibility {
    /// The judgement on maps that were better than when they are moved elsewhere for `better` of
    /// `images`: by the sign test, with chance better for every second image.
    pub fn of(better: u64, images: u64) -> Credibility {
        let chance = upper_tail(better, images, 0.5).unwrap_or(1.0);
        match chance <= SURE {
            true => Credibility::Credible,
            false if images < FEWEST => Credibility::TooFew,
            false => Credibility::NotCredible,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_are_believed_where_chance_is_rarely_as_good() {
        assert_eq!(Credibility::of(5, 5), Credibility::Credible, "1/32");
        assert_eq!(Credibility::of(4, 4), Credibility::TooFew);
        assert_eq!(Credibility::of(0, 0), Credibility::TooFew);
        assert_eq!(Credibility::of(7, 10), Credibility::NotCredible, "0.17");
        assert_eq!(Credibility::of(15, 20), Credibility::Credible, "0.02");
    }
}
