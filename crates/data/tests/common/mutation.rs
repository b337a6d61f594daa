//! Random damage to the bytes of a file, the same in every run.

#![allow(dead_code)]

use convsweep_spec::random::{Draws, Purpose};

/// Rounds of a test that damages files: `CONVSWEEP_MUTATIONS`, or a few.
pub fn rounds(few: u64) -> u64 {
    let asked = std::env::var("CONVSWEEP_MUTATIONS").ok();
    asked.and_then(|text| text.parse().ok()).unwrap_or(few)
}

/// Calls `check` with damaged versions of `originals`: bits flipped, bytes set to extremes, parts
/// cut, doubled, zeroed, or taken from another original.
pub fn damaged(originals: &[Vec<u8>], rounds: u64, mut check: impl FnMut(u64, &[u8])) {
    for round in 0..rounds {
        let mut draws = Draws::new(Purpose::Shapes, &[round, 15]);
        let mut bytes = originals[draws.below(originals.len() as u64) as usize].clone();
        let other = &originals[draws.below(originals.len() as u64) as usize];
        for _ in 0..=draws.below(4) {
            damage(&mut bytes, other, &mut draws);
        }
        check(round, &bytes);
    }
}

fn damage(bytes: &mut Vec<u8>, other: &[u8], draws: &mut Draws) {
    let length = bytes.len() as u64;
    if length == 0 {
        return;
    }
    // Half of the damage is near the beginning, where headers are.
    let span = if draws.below(2) == 0 {
        length
    } else {
        length.min(64)
    };
    let at = draws.below(span) as usize;
    let end = (at + 1 + draws.below(64) as usize).min(bytes.len());
    match draws.below(7) {
        0 => bytes[at] ^= 1 << draws.below(8),
        1 => bytes[at] = [0, 1, 0x7F, 0x80, 0xFF][draws.below(5) as usize],
        2 => bytes.truncate(at),
        3 => bytes[at..end].fill(0),
        4 => bytes[at..end].fill(0xFF),
        5 => {
            let part = bytes[at..end].to_vec();
            bytes.splice(at..at, part);
        }
        _ => {
            let from = at.min(other.len());
            let part = other[from..(from + 32).min(other.len())].to_vec();
            bytes.splice(at..end, part);
        }
    }
}
