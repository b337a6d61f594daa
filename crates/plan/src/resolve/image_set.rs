//! What a set's folder or table decides about `[data]`, and what is wrong with its classes.

use super::data::ResolvedData;
use super::split::AskedValidation;
use crate::source::problem::{Problem, ProblemCode, ProblemSink};
use convsweep_spec::data::{
    Copies, DataFacts, EmptyClasses, Luma, SetPart, SetReading, Source, SplitScheme,
};
use convsweep_spec::split::{ClassCounts, Divided, divided};
use convsweep_spec::words::{class_names, counted, listed};
use std::collections::{HashMap, HashSet};

/// Names of classes or images that a message shows.
const MOST_SHOWN: usize = 5;

/// Settles what the set decides, notes what the user should know of it, and reports what
/// contradicts it.
pub(super) fn settle(data: &mut ResolvedData, facts: &DataFacts, sink: &mut ProblemSink) {
    if data.spec.luma == Luma::Rec601 && !facts.loses_colour {
        data.spec.luma = Luma::default();
    }
    let Some(reading) = facts.reading.as_deref() else {
        return;
    };
    let before = sink.problems.len();
    own_validation(data, facts, reading, sink);
    named_validation(data, facts, reading, sink);
    if sink.problems.len() > before {
        return;
    }
    leave_out_neutral(data, reading);
    keep_classes(data, facts, reading);
    data.notes.of_reading = reading.notes.clone();
    data.notes.left_out = reading.left_out_in_words();
}

/// Reports what is wrong with the division of a set whose numbers are right.
pub(super) fn check_division(data: &mut ResolvedData, facts: &DataFacts, sink: &mut ProblemSink) {
    let Some(reading) = facts.reading.as_deref() else {
        return;
    };
    let first_fold = data.spec.split.folds().map(|_| 0);
    if let Err(why) = divided(facts, reading, &data.spec, first_fold) {
        let title = format!("the images cannot be divided: {why}");
        let help = "use another share or fewer folds, raise `limit`, or add images";
        let problem = Problem::at(ProblemCode::WrongValue, data.split_span, title);
        sink.report(problem.about("division").help(help));
        return;
    }
    check_classes(data, facts, reading, sink);
    check_copies(data, facts, reading, sink);
    let kept = reading
        .training_only(data.spec.duplicates, facts.train_images)
        .len() as u64;
    if kept > 0 {
        let noun = counted(kept, "image");
        data.notes
            .of_division
            .push(format!("{noun} with copies are used for training only"));
    }
    if data.validation == AskedValidation::By("file") {
        data.notes.of_division.push(
            "the split's file is read as numbers of images, as `convsweep data list` prints them"
                .into(),
        );
    }
    if data.spec.duplicates == Copies::Error {
        // It is only a check: what is trained is the same.
        data.spec.duplicates = Copies::default();
    }
}

/// Takes back what makes no difference for this set, so that writing it down trains nothing anew.
fn leave_out_neutral(data: &mut ResolvedData, reading: &SetReading) {
    let spec = &mut data.spec;
    if !reading.has_transparency {
        spec.background = None;
    }
    if reading.dropped_classes.is_empty() {
        spec.empty_classes = EmptyClasses::default();
    }
    if reading.copies.is_empty() && spec.duplicates == Copies::KeepInTraining {
        spec.duplicates = Copies::default();
    }
}

/// Uses the validation images that the set gives, or reports that the file asks for others.
fn own_validation(
    data: &mut ResolvedData,
    facts: &DataFacts,
    reading: &SetReading,
    sink: &mut ProblemSink,
) {
    if facts.validation_images == 0 {
        return;
    }
    let key = match &data.validation {
        AskedValidation::Nothing => {
            data.spec.split.scheme = SplitScheme::Given;
            return;
        }
        AskedValidation::By(key) => key,
        AskedValidation::Named(_) => "file",
    };
    let places = reading
        .places
        .iter()
        .filter(|p| p.part == SetPart::Validation);
    let places: Vec<String> = places.map(|place| place.name.clone()).collect();
    let title = format!(
        "the set has {} of its own, in {}, and `split.{key}` asks for others",
        counted(facts.validation_images.into(), "validation image"),
        listed(&places)
    );
    let names = if matches!(data.spec.source, Source::Csv(_)) {
        "split_values = { train = [\"train\", \"val\"], test = \"test\" }"
    } else {
        "source = { name = \"folder\", train = [\"train\", \"val\"], test = \"test\" }"
    };
    let help = format!(
        "leave `split.{key}` out to validate on them; or name all of them as training images, as \
         in {names}, to divide them anew"
    );
    let problem = Problem::at(ProblemCode::Conflict, data.split_span, title);
    sink.report(problem.about("own validation images").help(help));
}

/// Finds the images that the split's file names.
fn named_validation(
    data: &mut ResolvedData,
    facts: &DataFacts,
    reading: &SetReading,
    sink: &mut ProblemSink,
) {
    let AskedValidation::Named(names) = &data.validation else {
        return;
    };
    let training = &reading.names[..facts.train_images as usize];
    // By path, and by file name where only one image has it.
    let mut row_of: HashMap<&str, Option<u32>> = HashMap::new();
    for (row, name) in (0..).zip(training) {
        let file = name.rsplit('/').next().unwrap_or(name);
        row_of
            .entry(file)
            .and_modify(|row| *row = None)
            .or_insert(Some(row));
    }
    row_of.extend(training.iter().map(String::as_str).zip((0..).map(Some)));
    let wrong = |line: usize, what: String| {
        let title = format!("line {line} of the split's file names {what}");
        let help = "one training image per line: its number, its path or its file name; \
                    `convsweep data list` prints them";
        Problem::at(ProblemCode::WrongValue, data.split_span, title).help(help)
    };
    let (mut rows, mut seen) = (Vec::new(), HashSet::new());
    for (line, name) in names {
        let plain = name.trim_matches(['"', '\'']).replace('\\', "/");
        let plain = known_end(plain.trim_start_matches("./"), |end| {
            row_of.contains_key(end)
        });
        let problem = match row_of.get(plain).copied() {
            Some(Some(row)) if seen.insert(row) => {
                rows.push(row);
                continue;
            }
            Some(Some(_)) => format!("\"{name}\" for the second time"),
            Some(None) => format!("\"{name}\", which several images are called: write its path"),
            None if reading.names.iter().any(|other| other == plain) => {
                format!("\"{name}\", which is a test image")
            }
            None => format!("\"{name}\", which is none of the set's training images"),
        };
        sink.report(wrong(*line, problem));
        return;
    }
    rows.sort_unstable();
    data.spec.split.scheme = SplitScheme::listed(&rows);
}

/// The longest end of a path that is known, with a folder if the path has one: paths from the root
/// or from the experiment's folder are meant as well. The path itself if none is.
fn known_end(path: &str, is_known: impl Fn(&str) -> bool) -> &str {
    let mut end = path;
    while !is_known(end) {
        match end.split_once('/') {
            Some((_, rest)) if rest.contains('/') => end = rest,
            Some(_) | None => return path,
        }
    }
    end
}

/// Lets each class keep a training image where a share would take all of them.
fn keep_classes(data: &mut ResolvedData, facts: &DataFacts, reading: &SetReading) {
    let split = &data.spec.split;
    if !split.stratify || !matches!(split.scheme, SplitScheme::Validation(_)) {
        return;
    }
    let mut keeping = data.spec.clone();
    keeping.split.keeps_classes = true;
    let as_before = divided(facts, reading, &data.spec, None);
    if as_before.is_ok() && as_before != divided(facts, reading, &keeping, None) {
        data.spec = keeping;
    }
}

/// Reports classes that cannot be learnt, and notes those that cannot be judged.
fn check_classes(
    data: &mut ResolvedData,
    facts: &DataFacts,
    reading: &SetReading,
    sink: &mut ProblemSink,
) {
    let folds: Vec<Option<u32>> = match data.spec.split.folds() {
        Some(folds) => (0..folds).map(Some).collect(),
        None => vec![None],
    };
    let mut counts = Vec::new();
    for fold in &folds {
        let Ok(found) = ClassCounts::of(facts, reading, &data.spec, *fold) else {
            return;
        };
        counts.push(found);
    }
    let lacking = |part: fn(&ClassCounts) -> &[u32]| {
        let lacks = |class: &usize| counts.iter().any(|c| part(c)[*class] == 0);
        let classes = (0..facts.classes.len()).filter(lacks);
        let names = classes.map(|class| facts.classes[class].as_str());
        names.collect::<Vec<_>>()
    };
    let in_folds = if folds.len() > 1 { " in some fold" } else { "" };
    let untrained = lacking(|counts| &counts.training);
    if !untrained.is_empty() {
        let classes = class_names(&untrained);
        let title = format!("{classes} would have no training image{in_folds}");
        let help = match data.spec.split.stratify {
            true => {
                "add images, use a smaller share or fewer folds, raise `limit`, or remove the \
                     class"
            }
            false => "stratify = true keeps the proportions of the classes; or add images",
        };
        let problem = Problem::at(ProblemCode::WrongValue, data.split_span, title);
        sink.report(problem.about("untrained classes").help(help));
    }
    let unjudged = lacking(|counts| &counts.validation);
    if !unjudged.is_empty() {
        let classes = class_names(&unjudged);
        data.notes.of_division.push(format!(
            "{classes}: no validation image{in_folds}, so that no metric can say anything of \
             it; averages over classes are over the others"
        ));
    }
    let has_test = facts.test_images > 0;
    let untested = lacking(|counts| &counts.test);
    if has_test && !untested.is_empty() {
        let classes = class_names(&untested);
        data.notes
            .of_division
            .push(format!("{classes}: no test image"));
    }
}

/// Notes or reports images that are in two parts of the split, or under two labels.
fn check_copies(
    data: &mut ResolvedData,
    facts: &DataFacts,
    reading: &SetReading,
    sink: &mut ProblemSink,
) {
    if reading.copies.is_empty() {
        return;
    }
    let folds = data.spec.split.folds();
    let first_fold = folds.map(|_| 0);
    let Ok(Divided { train, validation }) = divided(facts, reading, &data.spec, first_fold) else {
        return;
    };
    let mut parts = vec![UsedFor::Test; reading.labels.len()];
    let mut mark = |rows: &[u32], side| rows.iter().for_each(|row| parts[*row as usize] = side);
    let is_divided_in_turn = folds.is_some() && data.spec.duplicates != Copies::KeepInTraining;
    mark(&train, UsedFor::Training);
    // Each fold validates once: of two copies, one trains while the other one validates.
    mark(
        &validation,
        if is_divided_in_turn {
            UsedFor::Training
        } else {
            UsedFor::Validation
        },
    );
    let mut leaks = Leaks::default();
    for group in &reading.copies {
        leaks.add(group, &parts, reading, is_divided_in_turn);
    }
    let Some(said) = leaks.words() else {
        return;
    };
    if data.spec.duplicates == Copies::Error {
        let title = format!("the set has copies of images: {said}");
        let help = "remove them; duplicates = \"warn\" uses them as they are, and \
                    \"keep-in-training\" uses such images for training only";
        let problem = Problem::at(ProblemCode::WrongValue, data.source_span, title);
        sink.report(problem.about("copies").help(help));
    } else {
        data.notes
            .of_division
            .push(format!("copies of images: {said}"));
    }
}

/// What an image is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum UsedFor {
    Training,
    Validation,
    Test,
}

/// Numbers of images with copies elsewhere, with examples.
#[derive(Default)]
struct Leaks {
    validation: Leak,
    test: Leak,
    folds: Leak,
    labels: Leak,
}

#[derive(Default)]
struct Leak {
    images: u64,
    examples: Vec<String>,
}

impl Leak {
    fn add(&mut self, images: usize, pair: [&str; 2]) {
        self.images += images as u64;
        if self.examples.len() < MOST_SHOWN {
            self.examples.push(format!("{} = {}", pair[0], pair[1]));
        }
    }

    /// The number of these images, with a verb for one of them and for several.
    fn words(&self, image: &str, [one, several]: [&str; 2]) -> Option<String> {
        let verb = if self.images == 1 { one } else { several };
        let images = counted(self.images, image);
        let examples = self.examples.join("; ");
        (self.images > 0).then(|| format!("{images} {verb} ({examples})"))
    }
}

impl Leaks {
    fn add(&mut self, group: &[u32], parts: &[UsedFor], reading: &SetReading, has_folds: bool) {
        let of = |side: UsedFor| {
            let rows = group.iter().filter(|row| parts[**row as usize] == side);
            rows.copied().collect::<Vec<u32>>()
        };
        let name = |row: u32| reading.names[row as usize].as_str();
        let [train, validation, test] =
            [UsedFor::Training, UsedFor::Validation, UsedFor::Test].map(of);
        if let (Some(one), Some(other)) = (validation.first(), train.first()) {
            self.validation
                .add(validation.len(), [name(*one), name(*other)]);
        }
        let seen = train.first().or(validation.first());
        if let (Some(one), Some(other)) = (test.first(), seen) {
            self.test.add(test.len(), [name(*one), name(*other)]);
        }
        if let (true, [one, other, ..]) = (has_folds, train.as_slice()) {
            self.folds.add(train.len(), [name(*one), name(*other)]);
        }
        let label = |row: u32| reading.labels[row as usize];
        let other = group.iter().find(|row| label(**row) != label(group[0]));
        if let Some(other) = other {
            self.labels.add(group.len(), [name(group[0]), name(*other)]);
        }
    }

    fn words(&self) -> Option<String> {
        let said = [
            self.validation.words(
                "validation image",
                ["is also trained on", "are also trained on"],
            ),
            self.folds.words(
                "image",
                [
                    "has a copy in another fold",
                    "have copies, which other folds may hold",
                ],
            ),
            self.test.words(
                "test image",
                ["is also among the others", "are also among the others"],
            ),
            self.labels
                .words("image", ["is under two labels", "are under two labels"]),
        ];
        let said: Vec<String> = said.into_iter().flatten().collect();
        (!said.is_empty()).then(|| said.join("; "))
    }
}
