//! Whether maps of what decides predictions can be believed.

use convsweep_statistics::binomial::upper_tail;

/// A count as high by chance is rarer than this where maps are believed.
const SURE: f64 = 0.05;
/// Fewer images cannot show anything: even if all speak for the maps, chance does so too often.
const FEWEST: u64 = 5;

/// Changes of the probability below this are no explanation of a prediction: maps of untrained
/// networks change it by a fifth of this.
const SMALLEST_EFFECT: f64 = 0.05;

/// Whether the maps of a method can be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credibility {
    /// What they mark matters more than the same shape elsewhere.
    Credible,
    /// It surely matters more, but hardly: it is not what decides.
    Slight,
    /// There are too few images to say.
    TooFew,
    /// The same shape elsewhere may do as well.
    NotCredible,
}

impl Credibility {
    /// The judgement on maps that were better than when they are moved elsewhere for `better` of
    /// `images`, by the sign test, with chance better for every second image; `effect` is how much
    /// more they change the probability, on average.
    pub fn of(better: u64, images: u64, effect: f64) -> Credibility {
        let chance = upper_tail(better, images, 0.5).unwrap_or(1.0);
        match chance <= SURE {
            true if effect >= SMALLEST_EFFECT => Credibility::Credible,
            true => Credibility::Slight,
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
        let check = |better, images, effect, expected, why: &str| {
            assert_eq!(Credibility::of(better, images, effect), expected, "{why}");
        };
        check(5, 5, 0.1, Credibility::Credible, "1/32");
        check(4, 4, 0.1, Credibility::TooFew, "1/16");
        check(0, 0, 0.0, Credibility::TooFew, "nothing was seen");
        check(7, 10, 0.1, Credibility::NotCredible, "0.17");
        check(15, 20, 0.1, Credibility::Credible, "0.02");
        check(237, 240, 0.02, Credibility::Slight, "an untrained network");
    }
}
