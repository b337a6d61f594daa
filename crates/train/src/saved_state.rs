//! States that are kept at the ends of phases, for later jobs to start from.

use crate::checkpoint;
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
    session.state.describe(&job.question);
    let position = &session.state.position;
    let kept = match kept_bytes(&folder, position) {
        Some(bytes) => Some(bytes),
        None => link_checkpoint(&job.execution.folder, &folder, position, failpoints)?,
    };
    let bytes = match kept {
        Some(bytes) => bytes,
        None => session.state.save(&job.question, &folder, failpoints)?,
    };
    failpoints.hit("state-saved");
    session.attempt.report(Event::StateSaved {
        epoch,
        key: job.question.state_key(epoch),
        path: path.to_string_lossy().into_owned(),
        bytes,
    })
}

/// Size of the state in `folder`, if it has the same key; a damaged one is replaced.
fn kept_bytes(folder: &Path, position: &Position) -> Option<u64> {
    let saved = checkpoint::load(folder).ok()??;
    (saved.position.key == position.key).then_some(saved.bytes)
}

/// Links the job's checkpoint as the state in `folder`, if it is at exactly this position. Returns
/// its size; `None` if there is no such checkpoint, or no hard link can be made here.
fn link_checkpoint(
    job_folder: &Path,
    folder: &Path,
    position: &Position,
    failpoints: &Failpoints,
) -> Result<Option<u64>, TrainError> {
    let checkpoint = job_folder.join(layout::CHECKPOINT);
    let Some(bytes) = checkpoint::size_if_at(&checkpoint, position) else {
        return Ok(None);
    };
    let (existing, new) = (checkpoint::file(&checkpoint), checkpoint::file(folder));
    let is_linked = files::link(&existing, &new, failpoints)?;
    Ok(is_linked.then_some(bytes))
}
