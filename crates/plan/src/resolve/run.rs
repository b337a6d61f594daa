//! `[run]`: how jobs are run, never what they are.

use crate::language::check::{Sink, check};
use crate::language::field::Kind;
use crate::language::reader::{Reader, constant};
use crate::language::tables;
use crate::source::tree::Node;
use convsweep_spec::device::DeviceName;
use convsweep_spec::job::CheckpointEvery;
use convsweep_spec::run_settings::{Retry, RunSettings};
use std::time::Duration;

/// Resolves `[run]`.
pub(crate) fn run(node: Option<&Node>, sink: &mut Sink) -> Option<RunSettings> {
    let empty = constant("{}")?;
    let node = node.unwrap_or(&empty);
    let right = check(node, &Kind::Table(tables::RUN), "run", "", sink);
    let reader = Reader::new(node, tables::RUN);
    let mut time = |key: &str, least: f64| length(&reader, key, least, sink);
    let (limit, sweep_limit, lost) = (
        time("time_limit", 1.0),
        time("sweep_time_limit", 1.0),
        time("lost_after", 3.0),
    );
    let checkpoint_every = checkpoint_every(&reader.node("checkpoint_every")?, sink);
    let memory = memory(reader.node("memory"), sink);
    if !right {
        return None;
    }
    let (slots, retry) = (reader.node("slots")?, reader.node("retry")?);
    let (slots, retry) = (
        Reader::new(&slots, tables::SLOTS),
        Reader::new(&retry, tables::RETRY),
    );
    let devices = device_names(&reader.node("devices")?, sink)?;
    let on_failure = reader.node("on_failure")?;
    let stop_after = match on_failure.text() {
        Some("stop") => Some(1),
        Some(_) => None,
        None => Reader::new(&on_failure, tables::AFTER).u32("after"),
    };
    Some(RunSettings {
        devices,
        cpu_slots: slots.u32("cpu"),
        cuda_slots: slots.u32("cuda")?,
        threads: reader.u32("threads")?,
        memory_bytes: memory?,
        short_first: reader.text("order")? == "short-first",
        retry: Retry {
            crashed: retry.u32("crashed")?,
            lost: retry.u32("lost")?,
            failed: retry.u32("failed")?,
            timed_out: retry.u32("timed-out")?,
        },
        stop_after,
        time_limit: limit?,
        sweep_time_limit: sweep_limit?,
        checkpoint_every: checkpoint_every?,
        lost_after: lost??,
        breaker: reader.u32("breaker")?,
    })
}

/// The devices that the file lists; the inner `None` for "auto".
fn device_names(node: &Node, sink: &mut Sink) -> Option<Option<Vec<DeviceName>>> {
    if node.text().is_some() {
        return Some(None);
    }
    let mut names = Vec::new();
    let mut right = true;
    for item in node.items() {
        match item.text()?.parse::<DeviceName>() {
            Ok(name) => names.push(name),
            Err(_) => right = refuse_device(item, sink),
        }
    }
    right.then_some(Some(names))
}

fn refuse_device(item: &Node, sink: &mut Sink) -> bool {
    let title = format!(
        "`run.devices` names an unknown device \"{}\"",
        item.text().unwrap_or_default()
    );
    let remedy = "devices are \"cpu\", \"libtorch\", \"cuda\" and \"cuda:0\", \"cuda:1\", …; \
                  `convsweep devices` lists those of this machine";
    sink.at(item, title, "", remedy.into());
    false
}

/// A length of time of at least so many seconds; the inner `None` where the file says nothing.
fn length(reader: &Reader, key: &str, least: f64, sink: &mut Sink) -> Option<Option<Duration>> {
    let Some(node) = reader.node(key) else {
        return Some(None);
    };
    let text = node.text()?;
    match duration(text) {
        Some(length) if length.as_secs_f64() >= least => Some(Some(length)),
        Some(_) => wrong(
            &node,
            format!("`run.{key}` must be at least {least} s"),
            sink,
        ),
        None => wrong(
            &node,
            format!("`run.{key}` is no length of time: \"{text}\""),
            sink,
        ),
    }
}

fn checkpoint_every(node: &Node, sink: &mut Sink) -> Option<CheckpointEvery> {
    let text = node.text()?;
    let epochs = text
        .strip_suffix("epochs")
        .or_else(|| text.strip_suffix("epoch"));
    match (epochs.map(|n| n.trim().parse::<u32>()), duration(text)) {
        (Some(Ok(n)), _) if n > 0 => Some(CheckpointEvery::Epochs(n)),
        (None, Some(length)) if length >= Duration::from_millis(100) => {
            Some(CheckpointEvery::Seconds(length.as_secs_f64()))
        }
        _ => {
            let title = format!("`run.checkpoint_every` cannot be \"{text}\"");
            sink.at(
                node,
                title,
                "",
                "write it like \"1 epoch\", \"5 epochs\", \"30 s\" or \"10 min\"".into(),
            );
            None
        }
    }
}

/// Bytes of at least 256 MiB, below which no worker starts; the inner `None` where the file says
/// nothing.
fn memory(node: Option<Node>, sink: &mut Sink) -> Option<Option<u64>> {
    let Some(node) = node else { return Some(None) };
    let text = node.text()?;
    match bytes(text).filter(|bytes| *bytes >= 256 << 20) {
        Some(bytes) => Some(Some(bytes)),
        None => {
            let title = format!("`run.memory` cannot be \"{text}\"");
            sink.at(
                &node,
                title,
                "",
                "write it like \"512 MiB\" or \"2 GiB\"; at least 256 MiB".into(),
            );
            None
        }
    }
}

/// The bytes that a text such as `512 MiB` or `2 GB` means.
fn bytes(text: &str) -> Option<u64> {
    let text = text.trim();
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit() && c != '.')?);
    let unit = match unit.trim() {
        "MiB" => (1u64 << 20) as f64,
        "GiB" => (1u64 << 30) as f64,
        "TiB" => (1u64 << 40) as f64,
        "MB" => 1e6,
        "GB" => 1e9,
        _ => return None,
    };
    let bytes = number.trim().parse::<f64>().ok()? * unit;
    (bytes.is_finite() && bytes < 1e18).then_some(bytes as u64)
}

fn wrong<T>(node: &Node, title: String, sink: &mut Sink) -> Option<T> {
    sink.at(
        node,
        title,
        "",
        "write it like \"90 s\", \"30 min\", \"2 h\" or \"1 h 30 min\"".into(),
    );
    None
}

/// The length of time that a text such as `90 s`, `2 h` or `1 h 30 min` means.
pub(crate) fn duration(text: &str) -> Option<Duration> {
    let mut rest = text.trim();
    let mut seconds = 0.0;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..end].parse().ok()?;
        rest = rest[end..].trim_start();
        let end = rest
            .find(|c: char| !c.is_alphabetic())
            .unwrap_or(rest.len());
        seconds += number
            * match &rest[..end] {
                "ms" => 0.001,
                "s" | "second" | "seconds" => 1.0,
                "min" | "minute" | "minutes" => 60.0,
                "h" | "hour" | "hours" => 3600.0,
                "d" | "day" | "days" => 86_400.0,
                _ => return None,
            };
        rest = rest[end..].trim_start();
    }
    Duration::try_from_secs_f64(seconds)
        .ok()
        .filter(|d| !d.is_zero())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        let check = |text: &str, expect: Option<u64>| assert_eq!(bytes(text), expect, "{text}");
        check("512 MiB", Some(512 << 20));
        check("1.5GiB", Some(3 << 29));
        check("2 GB", Some(2_000_000_000));
        for wrong in ["", "2", "GiB", "2 gib", "-1 GiB", "1e9 GiB"] {
            check(wrong, None);
        }
    }

    #[test]
    fn lengths_of_time() {
        let check = |text: &str, expect: Option<u64>| {
            assert_eq!(duration(text).map(|d| d.as_secs()), expect, "{text}")
        };
        check("90 s", Some(90));
        check("2h", Some(7200));
        check("1 h 30 min", Some(5400));
        check("0.5 d", Some(43_200));
        for wrong in [
            "",
            "2",
            "h",
            "2 parsecs",
            "0 s",
            "1..2 s",
            "-3 s",
            "2 h and",
        ] {
            check(wrong, None);
        }
    }
}
