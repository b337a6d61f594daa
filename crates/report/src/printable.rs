//! Names that came from outside, made safe to show.
//!
//! Labels, class names and questions may hold anything that a TOML file or a folder's name can:
//! control characters, which no SVG may contain and by which a terminal is steered, and marks that
//! reverse the text after them. The report shows them as escapes, in all of its files.

use convsweep_answers::AcrossExperiments;
use convsweep_spec::words::printable;
use convsweep_store::ExperimentRows;
use std::borrow::Cow;

/// The rows with every name in printable form.
pub fn with_printable_names(mut rows: ExperimentRows) -> ExperimentRows {
    let revision = &mut rows.revision;
    make_printable(&mut revision.experiment);
    make_printable(&mut revision.file);
    revision.question.iter_mut().for_each(make_printable);
    revision.overrides.iter_mut().for_each(make_printable);
    revision.classes.iter_mut().for_each(make_printable);
    for set in &mut revision.images {
        make_printable(&mut set.path);
        set.notes.iter_mut().for_each(make_printable);
        set.places
            .iter_mut()
            .for_each(|place| make_printable(&mut place.name));
        set.classes
            .iter_mut()
            .for_each(|class| make_printable(&mut class.class));
        for entry in &mut set.left_out {
            make_printable(&mut entry.reason);
            entry.examples.iter_mut().for_each(make_printable);
        }
    }
    for axis in &mut revision.axes {
        make_printable(&mut axis.path);
        make_printable(&mut axis.name);
        axis.labels.iter_mut().for_each(make_printable);
    }
    for choice in &mut revision.decisions {
        make_printable(&mut choice.stage);
        make_printable(&mut choice.label);
        for value in &mut choice.values {
            make_printable(&mut value.label);
        }
        for evidence in &mut choice.evidence {
            make_printable(&mut evidence.label);
        }
    }
    for configuration in &mut rows.configurations {
        make_printable(&mut configuration.member.label);
        for value in &mut configuration.member.values {
            make_printable(&mut value.path);
            make_printable(&mut value.label);
        }
    }
    for problem in &mut rows.log_problems {
        make_printable(&mut problem.log);
        make_printable(&mut problem.problem);
    }
    rows
}

/// The choices with every name in printable form.
pub fn with_printable_choices(mut across: AcrossExperiments) -> AcrossExperiments {
    for column in &mut across.experiments {
        make_printable(&mut column.name);
        column.best.iter_mut().for_each(make_printable);
    }
    for choice in &mut across.choices {
        make_printable(&mut choice.label);
    }
    across
}

fn make_printable(text: &mut String) {
    if let Cow::Owned(safe) = printable(text) {
        *text = safe;
    }
}

/// A document without the control characters that neither XML nor HTML allows. Tabs and line ends
/// stay.
pub fn without_controls(document: String) -> String {
    let is_forbidden = |c: char| {
        c.is_control() && !matches!(c, '\n' | '\t' | '\r') || matches!(c, '\u{fffe}' | '\u{ffff}')
    };
    match document.contains(is_forbidden) {
        true => document.replace(is_forbidden, "\u{fffd}"),
        false => document,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_keep_lines_and_lose_controls() {
        let text = "a\tb\n\u{1b}[31m\u{0}\u{9b}é\u{ffff}";
        let expected = "a\tb\n\u{fffd}[31m\u{fffd}\u{fffd}é\u{fffd}";
        assert_eq!(without_controls(text.into()), expected);
    }
}
