//! States that are kept at the ends of phases, for later jobs to start from.

use crate::checkpoint::{self, Written};
use crate::error::TrainError;
use crate::failpoint::Failpoints;
use crate::files;
use crate::session::Session;
use convsweep_spec::checkpoint::Position;
use convsweep_spec::event::Event;
use convsweep_spec::layout;
use std::path::Path;

/// Keeps the current state, unless it is kept already, and reports it.
///
/// The checkpoint at the end of a phase has the same bytes: where the file system has hard links,
/// both names belong to one file. No file of a state is ever changed in place, so a later
/// checkpoint replaces the name and leaves the kept state alone.
pub(crate) fn save_state(session: &mut Session) -> Result<(), TrainError> {
    let job = session.job();
    let failpoints = session.attempt.failpoints;
    let epoch = session.state.position.epoch;
    let path = layout::state(epoch);
    let folder = job.execution.folder.join(&path);
    (session.attempt.folder_is_there)()?;
    files::create(&job.execution.folder.join(layout::STATES))?;
    session.state.describe(&job.question);
    let position = &session.state.position;
    let kept = match kept(&folder, position) {
        Some(kept) => Some(kept),
        None if session.checkpoint_is_whole => {
            link_checkpoint(&job.execution.folder, &folder, position, failpoints)?
        }
        None => None,
    };
    let written = match kept {
        Some(written) => written,
        None => session
            .state
            .save(&job.question, &folder, false, failpoints)?,
    };
    failpoints.hit("state-saved");
    session.attempt.report(Event::StateSaved {
        epoch,
        key: job.question.state_key(epoch),
        path: path.to_string_lossy().into_owned(),
        bytes: written.bytes,
        blake3: Some(written.blake3),
    })
}

/// The state in `folder`, if it has the same key; one that is damaged, or that nothing vouches for,
/// is replaced.
fn kept(folder: &Path, position: &Position) -> Option<Written> {
    let saved = checkpoint::load(&checkpoint::file(folder)).ok()??;
    let (bytes, blake3) = (saved.bytes, saved.blake3?);
    (saved.position.key == position.key).then_some(Written { bytes, blake3 })
}

/// Links the job's checkpoint as the state in `folder`, if it is at exactly this position; `None` if
/// there is no such checkpoint, or no hard link can be made here.
fn link_checkpoint(
    job_folder: &Path,
    folder: &Path,
    position: &Position,
    failpoints: &Failpoints,
) -> Result<Option<Written>, TrainError> {
    let existing = checkpoint::file(&job_folder.join(layout::CHECKPOINT));
    let Some(written) = checkpoint::header_if_at(&existing, position) else {
        return Ok(None);
    };
    let is_linked = files::link(&existing, &checkpoint::file(folder), failpoints)?;
    Ok(is_linked.then_some(written))
}
