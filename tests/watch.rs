//! `convsweep watch` in real terminals, which tmux provides.

use crate::needs;
use crate::processes::{
    exit_code, has_ended, is_alive, pid_in, send_signal, start, wait_for_events, wait_until,
};
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

/// A terminal in which the sweep is watched, whose first screen says `before`.
fn open_watch(tmux: &Tmux, (width, height): (&str, &str), watch: &str) {
    let after = "code $?; cat";
    let shell = format!("sh -c 'trap : INT; echo before; {watch}; echo {after}'");
    tmux.open(width, height, &shell);
}

/// The screen of this width once it shows all of these texts.
#[track_caller]
fn screen_with(tmux: &Tmux, width: &str, texts: &[&str]) -> String {
    let mut screen = String::new();
    wait_until(&format!("the screen shows {texts:?}"), || {
        screen = tmux.screen(width);
        texts.iter().all(|text| screen.contains(text))
    });
    screen
}

/// The first screen is back, as it was, with the exit code of the command.
#[track_caller]
fn is_left(tmux: &Tmux, width: &str, code: i32) -> String {
    let screen = screen_with(tmux, width, &["before", &format!("code {code}")]);
    assert!(!screen.contains("convsweep · small"), "{screen}");
    screen
}

/// A server of terminals; `None` where there is no tmux, which is said.
fn tmux(name: &str) -> Option<Tmux> {
    let tmux = Tmux {
        server: format!("convsweep-{name}-{}", std::process::id()),
    };
    match tmux.run(&["-V"]) {
        Ok(_) => Some(tmux),
        Err(error) => {
            needs::skip(&format!("tmux does not start: {error}"));
            None
        }
    }
}

fn watch_command(workdir: &Workdir) -> String {
    format!(
        "{} --results {} watch",
        env!("CARGO_BIN_EXE_convsweep"),
        workdir.path("results").display()
    )
}

#[test]
fn watch_fits_its_terminal_and_follows_the_sweep() {
    let Some(tmux) = tmux("follows") else { return };
    // Long enough for the sweep to outlast the test, which interrupts it.
    let experiment = small_with_epochs(4000) + "\n[run]\nslots = { cpu = 2 }\n";
    let workdir = Workdir::with(&experiment);
    let mut program = start(&workdir);
    wait_for_events(&workdir, 4);
    let watch = watch_command(&workdir);
    for (width, height) in [("80", "24"), ("200", "50"), ("40", "10")] {
        open_watch(&tmux, (width, height), &watch);
        let mut screen = String::new();
        wait_until("a slot with its curve is shown", || {
            screen = tmux.screen(width);
            let shows_curve = ["of 4 jobs", "/4000", "█"].map(|text| screen.contains(text));
            has_ended(&mut program) || shows_curve == [true; 3]
        });
        assert!(screen.starts_with("convsweep · small"), "{screen}");
        assert!(screen.contains("q quit"), "{screen}");
        let columns: usize = width.parse().expect("a number");
        let mut lines = screen.lines();
        assert!(
            lines.all(|line| line.chars().count() <= columns),
            "{screen}"
        );
    }
    // Paused jobs are called so.
    workdir.run(&["pause"]).exits(0);
    screen_with(&tmux, "80", &["2 paused", "· paused", "paused    "]);
    workdir.run(&["resume"]).exits(0);
    screen_with(&tmux, "80", &["2 running"]);
    // The terminal becomes larger and smaller.
    tmux.run(&["resize-window", "-t", "80", "-x", "100", "-y", "30"])
        .expect("resized");
    let lower = screen_with(&tmux, "80", &["1 2 3 4 panes"]);
    assert_eq!(lower.lines().count(), 30, "{lower}");
    send_signal("INT", program.id());
    exit_code(&mut program);
    screen_with(&tmux, "80", &["nothing is running"]);
}

#[test]
fn keys_show_panes_rows_and_orders_and_end_it() {
    let Some(tmux) = tmux("keys") else { return };
    let workdir = Workdir::small();
    workdir.run(&["run", "small.toml"]).exits(0);
    let watch = watch_command(&workdir);
    for (width, last) in [("80", "q"), ("90", "Escape"), ("100", "C-c")] {
        open_watch(&tmux, (width, "24"), &watch);
        screen_with(&tmux, width, &["[1 overview]", "* may be the best"]);
        let press = |keys: &[&str]| {
            let keys = [&["send-keys", "-t", width][..], keys].concat();
            tmux.run(&keys).expect("pressed");
        };
        press(&["Tab"]);
        screen_with(
            &tmux,
            width,
            &["[2 jobs 4]", "lr=0.001, seed 0", "lr=0.01, seed 1"],
        );
        press(&["/"]);
        press(&["-l", "0.01 seed 1"]);
        press(&["Enter"]);
        let few = screen_with(&tmux, width, &["/0.01 seed 1 ·", "lr=0.01, seed 1"]);
        assert!(!few.contains("lr=0.001, seed 0"), "{few}");
        press(&["/"]);
        screen_with(&tmux, width, &["filter: "]);
        // With what follows at once, this key would be another one.
        press(&["Escape"]);
        screen_with(&tmux, width, &["q quit", "lr=0.001, seed 0"]);
        press(&["s", "s", "S"]);
        screen_with(&tmux, width, &["by progress, reversed"]);
        press(&["4"]);
        screen_with(&tmux, width, &["[4 failures 0]"]);
        press(&[last]);
        is_left(&tmux, width, 0);
    }
}

#[test]
fn the_terminal_is_as_before_after_signals_and_errors_in_the_program() {
    let Some(tmux) = tmux("signals") else { return };
    let workdir = Workdir::small();
    workdir.run(&["run", "small.toml"]).exits(0);
    let watch = watch_command(&workdir);
    for (width, signal) in [("80", "TERM"), ("90", "INT")] {
        open_watch(&tmux, (width, "24"), &watch);
        screen_with(&tmux, width, &["[1 overview]"]);
        let shell = tmux.run(&["list-panes", "-t", width, "-F", "#{pane_pid}"]);
        let shell = shell.expect("a pane").trim().to_string();
        let children = std::fs::read_to_string(format!("/proc/{shell}/task/{shell}/children"));
        let children = children.expect("a process");
        let program = children.split_whitespace().next().expect("the program");
        send_signal(signal, program.parse().expect("a number"));
        is_left(&tmux, width, 130);
    }
    let panics = format!("CONVSWEEP_PANIC_AT=watch {watch}");
    open_watch(&tmux, ("100", "24"), &panics);
    let screen = is_left(&tmux, "100", 70);
    assert!(screen.contains("CONVSWEEP_PANIC_AT is watch"), "{screen}");
}

#[test]
fn watch_ends_with_its_terminal() {
    let Some(tmux) = tmux("gone") else { return };
    let workdir = Workdir::small();
    workdir.run(&["run", "small.toml"]).exits(0);
    // In a session of its own the program is not told by a signal that the terminal is gone.
    for (width, session) in [("80", ""), ("90", "setsid")] {
        let watch = watch_command(&workdir);
        let pid = workdir.path(width);
        let script = format!("echo $$ > {}; exec {session} {watch}", pid.display());
        workdir.write("watch.sh", &script);
        let script = workdir.path("watch.sh");
        // Not as the first process of the terminal, which can have no other session.
        tmux.open(width, "24", &format!("sh {}; cat", script.display()));
        screen_with(&tmux, width, &["[1 overview]"]);
        let program = pid_in(&workdir, width);
        assert!(is_alive(program));
        tmux.run(&["kill-session", "-t", width]).expect("closed");
        wait_until("the program has ended", || !is_alive(program));
    }
}

#[test]
fn a_terminal_without_pictures_or_colours_is_respected() {
    let Some(tmux) = tmux("plain") else { return };
    let workdir = Workdir::small();
    workdir.run(&["run", "small.toml"]).exits(0);
    let watch = watch_command(&workdir);
    open_watch(&tmux, ("200", "24"), &format!("TERM=dumb {watch}"));
    let screen = is_left(&tmux, "200", 2);
    assert!(screen.contains("watch --once"), "{screen}");
    for (width, variables) in [("90", "NO_COLOR=1"), ("100", "NO_COLOR=")] {
        open_watch(&tmux, (width, "24"), &format!("{variables} {watch}"));
        screen_with(&tmux, width, &["[1 overview]"]);
        let styled = tmux.run(&["capture-pane", "-e", "-p", "-t", width]);
        let is_coloured = styled.expect("captured").contains("\u{1b}[38;5;6m");
        assert_eq!(is_coloured, variables == "NO_COLOR=", "{variables}");
    }
}

#[test]
fn a_terminal_is_told_only_what_a_person_wants() {
    let workdir = Workdir::small();
    let list = "title,notification,bell";
    let run = workdir.run(&["run", "small.toml", "--tell", list]).exits(0);
    let told = |text: &str| text.contains(['\u{1b}', '\u{7}']);
    assert!(!told(&run.stderr()) && !told(&run.stdout()), "no terminal");
    let refused = workdir
        .run(&["run", "small.toml", "--tell", "sound"])
        .exits(2);
    refused.says(&["--tell sound: name title, notification or bell"]);

    let Some(tmux) = tmux("tells") else { return };
    let workdir = Workdir::with(&small_with_epochs(4000));
    let run = format!(
        "cd {} && CONVSWEEP_DATA={} {} run small.toml",
        workdir.path(".").display(),
        workdir.path("data").display(),
        env!("CARGO_BIN_EXE_convsweep")
    );
    open_watch(
        &tmux,
        ("80", "24"),
        &format!("{run} --tell title,notification"),
    );
    let title = || {
        let title = tmux.run(&["display-message", "-p", "-t", "80", "#{pane_title}"]);
        title.unwrap_or_default()
    };
    let before = title();
    wait_until("the title shows the progress", || {
        title().contains("/4 jobs")
    });
    screen_with(&tmux, "80", &["not known to show notifications"]);
    tmux.run(&["send-keys", "-t", "80", "C-c"])
        .expect("pressed");
    screen_with(&tmux, "80", &["interrupted"]);
    wait_until("the title is as before", || title() == before);
}
