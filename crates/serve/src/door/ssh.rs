//! How to open the page from another machine.

use std::net::IpAddr;

/// What a process knows of the login that it runs in.
#[derive(Debug, Default)]
struct Session {
    /// `SSH_CONNECTION`: the client's address and port, and those of this machine.
    connection: Option<String>,
    /// `SSH_TTY` is set.
    has_terminal: bool,
    user: Option<String>,
    /// This machine's name for itself.
    host: String,
    /// `SLURM_SUBMIT_HOST`: where the job was submitted, if a scheduler started the program.
    submit_host: Option<String>,
}

/// The line to print on a remote machine: the command that brings `port` to the user's own one.
/// `None` if the program seems to run on the user's own machine.
pub fn ssh_hint(port: u16) -> Option<String> {
    let text = |name| std::env::var(name).ok().filter(|text| !text.is_empty());
    let session = Session {
        connection: text("SSH_CONNECTION"),
        has_terminal: text("SSH_TTY").is_some(),
        user: text("USER").or_else(|| text("LOGNAME")),
        host: rustix::system::uname().nodename().to_string_lossy().into(),
        submit_host: text("SLURM_SUBMIT_HOST"),
    };
    hint(port, &session)
}

fn hint(port: u16, session: &Session) -> Option<String> {
    let is_remote = session.connection.is_some() || session.has_terminal;
    let submit_host = session.submit_host.as_deref();
    let submit_host = submit_host.filter(|host| *host != session.host);
    if !is_remote && submit_host.is_none() {
        return None;
    }
    let user = session
        .user
        .as_deref()
        .filter(|user| is_plain(user))
        .unwrap_or("USER");
    let reached = session.connection.as_deref().and_then(reached_at);
    let own_name = if is_plain(&session.host) {
        &session.host
    } else {
        "HOST"
    };
    let way = match (submit_host.filter(|host| is_plain(host)), reached) {
        // The connection leads to the machine where the job was submitted.
        (Some(submit_host), _) => format!("-J {user}@{submit_host} {user}@{own_name}"),
        (None, Some((address, 22))) => format!("{user}@{address}"),
        (None, Some((address, ssh_port))) => format!("-p {ssh_port} {user}@{address}"),
        (None, None) => format!("{user}@{own_name}"),
    };
    Some(format!(
        "from your own machine: ssh -N -L {port}:127.0.0.1:{port} {way}"
    ))
}

/// The address and port of this machine that an SSH client reached.
fn reached_at(connection: &str) -> Option<(IpAddr, u16)> {
    let mut parts = connection.split_whitespace().skip(2);
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

/// Whether a shell takes the name for a word, and ssh not for an option.
fn is_plain(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with('-')
        && name
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || "._-".contains(letter))
}
