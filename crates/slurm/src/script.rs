//! The batch script of an allocation.

use crate::error::SlurmError;
use convsweep_spec::run_settings::SlurmSettings;
use std::fmt::Write;
use std::path::Path;

/// What a batch script is for.
#[derive(Clone, Copy, Debug)]
pub struct BatchOrder<'a> {
    /// The experiment.
    pub experiment: &'a str,
    /// What tells this submission from others: it is part of the allocation's name, and its
    /// comment.
    pub token: &'a str,
    /// What the cluster is asked for.
    pub settings: &'a SlurmSettings,
    /// Folder of the allocation's log, which must exist before it starts.
    pub logs: &'a Path,
    /// Folder in which the program runs.
    pub folder: &'a Path,
    /// This program.
    pub program: &'a Path,
    /// Its arguments.
    pub arguments: &'a [String],
}

/// Name of the allocations of a submission.
pub fn allocation_name(experiment: &str, token: &str) -> String {
    format!("cs-{experiment}-{token}")
}

/// The batch script that runs the program with what the settings ask for.
///
/// The program takes the place of the shell, so that it receives the signals.
///
/// # Errors
/// If a path cannot stand in a batch script.
pub fn batch_script(order: &BatchOrder) -> Result<String, SlurmError> {
    let settings = order.settings;
    let name = allocation_name(order.experiment, order.token);
    let logs = sbatch_text(order.logs)?;
    let mut script = String::from("#!/bin/bash\n");
    let mut option = |text: String| _ = writeln!(script, "#SBATCH {text}");
    option(format!("--job-name={name}"));
    option(format!("--comment={}", order.token));
    option(format!("--output=\"{logs}/%j.log\""));
    option("--open-mode=append".to_string());
    option("--requeue".to_string());
    option(format!("--signal=B:USR1@{}", settings.grace.as_secs()));
    option(format!("--nodes={}", settings.nodes));
    option("--ntasks-per-node=1".to_string());
    if settings.nodes > 1 {
        option("--no-kill".to_string());
    }
    if let Some(cpus) = settings.cpus {
        option(format!("--cpus-per-task={cpus}"));
    }
    if settings.gpus > 0 {
        option(format!("--gres=gpu:{}", settings.gpus));
    }
    if let Some(bytes) = settings.memory_bytes {
        option(format!("--mem={}M", bytes.div_ceil(1 << 20)));
    }
    if let Some(time) = settings.time {
        option(format!("--time={}", time.as_secs().div_ceil(60)));
    }
    for (key, value) in [
        ("partition", &settings.partition),
        ("account", &settings.account),
        ("qos", &settings.qos),
        ("constraint", &settings.constraint),
    ] {
        if let Some(value) = value {
            option(format!("--{key}=\"{value}\""));
        }
    }
    for own in &settings.options {
        option(own.clone());
    }
    script.push_str("\nset -e\n");
    for line in &settings.setup {
        _ = writeln!(script, "{line}");
    }
    _ = writeln!(script, "cd {}", shell_text(&path_text(order.folder)?));
    _ = write!(script, "exec {}", shell_text(&path_text(order.program)?));
    for argument in order.arguments {
        _ = write!(script, " {}", shell_text(argument));
    }
    script.push('\n');
    Ok(script)
}

/// A path within double quotes in an option of `sbatch`, where a `%` begins a name.
fn sbatch_text(path: &Path) -> Result<String, SlurmError> {
    let text = path_text(path)?;
    match text.contains(['"', '\\']) {
        true => Err(SlurmError::Path(text)),
        false => Ok(text.replace('%', "%%")),
    }
}

fn path_text(path: &Path) -> Result<String, SlurmError> {
    match path.to_str() {
        Some(text) if !text.contains(['\n', '\r']) => Ok(text.to_string()),
        _ => Err(SlurmError::Path(path.display().to_string())),
    }
}

/// A word of a shell command, in quotes where it needs them.
fn shell_text(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-=:,+@%".contains(c);
    match !word.is_empty() && word.chars().all(is_plain) {
        true => word.to_string(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn settings() -> SlurmSettings {
        SlurmSettings {
            partition: None,
            account: None,
            qos: None,
            constraint: None,
            time: None,
            nodes: 1,
            cpus: None,
            gpus: 0,
            memory_bytes: None,
            requeue: 20,
            grace: Duration::from_secs(180),
            setup: vec![],
            options: vec![],
        }
    }

    fn script(settings: &SlurmSettings) -> String {
        let order = BatchOrder {
            experiment: "width",
            token: "1a2b3c4d",
            settings,
            logs: Path::new("/home/a b/100%/logs"),
            folder: Path::new("/home/a b"),
            program: Path::new("/opt/convsweep"),
            arguments: &["run".to_string(), "it's.toml".to_string()],
        };
        batch_script(&order).expect("a script")
    }

    #[test]
    fn a_script_without_settings_leaves_the_rest_to_the_site() {
        let expected = "#!/bin/bash
#SBATCH --job-name=cs-width-1a2b3c4d
#SBATCH --comment=1a2b3c4d
#SBATCH --output=\"/home/a b/100%%/logs/%j.log\"
#SBATCH --open-mode=append
#SBATCH --requeue
#SBATCH --signal=B:USR1@180
#SBATCH --nodes=1
#SBATCH --ntasks-per-node=1

set -e
cd '/home/a b'
exec /opt/convsweep run 'it'\\''s.toml'
";
        assert_eq!(script(&settings()), expected);
    }

    #[test]
    fn what_is_asked_for_is_in_the_script() {
        let text = script(&SlurmSettings {
            partition: Some("gpu,big".into()),
            constraint: Some("a100&ib".into()),
            time: Some(Duration::from_secs(90)),
            nodes: 2,
            cpus: Some(8),
            gpus: 2,
            memory_bytes: Some(32 << 30),
            setup: vec!["module load cuda/12".into()],
            options: vec!["--exclusive".into()],
            ..settings()
        });
        for line in [
            "#SBATCH --partition=\"gpu,big\"",
            "#SBATCH --constraint=\"a100&ib\"",
            "#SBATCH --time=2",
            "#SBATCH --nodes=2",
            "#SBATCH --no-kill",
            "#SBATCH --cpus-per-task=8",
            "#SBATCH --gres=gpu:2",
            "#SBATCH --mem=32768M",
            "#SBATCH --exclusive",
            "module load cuda/12",
        ] {
            assert!(text.lines().any(|l| l == line), "{line} is not in\n{text}");
        }
        let options_end = text.find("set -e").expect("is there");
        assert!(!text[options_end..].contains("#SBATCH"), "{text}");
    }

    #[test]
    fn paths_that_would_be_something_else_are_refused() {
        let order = BatchOrder {
            experiment: "a",
            token: "b",
            settings: &settings(),
            logs: Path::new("/a\"b"),
            folder: Path::new("/"),
            program: Path::new("/"),
            arguments: &[],
        };
        assert!(matches!(batch_script(&order), Err(SlurmError::Path(_))));
        let logs = Path::new("/a");
        let folder = Path::new("/a\nb");
        let order = BatchOrder {
            logs,
            folder,
            ..order
        };
        assert!(matches!(batch_script(&order), Err(SlurmError::Path(_))));
    }
}
