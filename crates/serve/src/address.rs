//! The addresses of the pages.

use convsweep_spec::id::JobId;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Everything but letters, digits and what cannot mean anything in a path.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'~');

/// The address of an experiment's page.
pub fn experiment_path(name: &str) -> String {
    format!("/experiments/{}/", segment(name))
}

/// The address of a job's page.
pub fn job_path(job: &JobId) -> String {
    format!("/jobs/{}/", segment(&job.0))
}

fn segment(text: &str) -> String {
    utf8_percent_encode(text, SEGMENT).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_leave_their_place() {
        assert_eq!(experiment_path("lr test"), "/experiments/lr%20test/");
        assert_eq!(
            experiment_path("../a?b#c"),
            "/experiments/%2E%2E%2Fa%3Fb%23c/"
        );
        assert_eq!(job_path(&JobId("ab12".into())), "/jobs/ab12/");
    }
}
