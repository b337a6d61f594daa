//! The report that a run has left, and its files.

use convsweep_files::read_regular;
use convsweep_report::AFTER_LEADERBOARD;
use convsweep_spec::layout::ResultsFolder;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

/// Largest report whose sections are shown within the page, in bytes.
const LARGEST_SHOWN: u64 = 8 << 20;
/// Largest file that is sent, in bytes.
const LARGEST_SENT: u64 = 64 << 20;
/// Kinds of files of a report with their media types.
const KINDS: [(&str, &str); 4] = [
    ("svg", "image/svg+xml"),
    ("png", "image/png"),
    ("csv", "text/csv; charset=utf-8"),
    ("tex", "text/plain; charset=utf-8"),
];

/// What there is of the report.
pub enum StoredReport {
    /// None, or one of earlier results.
    None,
    /// What follows its leaderboard, as HTML.
    Sections(String),
    /// More than a page can hold.
    TooLarge,
}

/// A file of a report.
pub struct ReportFile {
    /// Its content.
    pub content: Vec<u8>,
    /// Its media type.
    pub media_type: &'static str,
}

/// The path of an experiment's report.
pub fn stored_report_path(results: &ResultsFolder, name: &str) -> PathBuf {
    results.experiment(name).join("report.html")
}

/// The report of an experiment, unless it is older than the end of the newest attempt, in seconds
/// since 1970-01-01 UTC.
pub fn stored_report(results: &ResultsFolder, name: &str, newest_end: Option<f64>) -> StoredReport {
    let path = stored_report_path(results, name);
    let Ok(file) = std::fs::metadata(&path) else {
        return StoredReport::None;
    };
    let made = file.modified().ok();
    let made = made.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    let made = made.unwrap_or_default().as_secs_f64();
    if newest_end.is_none_or(|end| made < end) {
        return StoredReport::None;
    }
    if file.len() > LARGEST_SHOWN {
        return StoredReport::TooLarge;
    }
    let Ok(bytes) = read_regular(&path, LARGEST_SHOWN) else {
        return StoredReport::None;
    };
    let text = String::from_utf8_lossy(&bytes);
    let after = text.split_once(AFTER_LEADERBOARD).map(|(_, after)| after);
    let sections = after.and_then(|after| after.rsplit_once("</main>"));
    match sections {
        Some((sections, _)) => StoredReport::Sections(sections.to_string()),
        // A report of an earlier version: it is made anew by the next run.
        None => StoredReport::None,
    }
}

/// A file of an experiment's report: one that lies in its folder, or in that of its charts. `None`
/// if there is no such file.
pub fn report_file(
    results: &ResultsFolder,
    name: &str,
    is_chart: bool,
    file: &str,
) -> Option<ReportFile> {
    let mut folder = results.experiment(name);
    if is_chart {
        folder.push("charts");
    }
    let extension = Path::new(file).extension()?.to_str()?;
    let (_, media_type) = KINDS.iter().find(|(kind, _)| *kind == extension)?;
    // Only what the folder lists is opened, whatever the name says.
    for entry in std::fs::read_dir(folder).ok()?.flatten() {
        if entry.file_name().to_str() == Some(file) {
            return Some(ReportFile {
                content: read_regular(&entry.path(), LARGEST_SENT).ok()?,
                media_type,
            });
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn folder(report: &str) -> (tempfile::TempDir, ResultsFolder) {
        let folder = tempfile::tempdir().expect("made");
        let results = ResultsFolder(folder.path().into());
        fs::create_dir_all(results.experiment("a").join("charts")).expect("made");
        fs::write(stored_report_path(&results, "a"), report).expect("written");
        (folder, results)
    }

    #[test]
    fn what_follows_the_leaderboard_is_shown_unless_results_are_newer() {
        let page = format!("<main>before{AFTER_LEADERBOARD}<p>after</p></main>end");
        let (_folder, results) = folder(&page);
        let sections = |newest_end| match stored_report(&results, "a", newest_end) {
            StoredReport::Sections(sections) => Some(sections),
            StoredReport::None | StoredReport::TooLarge => None,
        };
        assert_eq!(sections(Some(1.0)).as_deref(), Some("<p>after</p>"));
        assert_eq!(sections(Some(1e12)), None);
        assert_eq!(sections(None), None, "nothing has ended");
        let (_folder, results) = self::folder("a page of an earlier version");
        assert!(matches!(
            stored_report(&results, "a", Some(1.0)),
            StoredReport::None
        ));
    }

    #[test]
    fn a_large_report_is_not_read() {
        let (_folder, results) = folder(&"x".repeat(LARGEST_SHOWN as usize + 1));
        assert!(matches!(
            stored_report(&results, "a", Some(1.0)),
            StoredReport::TooLarge
        ));
    }

    #[test]
    fn only_files_that_are_listed_are_sent() {
        let (_folder, results) = folder("x");
        fs::write(results.experiment("a").join("log.jsonl"), "secret").expect("written");
        fs::write(results.experiment("a").join("leaderboard.csv"), "rows").expect("written");
        fs::write(results.0.join("other.csv"), "secret").expect("written");
        let there = report_file(&results, "a", false, "leaderboard.csv").expect("is there");
        assert_eq!(there.content, b"rows");
        for name in [
            "log.jsonl",
            "../other.csv",
            "charts",
            "",
            "/etc/passwd",
            "leaderboard.csv/",
        ] {
            assert!(report_file(&results, "a", false, name).is_none(), "{name}");
        }
    }
}
