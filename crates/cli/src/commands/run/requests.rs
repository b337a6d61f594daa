//! What reaches a run from outside: signals, and requests of other commands.

use convsweep_runner::{ControlRequest, StopRequest, take_controls};
use convsweep_spec::layout::ResultsFolder;
use std::convert::Infallible;
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{mpsc, watch};

/// How often requests of other commands are looked for.
const INTERVAL: Duration = Duration::from_millis(200);

/// Turns signals into stop requests: the first one lets jobs write a checkpoint, the second one
/// stops at once.
pub async fn pass_on_signals(stop: &watch::Sender<StopRequest>) -> Infallible {
    let mut interrupt = signal(SignalKind::interrupt()).ok();
    let mut terminate = signal(SignalKind::terminate()).ok();
    loop {
        tokio::select! {
            () = next(&mut interrupt) => tracing::info!("received SIGINT"),
            () = next(&mut terminate) => tracing::info!("received SIGTERM"),
        }
        let request = match *stop.borrow() {
            StopRequest::No => StopRequest::Drain,
            StopRequest::Drain | StopRequest::Now => StopRequest::Now,
        };
        _ = stop.send(request);
    }
}

/// Waits for the signal, for ever if the program may not listen to it.
async fn next(signal: &mut Option<Signal>) {
    match signal {
        Some(signal) => _ = signal.recv().await,
        None => std::future::pending().await,
    }
}

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
