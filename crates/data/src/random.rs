//! Random numbers as pure functions: a hash of what they are for and a counter, no state that
//! outlives a call.

/// What random numbers are drawn for; keeps streams with otherwise equal numbers apart.
#[derive(Clone, Copy, Debug)]
#[repr(u64)]
pub(crate) enum Purpose {
    /// Order of an epoch's images.
    Order = 1,
    /// Augmentation of one image by one step.
    Augment = 2,
    /// Which training images `limit` keeps.
    Limit = 3,
    /// Division into training and validation.
    Split = 4,
    /// A drawn image of the shapes.
    Shapes = 5,
    /// The images shown in a preview.
    Preview = 6,
    /// Mixing the images of a batch by one step.
    Mix = 7,
}

/// A stream of random numbers.
pub(crate) struct Draws {
    key: u64,
    count: u64,
}

impl Draws {
    /// The stream of these numbers.
    pub(crate) fn new(purpose: Purpose, numbers: &[u64]) -> Draws {
        Draws {
            key: numbers
                .iter()
                .fold(mix(purpose as u64), |key, &n| mix(key ^ mix(n))),
            count: 0,
        }
    }

    /// 64 random bits.
    pub(crate) fn bits(&mut self) -> u64 {
        self.count += 1;
        mix(self.key.wrapping_add(self.count.wrapping_mul(GOLDEN)))
    }

    /// Uniform in [0, 1).
    pub(crate) fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Uniform in [low, high).
    pub(crate) fn within(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// Uniform in 0..n.
    pub(crate) fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.bits()) * u128::from(n)) >> 64) as u64
    }

    /// Of Beta(alpha, alpha), by two Gamma numbers.
    pub(crate) fn beta(&mut self, alpha: f64) -> f64 {
        let (a, b) = (self.gamma(alpha), self.gamma(alpha));
        if a + b > 0.0 {
            a / (a + b)
        } else {
            (self.unit() < 0.5).into()
        }
    }

    /// Of Gamma(shape, 1) (Marsaglia and Tsang 2000).
    fn gamma(&mut self, shape: f64) -> f64 {
        if shape < 1.0 {
            return self.gamma(shape + 1.0) * self.unit().powf(1.0 / shape);
        }
        let d = shape - 1.0 / 3.0;
        loop {
            let x = self.normal_pair().0;
            let v = (1.0 + x / (9.0 * d).sqrt()).powi(3);
            if v > 0.0 && (1.0 - self.unit()).ln() < 0.5 * x * x + d - d * v + d * v.ln() {
                return d * v;
            }
        }
    }

    /// Two independent standard normal numbers (Box and Muller 1958).
    pub(crate) fn normal_pair(&mut self) -> (f64, f64) {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        let (sin, cos) = (std::f64::consts::TAU * self.unit()).sin_cos();
        (radius * cos, radius * sin)
    }
}

/// `rows` in a random order that only the purpose and `numbers` decide; each row's place hangs on
/// its own hash.
pub(crate) fn shuffled(
    purpose: Purpose,
    numbers: &[u64],
    rows: impl IntoIterator<Item = u32>,
) -> Vec<u32> {
    let key = Draws::new(purpose, numbers).key;
    let mut keyed: Vec<(u64, u32)> = rows
        .into_iter()
        .map(|row| {
            (
                mix(key.wrapping_add(u64::from(row).wrapping_mul(GOLDEN))),
                row,
            )
        })
        .collect();
    keyed.sort_unstable();
    keyed.into_iter().map(|(_, row)| row).collect()
}

const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

/// The finaliser of SplitMix64 (Steele, Lea, Flood 2014), on a shifted argument so that 0 is not a
/// fixed point.
fn mix(n: u64) -> u64 {
    let n = n.wrapping_add(GOLDEN);
    let n = (n ^ (n >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let n = (n ^ (n >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    n ^ (n >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_differ_and_repeat() {
        let draw = |purpose, numbers: &[u64]| Draws::new(purpose, numbers).bits();
        assert_eq!(
            draw(Purpose::Augment, &[1, 2]),
            draw(Purpose::Augment, &[1, 2])
        );
        let mut all: Vec<u64> = (0..30)
            .flat_map(|a| (0..30).map(move |b| draw(Purpose::Augment, &[a, b])))
            .collect();
        all.push(draw(Purpose::Split, &[1, 2]));
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 901);
    }

    #[test]
    fn numbers_are_uniform_and_normal() {
        let mut draws = Draws::new(Purpose::Order, &[7]);
        let mut bins = [0; 10];
        for _ in 0..100_000 {
            bins[draws.below(10) as usize] += 1;
        }
        // 10,000 each, standard deviation 95.
        assert!(bins.iter().all(|n| (9_500..10_500).contains(n)), "{bins:?}");
        let normal: Vec<f64> = (0..50_000)
            .flat_map(|_| <[f64; 2]>::from(draws.normal_pair()))
            .collect();
        let mean = normal.iter().sum::<f64>() / 1e5;
        let variance = normal.iter().map(|x| x * x).sum::<f64>() / 1e5;
        assert!(
            mean.abs() < 0.02 && (variance - 1.0).abs() < 0.03,
            "{mean} {variance}"
        );
    }

    #[test]
    fn a_row_keeps_its_place_when_others_join() {
        let small = shuffled(Purpose::Split, &[3], 0..50);
        let large: Vec<u32> = shuffled(Purpose::Split, &[3], 0..200)
            .into_iter()
            .filter(|r| *r < 50)
            .collect();
        assert_eq!(small, large);
        assert_ne!(small, (0..50).collect::<Vec<_>>());
    }
}
