//! `convsweep watch` in real terminals, which tmux provides.

use crate::needs;
use crate::processes::{exit_code, has_ended, send_signal, start, wait_for_events, wait_until};
use crate::support::{Workdir, small_with_epochs};
use std::io;
use std::process::Command;

/// A tmux server of its own, which is stopped at the end.
struct Tmux {
    server: String,
}

impl Tmux {
    /// Runs a command of tmux and returns what it prints.
    fn run(&self, arguments: &[&str]) -> io::Result<String> {
        let mut command = Command::new("tmux");
        let output = command
            .args(["-L", &self.server])
            .args(arguments)
            .output()?;
        if !output.status.success() {
            return Err(io::Error::other(String::from_utf8_lossy(&output.stderr)));
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Opens a terminal of this size in which `command` runs. Its name is its width.
    fn open(&self, width: &str, height: &str, command: &str) {
        let arguments = [
            "new-session",
            "-d",
            "-s",
            width,
            "-x",
            width,
            "-y",
            height,
            command,
        ];
        self.run(&arguments).expect("tmux opens a terminal");
    }

    /// What the terminal of this width shows.
    fn screen(&self, width: &str) -> String {
        let captured = self.run(&["capture-pane", "-p", "-t", width]);
        captured.unwrap_or_default()
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        let _ = self.run(&["kill-server"]);
    }
}

#[test]
fn watch_fits_its_terminal_and_follows_the_sweep() {
    let tmux = Tmux {
        server: format!("convsweep-test-{}", std::process::id()),
    };
    if let Err(error) = tmux.run(&["-V"]) {
        return needs::skip(&format!("tmux does not start: {error}"));
    }
    // Long enough for the sweep to outlast the test, which interrupts it.
    let experiment = small_with_epochs(4000) + "\n[run]\nslots = { cpu = 2 }\n";
    let workdir = Workdir::with(&experiment);
    let mut program = start(&workdir);
    wait_for_events(&workdir, 4);
    let results = workdir.path("results");
    let watch = format!(
        "{} --results {} watch",
        env!("CARGO_BIN_EXE_convsweep"),
        results.display()
    );
    for (width, height) in [("80", "24"), ("200", "50")] {
        tmux.open(width, height, &watch);
        let mut screen = String::new();
        wait_until("a slot with its curve is shown", || {
            screen = tmux.screen(width);
            let shows_curve = ["of 4 jobs", "/4000", "█"].map(|text| screen.contains(text));
            has_ended(&mut program) || shows_curve == [true; 3]
        });
        assert!(screen.starts_with("convsweep · small"), "{screen}");
        let columns: usize = width.parse().expect("a number");
        let mut lines = screen.lines();
        assert!(
            lines.all(|line| line.chars().count() <= columns),
            "{screen}"
        );
    }
    send_signal("INT", program.id());
    exit_code(&mut program);
}
