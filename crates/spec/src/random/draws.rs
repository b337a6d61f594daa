//! Draws one after another, keyed by a purpose and integers.

use super::purpose::Purpose;
use super::splitmix::{GOLDEN_GAMMA, finalize, hash, unit_interval};
use std::f64::consts::TAU;

/// A sequence of random numbers that is determined by a purpose and integers.
pub struct Draws {
    key: u64,
    count: u64,
}

impl Draws {
    /// The sequence of these integers, whose order matters.
    pub fn new(purpose: Purpose, numbers: &[u64]) -> Draws {
        let mut key = hash(purpose as u64);
        for &number in numbers {
            key = hash(key ^ hash(number));
        }
        Draws { key, count: 0 }
    }

    /// Hash of one index under this sequence's key, whatever has been drawn from it.
    pub(super) fn hash_of(&self, index: u32) -> u64 {
        hash(
            self.key
                .wrapping_add(u64::from(index).wrapping_mul(GOLDEN_GAMMA)),
        )
    }

    /// 64 random bits.
    #[inline]
    pub fn bits(&mut self) -> u64 {
        self.count += 1;
        let state = self.key.wrapping_add(self.count.wrapping_mul(GOLDEN_GAMMA));
        finalize(state.wrapping_add(GOLDEN_GAMMA))
    }

    /// Uniform in [0, 1).
    #[inline]
    pub fn unit(&mut self) -> f64 {
        unit_interval(self.bits())
    }

    /// Uniform in [low, high).
    #[inline]
    pub fn within(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// Uniform in 0..n.
    #[inline]
    pub fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.bits()) * u128::from(n)) >> 64) as u64
    }

    /// Distributed as Beta(alpha, alpha), from two Gamma variates.
    pub fn beta(&mut self, alpha: f64) -> f64 {
        let (a, b) = (self.gamma(alpha), self.gamma(alpha));
        if a + b > 0.0 {
            a / (a + b)
        } else {
            // Both underflowed: for so small an alpha the distribution is a coin.
            (self.unit() < 0.5).into()
        }
    }

    /// Distributed as Gamma(shape, 1) (Marsaglia and Tsang 2000).
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
    #[inline]
    pub fn normal_pair(&mut self) -> (f64, f64) {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        let (sin, cos) = (TAU * self.unit()).sin_cos();
        (radius * cos, radius * sin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers decide how jobs are trained: they must never change.
    #[test]
    fn kept_numbers() {
        let check = |purpose, numbers: &[u64], expected: [u64; 2]| {
            let mut draws = Draws::new(purpose, numbers);
            let found = [draws.bits(), draws.bits()];
            assert_eq!(found, expected, "{purpose:?} {numbers:?}");
        };
        use Purpose::*;
        check(Order, &[7], [0x0d6ee3506b4257df, 0x0949d359c0b5ffe4]);
        check(
            Augment,
            &[0, 1, 2, 3],
            [0x5245c1a25f4fc5cc, 0x1e7c7fd790469351],
        );
        check(Limit, &[], [0x97e4a26fa4bd44f2, 0xa21c465b24694130]);
        check(Split, &[u64::MAX], [0x3deb778a8eb31a9d, 0x2e31d17f30594f5b]);
        check(Shapes, &[0], [0xaabbfbf4b7a8e982, 0x72ecc53ea77cbd2c]);
        check(Preview, &[0], [0x6dd0c08fa06c3fb5, 0x1f1a1888ccadeb44]);
        check(Mix, &[1, 2], [0xa91b2432e41ab5bb, 0xcce73bff08d3ef2e]);
    }

    #[test]
    fn kept_distributions() {
        let mut draws = Draws::new(Purpose::Augment, &[1, 2, 3]);
        assert_eq!(draws.unit(), 0.677655246141257);
        assert_eq!(draws.within(-2.0, 5.0), 1.7288329237190316);
        assert_eq!(draws.below(1000), 381);
        assert_eq!(draws.beta(0.4), 0.41494204364103693);
        assert_eq!(draws.beta(2.0), 0.17613438848070273);
        assert_eq!(
            draws.normal_pair(),
            (0.8692775248742367, 0.6115330874711555)
        );
    }

    #[test]
    fn sequences_differ_and_repeat() {
        let draw = |purpose, numbers: &[u64]| Draws::new(purpose, numbers).bits();
        assert_eq!(
            draw(Purpose::Augment, &[1, 2]),
            draw(Purpose::Augment, &[1, 2])
        );
        let mut all = vec![draw(Purpose::Split, &[1, 2])];
        for a in 0..30 {
            for b in 0..30 {
                all.push(draw(Purpose::Augment, &[a, b]));
            }
        }
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
        // 10,000 expected in each, with a standard deviation of 95.
        assert!(bins.iter().all(|n| (9_500..10_500).contains(n)), "{bins:?}");
        let mut normal = Vec::new();
        for _ in 0..50_000 {
            normal.extend(<[f64; 2]>::from(draws.normal_pair()));
        }
        let mean = normal.iter().sum::<f64>() / 1e5;
        let variance = normal.iter().map(|x| x * x).sum::<f64>() / 1e5;
        assert!(
            mean.abs() < 0.02 && (variance - 1.0).abs() < 0.03,
            "{mean} {variance}"
        );
    }
}
