//! What a worker says while it trains; the only thing that leaves it.

use crate::device::DeviceName;
use crate::id::{JobId, StateKey};
use crate::metric::Number;
use crate::outcome::Outcome;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One line of `events.jsonl` and of a worker's stdout.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Envelope {
    /// [`crate::FORMAT`] of the worker.
    pub format: u32,
    /// The job spoken of.
    pub job: JobId,
    /// Its attempt.
    pub attempt: u32,
    /// Number of the event within the attempt, from 0. Progress events are not logged and repeat
    /// the next number.
    pub n: u64,
    /// Seconds since 1970-01-01 UTC.
    pub time: f64,
    /// What happened.
    pub event: Event,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// The attempt began.
    Started {
        /// Process id of the worker.
        pid: u32,
        /// Name of the machine.
        host: String,
        /// The device.
        device: DeviceName,
        /// What decides the last bits.
        fingerprint: Fingerprint,
        /// Where training begins.
        from: Start,
    },
    /// How far the epoch is; sent at most a few times a second, never logged.
    Progress {
        /// Completed epochs.
        epoch: u32,
        /// Completed steps of the running epoch.
        step: u32,
        /// Steps of an epoch.
        steps: u32,
        /// Epochs of the job.
        epochs: u32,
        /// Recent training speed.
        images_per_second: f64,
    },
    /// The worker lives, whatever the job is doing; sent every second by a thread of its own, never
    /// logged.
    Alive,
    /// Metrics at the end of an epoch.
    Metrics {
        /// Phase, from 0.
        phase: u32,
        /// Completed epochs, from 1.
        epoch: u32,
        /// Completed steps over the whole job.
        step: u64,
        /// Values by name ([`crate::metric`]).
        values: BTreeMap<String, Number>,
    },
    /// A checkpoint is safely on disk; an attempt can go on from it.
    Checkpoint {
        /// Completed epochs.
        epoch: u32,
        /// Completed steps of the running epoch.
        step: u32,
        /// Size on disk.
        bytes: u64,
    },
    /// A training state is kept under its key (at the end of a phase and of the job).
    StateSaved {
        /// Completed epochs.
        epoch: u32,
        /// Key of the state.
        key: StateKey,
        /// Folder, relative to the job's folder.
        path: String,
        /// Size on disk.
        bytes: u64,
    },
    /// An evaluation of the trained network. Comes once for each part, after training.
    Evaluated(Evaluation),
    /// A file was left in the job's folder.
    Artifact {
        /// `model`, `predictions`, `thumbnails`, …
        kind: String,
        /// Path relative to the job's folder.
        path: String,
        /// Size on disk.
        bytes: u64,
    },
    /// Something a reader should know; shown and kept.
    Warning {
        /// What.
        text: String,
    },
    /// The attempt ended; the last event of an attempt that did not die.
    Ended {
        /// How.
        outcome: Outcome,
        /// Seconds since `Started`.
        seconds: f64,
        /// Peak memory of the worker process.
        peak_memory_bytes: u64,
    },
}

/// What decides the last bits of a result: recorded, never part of a job's id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fingerprint {
    /// `flex`, `libtorch`, `cuda`.
    pub backend: String,
    /// Kind of device, `cpu` or the GPU's name.
    pub device: String,
    /// Instruction set that the kernels chose, `avx2`, …
    pub instructions: String,
    /// Version of the worker program.
    pub version: String,
    /// Git revision it was built from, `-dirty` appended if changed, or `unknown`.
    pub revision: String,
}

/// Where an attempt begins.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "from", rename_all = "kebab-case")]
pub enum Start {
    /// From the initial weights: drawn ones, or those of the file that the job names.
    Scratch,
    /// From the job's own checkpoint.
    Checkpoint {
        /// Completed epochs.
        epoch: u32,
        /// Completed steps of the epoch after.
        step: u32,
        /// Whether the fingerprint is the one that wrote it: only then are equal bits promised.
        exact: bool,
    },
    /// From another job's saved state.
    State {
        /// The job that saved it.
        job: JobId,
        /// Completed epochs.
        epoch: u32,
        /// Whether the fingerprint is the one that wrote it.
        exact: bool,
    },
}

/// Part of the images that an evaluation is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// The validation images.
    Validation,
    /// The sealed test images.
    Test,
}

impl Part {
    /// `validation` or `test`.
    pub fn name(self) -> &'static str {
        match self {
            Part::Validation => "validation",
            Part::Test => "test",
        }
    }
}

/// Result of classifying one part with the trained network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// Which images.
    pub part: Part,
    /// How many.
    pub images: u32,
    /// Mean cross-entropy.
    pub loss: Number,
    /// Share of images whose most probable class is the true one.
    pub accuracy: Number,
    /// `confusion[true][predicted]` counts.
    pub confusion: Vec<Vec<u32>>,
    /// Which images were right: bit i (lowest bit of the first byte first) is image i of the part,
    /// as hexadecimal text.
    pub correct: String,
}

impl Evaluation {
    /// Packs per-image correctness into the text of [`Evaluation::correct`].
    pub fn pack(correct: &[bool]) -> String {
        let byte = |bits: &[bool]| {
            bits.iter()
                .enumerate()
                .fold(0u8, |b, (i, &c)| b | (u8::from(c) << i))
        };
        correct
            .chunks(8)
            .map(|bits| format!("{:02x}", byte(bits)))
            .collect()
    }

    /// The bytes behind [`Evaluation::correct`]; `None` if the text is not hexadecimal.
    pub fn correct_bytes(&self) -> Option<Vec<u8>> {
        let pairs = self.correct.as_bytes().chunks(2);
        pairs
            .map(|p| {
                std::str::from_utf8(p)
                    .ok()
                    .and_then(|s| u8::from_str_radix(s, 16).ok())
            })
            .collect()
    }
}

impl Event {
    /// Whether a worker only says it: such an event repeats the next number and is in no log.
    pub fn is_passing(&self) -> bool {
        matches!(self, Event::Progress { .. } | Event::Alive)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn correctness_packs_lowest_bit_first() {
        let text = Evaluation::pack(&[true, false, false, false, false, false, false, false, true]);
        assert_eq!(text, "0101");
    }
}
