//! The door: everything between a TCP socket on the loopback and the handlers of the page.
//!
//! A sweep is private, and every page in the user's browser, every program and every other user of
//! the machine can reach a port on its loopback. Whoever knocks is looked at in this order:
//!
//! 1. Where the connection comes from: the socket is bound to 127.0.0.1, and to nothing else.
//! 2. Its limits ([`Limits`]): how many connections there are, how large and how slow heads of
//!    requests may be, and for how long a client may read nothing.
//! 3. What the request says of itself: `Host`, `Origin` and `Sec-Fetch-*` name this page and no
//!    other, and it only reads (GET or HEAD, no body, no change of protocol).
//! 4. Who asks: the token of the printed link, once, and from then on a cookie.
//!
//! Only then does a handler see the request. Every answer, the handlers' and the door's own, leaves
//! with the same headers (see [`ContentPolicy`]); the exception is what the HTTP library answers to bytes
//! that are no request, which is a status without content.
//!
//! The door has a thread and a runtime of its own, so that nothing a browser does can hold up a
//! sweep. All handlers share that thread: what waits for a disk or a database belongs into
//! [`tokio::task::spawn_blocking`].
//!
//! ```
//! use axum::{Router, extract::Path, response::Html, routing::get};
//! use convsweep_serve::door::{Door, ContentPolicy};
//!
//! async fn report(Path(name): Path<String>) -> (ContentPolicy, Html<String>) {
//!     (ContentPolicy::STORED_REPORT, Html(format!("the stored page of {name}")))
//! }
//!
//! let door = Door::open(None)?;
//! let routes = Router::new()
//!     .route("/", get(|| async { Html("hello") }))
//!     .route("/report/{name}", get(report));
//! let running = door.start(routes)?;
//! eprintln!("{}", running.link());
//! running.stop();
//! # Ok::<(), convsweep_serve::door::DoorError>(())
//! ```

mod admission;
mod connections;
mod guard;
mod headers;
mod limits;
mod login;
mod notices;
mod ports;
mod ssh;
mod streams;
mod token;

pub use headers::ContentPolicy;
pub use limits::Limits;
pub use ssh::ssh_hint;
pub use streams::StreamPermit;

use axum::Router;
use guard::Guard;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::mpsc::{self, Receiver};
use std::{fmt, io, thread};
use thiserror::Error;
use token::Token;
use tokio::sync::watch;

/// Name of the threads that answer. A panic there ends one answer and nothing else.
pub const THREAD_NAME: &str = "page";

/// Why there is no page.
#[derive(Debug, Error)]
pub enum DoorError {
    /// Another program listens there.
    #[error(
        "port {0} of 127.0.0.1 is taken: another program listens there. Choose another one with --port, or leave --port out for a free one"
    )]
    PortTaken(u16),
    /// The system keeps the port for itself.
    #[error(
        "port {0} may not be opened: the system keeps it for privileged programs. Choose one from 1024 to 65535 with --port, or leave --port out for a free one"
    )]
    PortForbidden(u16),
    /// No browser would open it.
    #[error(
        "browsers refuse to open port {0}, since it belongs to another protocol. Choose another one with --port, or leave --port out for a free one"
    )]
    PortBlocked(u16),
    /// The loopback does not work.
    #[error("no page can be shown: 127.0.0.1 cannot be listened on ({0})")]
    Listen(#[source] io::Error),
    /// The operating system gives no random numbers.
    #[error(
        "no page can be shown: the system gives no random numbers for its token ({0}). Is /dev/urandom there?"
    )]
    Random(#[source] getrandom::Error),
    /// The system gives no thread, or none of what waits for sockets.
    #[error("no page can be shown: the system starts no thread for it ({0})")]
    Thread(#[source] io::Error),
}

/// A port of the loopback that is open, with the token that lets browsers in. Connections wait
/// until [`start`](Self::start).
pub struct Door {
    listener: TcpListener,
    port: u16,
    token: Token,
    link: String,
    limits: Limits,
}

impl Door {
    /// Listens at `port` of 127.0.0.1, or at a free one that the system chooses (`None` or 0).
    ///
    /// # Errors
    /// If the port is taken or forbidden, if browsers refuse it, or if the system gives no socket or no random numbers.
    pub fn open(port: Option<u16>) -> Result<Door, DoorError> {
        let (listener, port) = match port {
            None | Some(0) => listen_anywhere()?,
            Some(port) if ports::is_blocked(port) => return Err(DoorError::PortBlocked(port)),
            Some(port) => listen(port)?,
        };
        let token = Token::random().map_err(DoorError::Random)?;
        let link = format!("http://127.0.0.1:{port}/?token={}", token.text());
        Ok(Door {
            listener,
            port,
            token,
            link,
            limits: Limits::default(),
        })
    }

    /// The same door with other limits than the default ones.
    pub fn with_limits(self, limits: Limits) -> Door {
        Door { limits, ..self }
    }

    /// The port of 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The link that lets a browser in, with the token: for the user's eyes only.
    pub fn link(&self) -> &str {
        &self.link
    }

    /// Lets requests in, on a thread of its own, and hands those that pass to `routes`.
    ///
    /// # Errors
    /// If the system gives no thread.
    pub fn start(self, routes: Router) -> Result<RunningDoor, DoorError> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .max_blocking_threads(self.limits.blocking_threads)
            .thread_name(THREAD_NAME)
            .build()
            .map_err(DoorError::Thread)?;
        let (closing, closed) = watch::channel(false);
        let guard = Guard::new(self.port, self.token, self.limits.clone(), routes, closed);
        let (ended, has_ended) = mpsc::channel();
        let (listener, limits) = (self.listener, self.limits);
        let serve = move || {
            runtime.block_on(connections::serve(listener, guard, limits));
            runtime.shutdown_background();
            // Nobody waits any more if the program ends otherwise.
            _ = ended.send(());
        };
        thread::Builder::new()
            .name(THREAD_NAME.to_owned())
            .spawn(serve)
            .map_err(DoorError::Thread)?;
        Ok(RunningDoor {
            port: self.port,
            link: self.link,
            closing,
            has_ended,
        })
    }
}

/// A socket at `port` of 127.0.0.1, or at a port that the system chooses (0), and its port.
fn listen(port: u16) -> Result<(TcpListener, u16), DoorError> {
    let bound = TcpListener::bind((Ipv4Addr::LOCALHOST, port));
    let listener = bound.map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => DoorError::PortTaken(port),
        io::ErrorKind::PermissionDenied => DoorError::PortForbidden(port),
        _ => DoorError::Listen(error),
    })?;
    listener.set_nonblocking(true).map_err(DoorError::Listen)?;
    let port = listener.local_addr().map_err(DoorError::Listen)?.port();
    Ok((listener, port))
}

/// A socket at a free port of 127.0.0.1 that browsers open, and its port.
fn listen_anywhere() -> Result<(TcpListener, u16), DoorError> {
    loop {
        let (listener, port) = listen(0)?;
        if !ports::is_blocked(port) {
            return Ok((listener, port));
        }
    }
}

/// A door at which requests are answered. Dropping it closes it.
pub struct RunningDoor {
    port: u16,
    link: String,
    closing: watch::Sender<bool>,
    has_ended: Receiver<()>,
}

impl RunningDoor {
    /// The port of 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The link that lets a browser in, with the token: for the user's eyes only.
    pub fn link(&self) -> &str {
        &self.link
    }

    /// Closes the port, ends event streams, and gives answers on their way half a second to leave.
    /// Takes a second at most, also where a handler holds the thread up.
    pub fn stop(self) {
        drop(self);
    }
}

// The link is a secret that no log may hold.
impl fmt::Debug for Door {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Door({})", self.port)
    }
}

impl fmt::Debug for RunningDoor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "RunningDoor({})", self.port)
    }
}

impl Drop for RunningDoor {
    fn drop(&mut self) {
        self.closing.send_replace(true);
        // A handler that holds the thread up is left to the end of the program.
        _ = self.has_ended.recv_timeout(limits::STOP_WAIT);
    }
}
