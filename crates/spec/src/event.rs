//! What workers report while they train. Nothing else leaves a worker.

use crate::augment::MeanStd;
use crate::device::DeviceName;
use crate::hex;
use crate::id::{JobId, StateKey};
use crate::metric::Number;
use crate::outcome::Outcome;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How a worker's warning begins that a training state was refused.
pub const STATE_REFUSED: &str = "not used: ";

/// One line of `events.jsonl` and of a worker's stdout.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Envelope {
    /// [`crate::FORMAT`] of the worker.
    pub format: u32,
    /// The job that the event is about.
    pub job: JobId,
    /// Its attempt.
    pub attempt: u32,
    /// Sequence number within the attempt, from 0. Transient events ([`Event::is_passing`]) carry
    /// the number of the next logged event.
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
        /// What may affect the last bits of the results.
        fingerprint: Fingerprint,
        /// Where training begins.
        from: Start,
        /// Mean and standard deviation that pixel values are standardised by, after they are
        /// divided by 255; older programs wrote none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        normalization: Option<MeanStd>,
    },
    /// Progress within the epoch; sent a few times a second at most and never logged.
    Progress {
        /// Completed epochs.
        epoch: u32,
        /// Completed steps of the current epoch.
        step: u32,
        /// Steps of an epoch.
        steps: u32,
        /// Epochs of the job.
        epochs: u32,
        /// Current training speed.
        images_per_second: f64,
    },
    /// A sign of life, sent every second by a thread of its own and never logged.
    Alive,
    /// The worker asks for a new process in its place: its memory has grown, or it keeps some that
    /// others may need. Never logged.
    WornOut {
        /// Why, in words for the user.
        reason: String,
    },
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
    /// A checkpoint has reached the disk; the next attempt can continue from it.
    Checkpoint {
        /// Completed epochs.
        epoch: u32,
        /// Completed steps of the current epoch.
        step: u32,
        /// Size on disk.
        bytes: u64,
        /// The hash that its file carries ([`crate::seal`]); older programs wrote none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        blake3: Option<String>,
    },
    /// A training state was saved under its key, at the end of a phase or of the job.
    StateSaved {
        /// Completed epochs.
        epoch: u32,
        /// Key of the state.
        key: StateKey,
        /// Folder, relative to the job's folder.
        path: String,
        /// Size on disk.
        bytes: u64,
        /// The hash that its file carries ([`crate::seal`]); older programs wrote none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        blake3: Option<String>,
    },
    /// The trained network was evaluated; once for each part, after training.
    Evaluated(Evaluation),
    /// A file was written to the job's folder.
    Artifact {
        /// `model`, `predictions`, `thumbnails`, …
        kind: String,
        /// Path relative to the job's folder.
        path: String,
        /// Size on disk.
        bytes: u64,
        /// BLAKE3 of its bytes, 64 hexadecimal characters; older programs wrote none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        blake3: Option<String>,
    },
    /// Something that the user should know; shown and logged.
    Warning {
        /// What.
        text: String,
    },
    /// The attempt ended: the last event of an attempt, unless its worker died.
    Ended {
        /// How.
        outcome: Outcome,
        /// Seconds since `Started`.
        seconds: f64,
        /// Peak memory of the worker process.
        peak_memory_bytes: u64,
    },
}

/// What may affect the last bits of a result. Recorded, but never part of a job's id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fingerprint {
    /// `flex`, `libtorch`, `cuda`.
    pub backend: String,
    /// Kind of device, `cpu` or the GPU's name.
    pub device: String,
    /// Instruction set of the kernels, such as `avx2`, and how products are computed where that is
    /// not in the job's precision.
    pub instructions: String,
    /// Version of the worker program.
    pub version: String,
    /// Git revision of the worker program, with `-dirty` appended if files were changed, or
    /// `unknown`.
    pub revision: String,
}

/// Where an attempt starts from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "from", rename_all = "kebab-case")]
pub enum Start {
    /// The initial weights: random ones, or those of the file that the job names.
    Scratch,
    /// The job's own checkpoint.
    Checkpoint {
        /// Completed epochs.
        epoch: u32,
        /// Completed steps of the next epoch.
        step: u32,
        /// Whether it was written under the same fingerprint; only then are the results equal to
        /// the bit.
        exact: bool,
    },
    /// Another job's saved state.
    State {
        /// The job that saved it.
        job: JobId,
        /// Completed epochs.
        epoch: u32,
        /// Whether it was written under the same fingerprint.
        exact: bool,
    },
}

/// A part of the image set that networks are evaluated on.
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

/// The trained network's result on one part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// The part.
    pub part: Part,
    /// Number of images.
    pub images: u32,
    /// Mean cross-entropy.
    pub loss: Number,
    /// Share of images classified correctly.
    pub accuracy: Number,
    /// `confusion[true][predicted]` counts.
    pub confusion: Vec<Vec<u32>>,
    /// Which images were classified correctly, as hexadecimal text: bit i (lowest bit of the first
    /// byte first) is image i of the part.
    pub correct: String,
}

impl Evaluation {
    /// Encodes which images were classified correctly as [`Evaluation::correct`].
    pub fn pack(correct: &[bool]) -> String {
        let byte = |bits: &[bool]| {
            bits.iter()
                .enumerate()
                .fold(0u8, |b, (i, &c)| b | (u8::from(c) << i))
        };
        let bytes: Vec<u8> = correct.chunks(8).map(byte).collect();
        hex::encode(&bytes)
    }

    /// Decodes [`Evaluation::correct`]; `None` if the text is not hexadecimal.
    pub fn correct_bytes(&self) -> Option<Vec<u8>> {
        hex::decode(&self.correct)
    }
}

impl Event {
    /// Whether the event is transient: sent to the runner, but not logged and without a number of
    /// its own.
    pub fn is_passing(&self) -> bool {
        matches!(
            self,
            Event::Progress { .. } | Event::Alive | Event::WornOut { .. }
        )
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
