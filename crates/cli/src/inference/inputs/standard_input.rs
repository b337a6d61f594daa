//! Paths from standard input, one in each line.

use super::class_names::ClassNames;
use super::image_input::ImageInput;
use convsweep_files::{LineEnd, read_line};
use convsweep_spec::words::thousands;
use std::ffi::OsStr;
use std::io::BufRead;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// Bytes of the longest path that standard input may name; systems take far shorter ones.
const LONGEST_PATH: u64 = 64 << 10;
/// Bytes of a longer one that a message shows.
const SHOWN: usize = 80;

/// Passes on the path in each line; whether more are wanted.
pub fn each_line(
    input: &mut impl BufRead,
    classes: &ClassNames,
    each: &mut impl FnMut(ImageInput) -> bool,
) -> bool {
    let mut line = Vec::new();
    loop {
        let image = match read_line(input, &mut line, LONGEST_PATH) {
            Ok(None) => return true,
            Ok(Some(read)) if is_too_long(read.end, read.bytes) => ImageInput {
                path: OsStr::from_bytes(&line[..SHOWN]).into(),
                class: None,
                problem: Some(format!(
                    "is how a line of {} bytes of standard input begins, which is no path",
                    thousands(read.bytes)
                )),
            },
            Ok(Some(_)) => match line.trim_ascii() {
                b"" => continue,
                path => classes.of_path(Path::new(OsStr::from_bytes(path)), None),
            },
            Err(error) => {
                let image = ImageInput {
                    path: "-".into(),
                    class: None,
                    problem: Some(format!("standard input cannot be read: {error}")),
                };
                each(image);
                return false;
            }
        };
        if !each(image) {
            return false;
        }
    }
}

/// Whether only the beginning of a line was kept, with a newline at its end or without.
fn is_too_long(end: LineEnd, bytes: u64) -> bool {
    end == LineEnd::TooLong || bytes > LONGEST_PATH + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn images(input: &[u8]) -> Vec<(usize, Option<String>)> {
        let mut found = Vec::new();
        each_line(&mut &*input, &ClassNames::default(), &mut |image| {
            found.push((image.path.as_os_str().len(), image.problem));
            true
        });
        found
    }

    #[test]
    fn a_line_that_is_too_long_is_no_path() {
        assert_eq!(images(b" a.png \n\nb.jpeg"), [(5, None), (6, None)]);
        for end in ["", "\nc.png\n"] {
            let long = [&vec![b'x'; 70_000], end.as_bytes()].concat();
            let found = images(&long);
            let problem = found[0].1.as_deref().expect("a problem");
            assert!(problem.contains("a line of 70,00"), "{problem}");
            assert_eq!(found.len(), 1 + usize::from(!end.is_empty()));
        }
    }
}
