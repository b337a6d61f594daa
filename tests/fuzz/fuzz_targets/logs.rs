//! Whatever the logs contain, reading them into a database ends, and what they give can be asked.
//! `just fuzz` runs this.
#![no_main]

use convsweep_spec::id::JobId;
use convsweep_spec::layout::{EVENTS, ResultsFolder};
use convsweep_spec::log_line::with_check;
use convsweep_store::{Database, rebuild};
use libfuzzer_sys::fuzz_target;
use std::fs;

fuzz_target!(|bytes: &[u8]| {
    // A quarter is read with the checksums that it has: to build a database takes long.
    if bytes.len() % 4 == 0 {
        read(bytes);
    } else {
        read(&with_checks(bytes));
    }
});

fn read(bytes: &[u8]) {
    let folder = tempfile::tempdir_in("/dev/shm").expect("a temporary folder");
    let results = ResultsFolder(folder.path().into());
    // The job and the experiment that the corpus is of.
    let job = results.job(&JobId("2bc7f01025ecdf66".into()));
    fs::create_dir_all(&job).expect("creates");
    fs::create_dir_all(results.experiment("small")).expect("creates");
    fs::write(job.join(EVENTS), bytes).expect("writes");
    fs::write(results.experiment_log("small"), bytes).expect("writes");
    // A log of a newer program is refused.
    if rebuild(&results).is_ok() {
        let database = Database::open(&results).expect("was built just now");
        let _ = database.experiment("small").expect("can be asked");
    }
}

/// The lines with checksums that fit them, so that what else is wrong with them is found, too.
fn with_checks(bytes: &[u8]) -> Vec<u8> {
    let key = br#","check":""#;
    let mut lines = Vec::new();
    for line in bytes.split_inclusive(|&byte| byte == b'\n') {
        let end = line.windows(key.len()).rposition(|window| window == key);
        match end {
            Some(end) => lines.extend(with_check(line[..end].to_vec())),
            None => lines.extend(line),
        }
    }
    lines
}
