//! Pages about topics, inside the program: what does not fit into the help of one command.

use crate::streams::wants_colours;
use console::{Style, Term};

/// A page.
pub struct Topic {
    /// Its name on the command line.
    pub name: &'static str,
    /// What it is about, in a line.
    pub about: &'static str,
    /// Its text, Markdown in lines of at most 80 columns, apart from code and tables.
    pub text: &'static str,
}

/// All pages.
pub static TOPICS: [Topic; 9] = [
    Topic {
        name: "images",
        about: "your own images: folders, tables, what is read and what is refused",
        text: include_str!("images.md"),
    },
    Topic {
        name: "sweeps",
        about: "grids, samples, stages, early stopping, races; what is reused",
        text: include_str!("sweeps.md"),
    },
    Topic {
        name: "statistics",
        about: "how sure the answers are, and how often they are wrong",
        text: include_str!("statistics.md"),
    },
    Topic {
        name: "weights",
        about: "starting from trained weights, frozen layers, exports",
        text: include_str!("weights.md"),
    },
    Topic {
        name: "devices",
        about: "CPUs and GPUs, precision, speed",
        text: include_str!("devices.md"),
    },
    Topic {
        name: "cluster",
        about: "runs on Slurm: handing them over, continuing, what goes wrong",
        text: include_str!("cluster.md"),
    },
    Topic {
        name: "results",
        about: "the results folder: database, logs, reports",
        text: include_str!("results.md"),
    },
    Topic {
        name: "trouble",
        about: "when something goes wrong: failures, crashes, damage",
        text: include_str!("trouble.md"),
    },
    Topic {
        name: "scripting",
        about: "for scripts and agents: asking, reading a verdict, every field of --json",
        text: include_str!("scripting.md"),
    },
];

/// The page of this name.
pub fn topic(name: &str) -> Option<&'static Topic> {
    TOPICS.iter().find(|topic| topic.name == name)
}

/// The list of all pages for the program's own help.
pub fn topics() -> String {
    let mut text = String::from("Topics (convsweep help TOPIC):\n");
    for topic in &TOPICS {
        text += &format!("  {:10}  {}\n", topic.name, topic.about);
    }
    text
}

impl Topic {
    /// The text for whoever reads stdout: on a terminal with colours, headings are bold.
    pub fn shown(&self) -> String {
        if !(Term::stdout().is_term() && wants_colours()) {
            return self.text.trim_end().to_string();
        }
        let heading = Style::new().bold().force_styling(true);
        let mut in_code = false;
        let mut lines = Vec::new();
        for line in self.text.trim_end().lines() {
            in_code ^= line.starts_with("```");
            lines.push(match !in_code && line.starts_with('#') {
                true => heading.apply_to(line).to_string(),
                false => line.to_string(),
            });
        }
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_fit_a_terminal_of_80_columns() {
        for topic in &TOPICS {
            let mut in_code = false;
            for (number, line) in topic.text.lines().enumerate() {
                in_code ^= line.starts_with("```");
                let is_free = in_code || line.starts_with('|');
                let columns = line.chars().count();
                assert!(
                    is_free || columns <= 80,
                    "{}.md:{}: {columns} columns",
                    topic.name,
                    number + 1
                );
            }
            assert!(topic.text.starts_with("# "), "{} has a title", topic.name);
        }
    }
}
