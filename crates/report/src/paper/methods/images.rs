//! The images: their source, their numbers and how they were divided.

use super::prose::{percent, range};
use super::setting::setting;
use crate::ranking::{RankedConfiguration, RankedRun, Ranking};
use convsweep_spec::data::{DataSpec, ResizeMethod, Source, Split, SplitScheme};
use convsweep_spec::words::{counted_as, thousands};
use std::collections::BTreeMap;

pub(super) fn sentences(ranking: &Ranking, of_best: Option<u64>) -> Vec<String> {
    let known = |c: &RankedConfiguration| of_best.filter(|_| shares_set_with_best(ranking, c));
    let data = |c: &RankedConfiguration| c.row.member.resolved.data.clone();
    let classes = counted_as(ranking.revision.classes.len() as u64, "class", "classes");
    let source = setting(
        ranking,
        "image set",
        |c| Some(source(&data(c).source)),
        |source| format!("The images were those of {source}, of {classes}."),
    );
    let size = setting(
        ranking,
        "size of the images",
        |c| size(&data(c)),
        |size| format!("They were {size}."),
    );
    let subset = setting(
        ranking,
        "number of the training images",
        |c| data(c).limit.map(|n| thousands(n.into())),
        |n| format!("Of the training images a stratified random subset of {n} was used."),
    );
    let split = setting(
        ranking,
        "division into training and validation images",
        |c| Some(division(&data(c).split)),
        |split| format!("The division into training and validation images was {split}."),
    );
    let numbers = setting(
        ranking,
        "number of images",
        |c| numbers(c, known(c)),
        |numbers| format!("This left {numbers}."),
    );
    let all = [source, size, subset, split, numbers, test_images(ranking)];
    all.into_iter().flatten().collect()
}

fn source(source: &Source) -> String {
    match source {
        Source::Cifar10 => "CIFAR-10~\\cite{krizhevsky2009}".into(),
        Source::Cifar100 => "CIFAR-100~\\cite{krizhevsky2009} with its fine labels".into(),
        Source::Mnist => "MNIST~\\cite{lecun1998}".into(),
        Source::FashionMnist => "Fashion-MNIST~\\cite{xiao2017}".into(),
        Source::Folder(_) => "a set of image files with a folder for each class".into(),
        Source::Csv(_) => "a set of image files with a table of their classes".into(),
        Source::Shapes(shapes) => format!(
            "a generated set of drawn shapes ({0}$\\times${0} pixels, seed {1})",
            shapes.size, shapes.seed
        ),
    }
}

fn size(data: &DataSpec) -> Option<String> {
    let resized = data.resize.as_ref().map(|resize| {
        let how = match resize.method {
            ResizeMethod::Crop => "cropping the centre of the longer side",
            ResizeMethod::Pad => "padding the shorter side with black",
            ResizeMethod::Squash => "scaling each side on its own",
        };
        format!(
            "resized to {}$\\times${} pixels ({how})",
            resize.height, resize.width
        )
    });
    let color = data.channels.map(|channels| match channels {
        1 => "converted to grey".to_string(),
        _ => "converted to RGB".to_string(),
    });
    let parts: Vec<String> = resized.into_iter().chain(color).collect();
    (!parts.is_empty()).then(|| parts.join(" and "))
}

/// How training and validation images were divided; words that follow "was".
fn division(split: &Split) -> String {
    let stratified = match split.stratify {
        true => ", stratified by class",
        false => "",
    };
    let mut text = match &split.scheme {
        SplitScheme::Validation(0.0) => "not made: no validation images were held out".to_string(),
        SplitScheme::Validation(share) => format!(
            "random (seed {}{stratified}), with {} for validation, and the same for all runs",
            split.seed,
            percent(*share)
        ),
        SplitScheme::Folds(folds) => format!(
            "a {folds}-fold cross-validation (seed {}{stratified}), in which each run validated on \
             one fold and trained on the others",
            split.seed
        ),
        SplitScheme::Listed(_) => "given as a fixed list, the same for all runs".into(),
        SplitScheme::Given => "that of the set itself, the same for all runs".into(),
    };
    if let Some(share) = split.test {
        text += &format!(
            "; before it, {} of all images were set aside as test images by a hash of their \
             content",
            percent(share)
        );
    }
    text
}

/// The numbers of training and validation images of a configuration's runs.
fn numbers(configuration: &RankedConfiguration, known: Option<u64>) -> Option<String> {
    let validated = |run: &RankedRun| run.job.validation.as_ref().map(|v| u64::from(v.images));
    let validation = range(configuration.finished().filter_map(validated));
    let whole = whole(configuration, known);
    let others = |run: &RankedRun| whole?.checked_sub(validated(run)?);
    let trained = range(configuration.finished().filter_map(others));
    match (trained, validation) {
        (Some(trained), Some(validation)) => Some(format!(
            "{trained} images for training and {validation} for validation"
        )),
        (None, Some(validation)) => Some(format!(
            "{validation} images for validation and the others for training"
        )),
        (_, None) => None,
    }
}

/// Whether a configuration divides the same images as the best one.
fn shares_set_with_best(ranking: &Ranking, configuration: &RankedConfiguration) -> bool {
    let set = |c: &RankedConfiguration| {
        let member = &c.row.member;
        (member.data_hash.clone(), member.resolved.data.clone())
    };
    ranking
        .best()
        .is_some_and(|best| set(best) == set(configuration))
}

/// The number of images that were divided, if it is `known`, or the configuration says it.
fn whole(configuration: &RankedConfiguration, known: Option<u64>) -> Option<u64> {
    let data = &configuration.row.member.resolved.data;
    if data.split.scheme == SplitScheme::Given {
        // The limit counts the training images alone.
        return known.filter(|_| data.limit.is_none());
    }
    let of_source = match &data.source {
        Source::Cifar10 | Source::Cifar100 => Some(50_000),
        Source::Mnist | Source::FashionMnist => Some(60_000),
        Source::Shapes(shapes) => Some(shapes.train),
        Source::Folder(_) | Source::Csv(_) => None,
    };
    let said = data.limit.or(of_source).map(u64::from);
    said.or(known).or_else(|| all_folds(configuration))
}

/// The images of all folds of one seed together.
fn all_folds(configuration: &RankedConfiguration) -> Option<u64> {
    let folds = configuration.row.member.resolved.data.split.folds()?;
    let mut images = BTreeMap::new();
    for run in configuration.finished() {
        let validation = run.job.validation.as_ref()?;
        images.insert(run.job.fold?, u64::from(validation.images));
    }
    (images.len() == folds as usize).then(|| images.values().sum())
}

/// What was done with the test images.
fn test_images(ranking: &Ranking) -> Option<String> {
    let tests = ranking.runs().filter(|run| run.is_finished());
    let tests = tests.map(|run| run.job.test.as_ref().map(|t| u64::from(t.images)));
    let tests: Vec<Option<u64>> = tests.collect();
    if tests.is_empty() {
        return None;
    }
    let Some(images) = range(tests.into_iter().flatten()) else {
        return Some(
            "There were no test images: all results are those of the validation images, by which \
             configurations were also compared."
                .into(),
        );
    };
    let shown = match (ranking.revision.show_test, ranking.baseline) {
        (true, _) => "all configurations",
        (false, Some(_)) => "the chosen configuration and the baseline only",
        (false, None) => "the chosen configuration only",
    };
    Some(format!(
        "The {images} test images were evaluated once, after training; nothing was chosen by them, \
         and their results are given for {shown}."
    ))
}
