//! A worker's events as rows.
//!
//! Every statement keeps the row that the later attempt wrote, whatever came first: events may be
//! applied again, and in any order across logs, with the same rows in the end.

use super::attempt_rows::AttemptRows;
use super::derived::Changes;
use convsweep_spec::event::{Envelope, Event};
use rusqlite::{Connection, Result, params};

/// Writes an event. If it cannot be used, the answer says why.
pub(crate) fn apply_event(
    connection: &Connection,
    envelope: &Envelope,
    changes: &mut Changes,
) -> Result<Option<String>> {
    let (job, attempt) = (&envelope.job, envelope.attempt);
    if envelope.event.is_passing() {
        return Ok(None);
    }
    let rows = AttemptRows::of(connection, job, attempt, changes)?;
    changes.event_time(job, attempt, envelope.time);
    match &envelope.event {
        Event::Progress { .. } | Event::Alive | Event::WornOut { .. } => {}
        Event::Started {
            pid,
            host,
            device,
            fingerprint,
            from,
            normalization,
        } => {
            let process = (*pid, host.as_str(), device.to_string());
            rows.started(envelope.time, process, fingerprint, from)?;
            if let Some(normalization) = normalization {
                rows.normalization(normalization)?;
            }
        }
        Event::Metrics {
            phase,
            epoch,
            step,
            values,
        } => rows.metrics((*phase, *epoch, *step), values)?,
        Event::Checkpoint {
            epoch,
            step,
            bytes,
            // The file carries it itself.
            blake3: _,
        } => rows.checkpoint(*epoch, *step, *bytes)?,
        Event::StateSaved {
            epoch,
            key,
            path,
            bytes,
            blake3,
        } => rows.write(
            "insert into states (key, job, epoch, path, bytes, attempt, blake3)
            values (?1, ?2, ?3, ?4, ?5, ?6, ?7)
            on conflict do update set epoch = excluded.epoch, path = excluded.path,
              bytes = excluded.bytes, attempt = excluded.attempt, blake3 = excluded.blake3
            where excluded.attempt >= attempt",
            params![
                key.0,
                job.0,
                epoch,
                path,
                *bytes as i64,
                attempt,
                blake3.as_deref()
            ],
        )?,
        Event::Evaluated(evaluation) => return rows.evaluation(evaluation),
        Event::Artifact {
            kind,
            path,
            bytes,
            blake3,
        } => rows.write(
            "insert into artifacts (job, kind, path, bytes, attempt, blake3)
            values (?1, ?2, ?3, ?4, ?5, ?6)
            on conflict do update set bytes = excluded.bytes, attempt = excluded.attempt,
              blake3 = excluded.blake3
            where excluded.attempt >= attempt",
            params![job.0, kind, path, *bytes as i64, attempt, blake3.as_deref()],
        )?,
        Event::Warning { text } => rows.write(
            "insert into warnings (job, attempt, n, time, text) values (?1, ?2, ?3, ?4, ?5)
            on conflict do update set time = excluded.time, text = excluded.text",
            params![job.0, attempt, envelope.n as i64, envelope.time, text],
        )?,
        Event::Ended {
            outcome,
            seconds,
            peak_memory_bytes,
        } => rows.ended_by_worker(envelope.time, outcome, *seconds, *peak_memory_bytes)?,
    }
    Ok(None)
}
