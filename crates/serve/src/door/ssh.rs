//! How to open the page from another machine.

use std::net::IpAddr;

/// What a process knows of the login that it runs in.
#[derive(Debug, Default)]
struct SshSession {
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
    let session = SshSession {
        connection: text("SSH_CONNECTION"),
        has_terminal: text("SSH_TTY").is_some(),
        user: text("USER").or_else(|| text("LOGNAME")),
        host: rustix::system::uname().nodename().to_string_lossy().into(),
        submit_host: text("SLURM_SUBMIT_HOST"),
    };
    hint(port, &session)
}

fn hint(port: u16, session: &SshSession) -> Option<String> {
    let is_remote = session.connection.is_some() || session.has_terminal;
    let submit_host = session.submit_host.as_deref();
    let submit_host = submit_host.filter(|host| first_label(host) != first_label(&session.host));
    if !is_remote && submit_host.is_none() {
        return None;
    }
    let user = session
        .user
        .as_deref()
        .map_or("USER", |user| plain_or(user, "USER"));
    let own_name = plain_or(&session.host, "HOST");
    let reached = session.connection.as_deref().and_then(reached_at);
    let way = match (submit_host, reached) {
        // The connection leads to the machine where the job was submitted.
        (Some(submit_host), _) => {
            let submit_host = plain_or(submit_host, "LOGIN_HOST");
            format!("-J {user}@{submit_host} {user}@{own_name}")
        }
        (None, Some((address, 22))) => format!("{user}@{address}"),
        (None, Some((address, ssh_port))) => format!("-p {ssh_port} {user}@{address}"),
        (None, None) => format!("{user}@{own_name}"),
    };
    Some(format!(
        "from your own machine: ssh -N -L {port}:127.0.0.1:{port} {way}"
    ))
}

/// The address and port of this machine that an SSH client reached, unless the client was on this
/// machine, as behind another tunnel.
fn reached_at(connection: &str) -> Option<(IpAddr, u16)> {
    let mut parts = connection.split_whitespace().skip(2);
    let address: IpAddr = parts.next()?.parse().ok()?;
    let port = parts.next()?.parse().ok()?;
    (!address.to_canonical().is_loopback()).then_some((address.to_canonical(), port))
}

fn first_label(host: &str) -> &str {
    host.split('.').next().unwrap_or(host)
}

/// The name, or a word in its place if a shell would not take it for a word, or ssh for an option.
fn plain_or<'a>(name: &'a str, placeholder: &'a str) -> &'a str {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "._-".contains(letter);
    if name.is_empty() || name.starts_with('-') || !name.chars().all(is_plain) {
        placeholder
    } else {
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(session: SshSession, way: &str) {
        let line = format!("from your own machine: ssh -N -L 4000:127.0.0.1:4000 {way}");
        assert_eq!(hint(4000, &session), Some(line));
    }

    fn session(connection: Option<&str>, submit_host: Option<&str>) -> SshSession {
        SshSession {
            connection: connection.map(str::to_owned),
            has_terminal: true,
            user: Some("ada".to_owned()),
            host: "node07.cluster".to_owned(),
            submit_host: submit_host.map(str::to_owned),
        }
    }

    #[test]
    fn own_machine_needs_no_hint() {
        let local = SshSession {
            has_terminal: false,
            ..session(None, None)
        };
        assert_eq!(hint(4000, &local), None);
        let submitted_here = SshSession {
            has_terminal: false,
            ..session(None, Some("node07"))
        };
        assert_eq!(hint(4000, &submitted_here), None);
    }

    #[test]
    fn address_is_the_one_that_the_client_reached() {
        for (connection, way) in [
            ("10.0.0.9 51000 10.0.0.5 22", "ada@10.0.0.5"),
            ("10.0.0.9 51000 10.0.0.5 2222", "-p 2222 ada@10.0.0.5"),
            ("::ffff:10.0.0.9 51000 ::ffff:10.0.0.5 22", "ada@10.0.0.5"),
            ("2001:db8::9 51000 2001:db8::5 22", "ada@2001:db8::5"),
            // No use from elsewhere, or no address at all: this machine's name.
            ("127.0.0.1 51000 127.0.0.1 22", "ada@node07.cluster"),
            ("10.0.0.9 51000 $(reboot) 22", "ada@node07.cluster"),
            ("nonsense", "ada@node07.cluster"),
        ] {
            check(session(Some(connection), None), way);
        }
        check(session(None, None), "ada@node07.cluster");
    }

    /// A scheduler passes the variables of the login on to the node where the job runs.
    #[test]
    fn node_of_a_cluster_is_reached_through_the_login_node() {
        let connection = Some("10.0.0.9 51000 10.0.0.5 22");
        let way = "-J ada@login1 ada@node07.cluster";
        check(session(connection, Some("login1")), way);
        check(session(connection, Some("node07")), "ada@10.0.0.5");
    }

    #[test]
    fn names_that_a_shell_would_not_take_for_words_are_left_out() {
        for name in ["", "-oProxyCommand=x", "a b", "a;b", "$(a)", "ä"] {
            let odd = SshSession {
                user: Some(name.to_owned()),
                host: name.to_owned(),
                ..session(None, None)
            };
            check(odd, "USER@HOST");
        }
    }
}
