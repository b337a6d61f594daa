//! Connections: how many there are, how slow they may be, and how they end.

use super::guard::Guard;
use super::limits::{LEAVE_TIME, Limits};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use std::collections::VecDeque;
use std::io;
use std::net::TcpListener;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::AbortHandle;
use tokio_io_timeout::TimeoutStream;

/// How long no connection is accepted after an error that more haste would not mend, such as too
/// many open files.
const ACCEPT_PAUSE: Duration = Duration::from_millis(250);

/// Accepts and serves connections until the door closes.
pub(super) async fn serve(listener: TcpListener, guard: Guard, limits: Limits) {
    let mut closed = guard.closed();
    let open = GracefulShutdown::new();
    tokio::select! {
        () = accept_all(listener, Arc::new(guard), &limits, &open) => {}
        _ = closed.wait_for(|is_closed| *is_closed) => {}
    }
    // What is still open after that ends with the runtime.
    _ = tokio::time::timeout(LEAVE_TIME, open.shutdown()).await;
}

async fn accept_all(
    listener: TcpListener,
    guard: Arc<Guard>,
    limits: &Limits,
    open: &GracefulShutdown,
) {
    let listener = match tokio::net::TcpListener::from_std(listener) {
        Ok(listener) => listener,
        Err(error) => return tracing::error!("the page's port cannot be waited for: {error}"),
    };
    let free = Arc::new(Semaphore::new(limits.connections));
    let mut silent = Silent::default();
    loop {
        match listener.accept().await {
            Ok((socket, _)) => {
                if free.available_permits() == 0 {
                    silent.close_oldest();
                }
                let Ok(permit) = Arc::clone(&free).acquire_owned().await else {
                    return;
                };
                silent.add(serve_one(socket, Arc::clone(&guard), limits, open, permit));
            }
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                tracing::warn!("the page accepts no connection for now: {error}");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Connections on which no request has come, in the order of their arrival. Where there are as many
/// connections as there may be, one that says nothing gives way to a new one.
#[derive(Default)]
struct Silent(VecDeque<OpenConnection>);

impl Silent {
    fn add(&mut self, connection: OpenConnection) {
        self.0.retain(OpenConnection::is_silent);
        self.0.push_back(connection);
    }

    fn close_oldest(&mut self) {
        self.0.retain(OpenConnection::is_silent);
        if let Some(oldest) = self.0.pop_front() {
            oldest.task.abort();
        }
    }
}

/// A connection, seen from where they are accepted.
struct OpenConnection {
    task: AbortHandle,
    has_asked: Arc<AtomicBool>,
}

impl OpenConnection {
    fn is_silent(&self) -> bool {
        !self.task.is_finished() && !self.has_asked.load(Ordering::Relaxed)
    }
}

fn serve_one(
    socket: TcpStream,
    guard: Arc<Guard>,
    limits: &Limits,
    open: &GracefulShutdown,
    permit: OwnedSemaphorePermit,
) -> OpenConnection {
    // Small answers leave at once; where that cannot be had, they leave a little later.
    _ = socket.set_nodelay(true);
    let mut socket = TimeoutStream::new(socket);
    socket.set_write_timeout(Some(limits.stall_time));
    let has_asked = Arc::new(AtomicBool::new(false));
    let asks = Arc::clone(&has_asked);
    let answer = move |request| {
        asks.store(true, Ordering::Relaxed);
        Arc::clone(&guard).answer(request)
    };
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head_time)
        .max_buf_size(limits.head_bytes)
        .serve_connection(
            TokioIo::new(Pin::from(Box::new(socket))),
            service_fn(answer),
        );
    let connection = open.watch(connection);
    let task = tokio::spawn(async move {
        // A client that goes, sends no HTTP or reads nothing is no error of ours.
        _ = connection.await;
        drop(permit);
    });
    OpenConnection {
        task: task.abort_handle(),
        has_asked,
    }
}

/// Whether the error is that the client has gone before it was accepted.
fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
    )
}
