//! What to do about errors that no file is to blame for: limits of the process and of the machine,
//! and a disk that does not answer.

use rustix::io::Errno;
use rustix::process::{Resource, getrlimit};
use std::io::{self, ErrorKind};

/// What to do about an error that says nothing about the file that it comes from; `None` for other
/// errors.
pub fn system_remedy(error: &io::Error) -> Option<String> {
    let number = error.raw_os_error()?;
    let remedy = match Errno::from_raw_os_error(number) {
        Errno::MFILE => format!(
            "at most {} files may be open at the same time: raise the limit (ulimit -n 1024) and \
            give the command again",
            limit(Resource::Nofile)
        ),
        Errno::NFILE => "the machine has no room for another open file: end other programs and \
            give the command again"
            .into(),
        Errno::FBIG => format!(
            "a file may have at most {} bytes: raise the file size limit (ulimit -f unlimited) \
            and give the same command again; nothing recorded is lost",
            limit(Resource::Fsize)
        ),
        Errno::NOMEM => "free some memory, or raise the limit on it (ulimit -v unlimited), and \
            give the command again"
            .into(),
        Errno::IO => "the disk or the connection to it fails (see the system's log, dmesg): mend \
            it, or move the folder to another disk, and give the command again"
            .into(),
        Errno::NXIO | Errno::NODEV | Errno::STALE | Errno::TIMEDOUT | Errno::HOSTDOWN => {
            "check that its disk or mount is there, and give the command again".into()
        }
        _ => return None,
    };
    Some(remedy)
}

/// What to do about any error: [`system_remedy`], or what `otherwise` says for errors of this kind.
pub fn system_remedy_or(
    error: &io::Error,
    otherwise: impl FnOnce(ErrorKind) -> &'static str,
) -> String {
    system_remedy(error).unwrap_or_else(|| otherwise(error.kind()).into())
}

/// The limit that is in force, in words.
fn limit(of: Resource) -> String {
    let current = getrlimit(of).current;
    current.map_or("so many".to_string(), |limit| limit.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_named_and_other_errors_have_remedies_elsewhere() {
        let remedy = |errno: Errno| system_remedy(&io::Error::from(errno));
        let said = |errno, part: &str| {
            let text = remedy(errno).expect("a remedy");
            assert!(text.contains(part), "{text}");
        };
        said(Errno::MFILE, "(ulimit -n 1024)");
        let files = getrlimit(Resource::Nofile).current.expect("a limit");
        said(Errno::MFILE, &format!("at most {files} files"));
        said(Errno::FBIG, "ulimit -f");
        said(Errno::IO, "dmesg");
        said(Errno::STALE, "mount");
        assert_eq!(remedy(Errno::ACCESS), None);
        assert_eq!(system_remedy(&ErrorKind::NotFound.into()), None);
        let either = |error: io::Error| system_remedy_or(&error, |_| "look");
        assert_eq!(either(ErrorKind::NotFound.into()), "look");
        assert!(either(Errno::IO.into()).contains("dmesg"));
    }
}
