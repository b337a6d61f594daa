//! `data.split`.

use super::lookup::Inputs;
use crate::document::read::LARGEST_TEXT;
use crate::language::reader::TableReader;
use crate::language::tables;
use crate::source::problem::{Problem, ProblemCode, ProblemSink};
use crate::source::tree::Node;
use convsweep_spec::data::{Source, Split, SplitScheme};

/// Largest number of a row plus one.
const MAX_ROWS: u32 = 1 << 28;
/// What some editors write before UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";
/// Characters of a wrong line that are shown.
const LONGEST_SHOWN: usize = 40;

/// How a file asks for validation images.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum AskedValidation {
    /// It does not: the set's own ones are used, or else the default share.
    Nothing,
    /// By this key.
    By(&'static str),
    /// By a file that names images, with the line of each name.
    Named(Vec<(usize, String)>),
}

/// Resolves `data.split`. Where images are named, the scheme is that of a share until the set is
/// known.
pub(super) fn split(
    node: &Node,
    source: &Source,
    inputs: &Inputs,
    sink: &mut ProblemSink,
) -> Option<(Split, AskedValidation)> {
    let reader = TableReader::new(node, tables::SPLIT);
    let conflict = two_schemes(&reader);
    let own_test = test_share_of_a_set_with_test_images(&reader, source);
    let right = conflict.is_none() && own_test.is_none();
    sink.problems.extend(conflict);
    sink.problems.extend(own_test);
    let share = SplitScheme::Validation(reader.f64("validation")?);
    let (scheme, asked) = if let Some(folds) = reader.u32("folds") {
        (SplitScheme::Folds(folds), AskedValidation::By("folds"))
    } else if let Some(file) = reader.given("file") {
        match sink.ok(listed_images(file, source, inputs))? {
            Listed::Rows(rows) => (SplitScheme::listed(&rows), AskedValidation::By("file")),
            Listed::Names(names) => (share, AskedValidation::Named(names)),
        }
    } else if reader.given("validation").is_some() {
        (share, AskedValidation::By("validation"))
    } else {
        (share, AskedValidation::Nothing)
    };
    let split = Split {
        scheme,
        seed: reader.u64("seed")?,
        stratify: reader.bool("stratify")?,
        test: reader.f64("test"),
        keeps_classes: false,
    };
    right.then_some((split, asked))
}

/// The problem of a split that is defined in two ways.
fn two_schemes(reader: &TableReader) -> Option<Problem> {
    let keys = ["validation", "folds", "file"];
    let given: Vec<_> = keys
        .iter()
        .filter_map(|key| Some((key, reader.given(key)?)))
        .collect();
    let [(first, _), (second, node), ..] = given[..] else {
        return None;
    };
    let title = format!("a split has either `{first}` or `{second}`");
    let problem = Problem::of(ProblemCode::Conflict, node, title);
    let help = "`validation` sets aside one part, `folds` makes several parts, and `file` lists \
                the images for validation";
    Some(problem.label("both are given").help(help))
}

fn test_share_of_a_set_with_test_images(reader: &TableReader, source: &Source) -> Option<Problem> {
    let test = reader.given("test")?;
    if source.is_of_the_user() {
        return None;
    }
    let title = format!("source \"{}\" already has test images", source.name());
    let problem = Problem::of(ProblemCode::Conflict, test, title);
    let label = "would set further ones aside";
    Some(problem.label(label).help("remove `split.test`"))
}

/// The images that a split's file lists.
enum Listed {
    /// By their rows, ascending.
    Rows(Vec<u32>),
    /// By names, each with its line.
    Names(Vec<(usize, String)>),
}

/// The images that a split's file lists. Only a folder or table has names.
fn listed_images(node: &Node, source: &Source, inputs: &Inputs) -> Result<Listed, Box<Problem>> {
    let name = node.text().unwrap_or_default();
    let path = inputs.documents.resolve_path(node.span, name);
    let bytes = (inputs.read)(&path, LARGEST_TEXT).map_err(|e| {
        let title = format!("the split's file {} cannot be read", path.display());
        wrong_file(node, title, &e.to_string())
    })?;
    let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&bytes);
    let Ok(text) = std::str::from_utf8(bytes) else {
        let title = "the split's file is not a text file".into();
        return Err(wrong_file(node, title, "not UTF-8"));
    };
    let uncommented = |line: &str| {
        line.split('#')
            .next()
            .unwrap_or_default()
            .trim()
            .to_string()
    };
    let lines = text.lines().map(uncommented).enumerate();
    let lines: Vec<(usize, String)> = lines.filter(|(_, line)| !line.is_empty()).collect();
    let is_number = |(_, line): &(usize, String)| line.bytes().all(|byte| byte.is_ascii_digit());
    if source.is_of_the_user() && !lines.is_empty() && !lines.iter().all(is_number) {
        let names = lines.into_iter().map(|(i, name)| (i + 1, name));
        return Ok(Listed::Names(names.collect()));
    }
    let mut rows = Vec::new();
    for (i, line) in lines {
        let Some(row) = line.parse().ok().filter(|row| *row < MAX_ROWS) else {
            let shown: String = line.chars().take(LONGEST_SHOWN).collect();
            let title = format!("line {} of the split's file is \"{shown}\"", i + 1);
            return Err(wrong_file(node, title, "not the number of an image"));
        };
        rows.push(row);
    }
    rows.sort_unstable();
    if let Some(twice) = rows.windows(2).find(|pair| pair[0] == pair[1]) {
        let title = format!("the split's file lists image {} twice", twice[0]);
        return Err(wrong_file(node, title, ""));
    }
    if rows.is_empty() {
        return Err(wrong_file(
            node,
            "the split's file lists no images".into(),
            "",
        ));
    }
    Ok(Listed::Rows(rows))
}

fn wrong_file(node: &Node, title: String, label: &str) -> Box<Problem> {
    let help = "one training image per line that is used for validation: its number, counted from \
                0, or its path or file name; # begins a comment";
    let problem = Problem::of(ProblemCode::WrongValue, node, title);
    Box::new(problem.label(label).help(help))
}
