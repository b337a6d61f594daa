//! Requests of other commands to a run.

use convsweep_runner::{ControlRequest, take_controls};
use convsweep_spec::layout::ResultsFolder;
use std::convert::Infallible;
use std::time::Duration;
use tokio::sync::mpsc;

/// How often requests of other commands are looked for.
const INTERVAL: Duration = Duration::from_millis(200);

/// Passes on the requests of `cancel`, `pause` and `resume`.
pub async fn pass_on_requests(
    results: &ResultsFolder,
    requests: &mpsc::UnboundedSender<ControlRequest>,
) -> Infallible {
    loop {
        for request in take_controls(results) {
            _ = requests.send(request);
        }
        tokio::time::sleep(INTERVAL).await;
    }
}
