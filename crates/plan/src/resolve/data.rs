//! `[data]`.

use super::internal::not_resolved;
use super::lookup::Inputs;
use super::split::split;
use crate::language::check::Checker;
use crate::language::reader::{TableReader, named};
use crate::language::tables;
use crate::source::problem::{Problem, ProblemCode, ProblemSink};
use crate::source::span::Span;
use crate::source::tree::Node;
use convsweep_spec::data::{
    DataFacts, DataSpec, ImageLimits, Resize, ResizeMethod, Shapes, Source, SplitScheme,
};
use convsweep_spec::words::counted;
use std::path::PathBuf;

/// Resolved `[data]`, with its folder or file and the places that later messages need.
#[derive(Clone, Debug)]
pub(crate) struct ResolvedData {
    pub spec: DataSpec,
    pub path: Option<PathBuf>,
    pub limits: ImageLimits,
    pub source_span: Span,
    limit_span: Option<Span>,
    split_span: Span,
}

/// Resolves `[data]`. A path in a file is relative to its folder, one on the command line to the
/// working directory.
pub(super) fn data(node: &Node, inputs: &Inputs, sink: &mut ProblemSink) -> Option<ResolvedData> {
    if !Checker::whole(sink).section(node, tables::DATA, "data") {
        return None;
    }
    let reader = TableReader::new(node, tables::DATA);
    let source_node = reader.node("source")?;
    let source = source(&source_node, sink)?;
    let path = path(&reader, &source, inputs, source_node.span, sink);
    let split_node = reader.node("split")?;
    let split = split(&split_node, &source, inputs, sink);
    let resize = resize(&reader, sink);
    let split_is_built_in = split_node.span == Span::BUILT_IN;
    Some(ResolvedData {
        spec: DataSpec {
            source,
            split: split?,
            limit: reader.u32("limit"),
            resize: resize?,
            channels: reader.u32("channels").and_then(|c| u8::try_from(c).ok()),
            damaged: reader.choice("damaged")?,
        },
        path: path?,
        limits: ImageLimits {
            pixels: reader.u64("max_pixels")?,
            bytes: reader.u64("max_file_bytes")?,
        },
        source_span: source_node.span,
        limit_span: reader.given("limit").map(|n| n.span),
        split_span: if split_is_built_in {
            node.span
        } else {
            split_node.span
        },
    })
}

fn source(node: &Node, sink: &mut ProblemSink) -> Option<Source> {
    let (name, options) = named(node, &tables::SOURCES)?;
    Some(match name {
        "cifar10" => Source::Cifar10,
        "cifar100" => Source::Cifar100,
        "mnist" => Source::Mnist,
        "fashion-mnist" => Source::FashionMnist,
        "folder" => Source::Folder,
        "csv" => Source::Csv {
            path_column: options.text("path_column")?,
            label_column: options.text("label_column")?,
        },
        "shapes" => Source::Shapes(shapes(&options)?),
        other => return not_resolved(node, tables::SOURCES.noun, other, sink),
    })
}

fn shapes(options: &TableReader) -> Option<Shapes> {
    let [smallest, largest] = options.floats("scale")?[..] else {
        return None;
    };
    Some(Shapes {
        train: options.u32("train")?,
        test: options.u32("test")?,
        size: options.u32("size")?,
        classes: options.u32("classes")?,
        position: options.f64("position")?,
        scale: [smallest, largest],
        rotation: options.f64("rotation")?,
        color: options.f64("color")?,
        texture: options.f64("texture")?,
        noise: options.f64("noise")?,
        seed: options.u64("seed")?,
    })
}

/// The folder or file of the images; the inner `None` for sources without one.
fn path(
    reader: &TableReader,
    source: &Source,
    inputs: &Inputs,
    source_span: Span,
    sink: &mut ProblemSink,
) -> Option<Option<PathBuf>> {
    let is_needed = matches!(source, Source::Folder | Source::Csv { .. });
    let Some(node) = reader.given("path") else {
        if !is_needed {
            return Some(None);
        }
        let title = format!("source \"{}\" needs a `path`", source.name());
        let help = "path = \"…\": the folder or file with the images, relative to this file";
        sink.report(Problem::at(ProblemCode::Missing, source_span, title).help(help));
        return None;
    };
    if matches!(source, Source::Shapes(_)) {
        let title = "source \"shapes\" is drawn by the program and has no path";
        let problem = Problem::of(ProblemCode::NoEffect, node, title);
        let label = "nothing is read from here";
        sink.report(problem.label(label).help("remove `path`"));
        return None;
    }
    let text = node.text()?;
    if text.is_empty() || text.contains('\0') {
        let title = "`data.path` is not a path";
        let problem = Problem::of(ProblemCode::WrongValue, node, title);
        sink.report(problem.help("name a folder or file"));
        return None;
    }
    Some(Some(inputs.documents.resolve_path(node.span, text)))
}

/// How images are brought to one size; the inner `None` if they keep theirs.
fn resize(reader: &TableReader, sink: &mut ProblemSink) -> Option<Option<Resize>> {
    let method = reader.given("resize");
    let Some([height, width]) = reader.pair("size") else {
        let Some(method) = method else {
            return Some(None);
        };
        let problem = Problem::of(ProblemCode::Missing, method, "`data.resize` needs a `size`");
        let help = "size = [height, width] of the resized images";
        sink.report(problem.label("to which size?").help(help));
        return None;
    };
    let method = match method {
        Some(_) => reader.choice("resize")?,
        None => ResizeMethod::Crop,
    };
    Some(Some(Resize {
        height,
        width,
        method,
    }))
}

/// Reports what contradicts the numbers of the image set.
pub(super) fn check_facts(data: &ResolvedData, facts: &DataFacts, sink: &mut ProblemSink) {
    let available = facts.train_images;
    if let (Some(limit), Some(span)) = (data.spec.limit, data.limit_span)
        && limit > available
    {
        let title =
            format!("`data.limit` is {limit}, but there are only {available} training images");
        let problem = Problem::at(ProblemCode::WrongValue, span, title).about("limit");
        sink.report(problem.help("leave `limit` out to take all of them"));
    }
    let images = data.spec.limit.unwrap_or(available).min(available);
    if let Some((title, help)) = split_problem(&data.spec.split.scheme, images, available) {
        let problem = Problem::at(ProblemCode::WrongValue, data.split_span, title);
        sink.report(problem.about("split").help(help));
    }
}

/// What is wrong with a split of `images` images, out of `available` ones, and the remedy.
fn split_problem(
    scheme: &SplitScheme,
    images: u32,
    available: u32,
) -> Option<(String, &'static str)> {
    match scheme {
        SplitScheme::Folds(folds) if *folds > images => {
            let images = counted(images.into(), "image");
            let title = format!("{images} cannot be split into {folds} folds");
            Some((title, "use fewer folds"))
        }
        SplitScheme::Validation(0.0) => {
            let title = "without validation images configurations cannot be compared".into();
            let help = "validation = 0.2, or folds; the test images stay sealed and cannot be used \
                        instead";
            Some((title, help))
        }
        SplitScheme::Validation(share) if f64::from(images) * share < 1.0 => {
            let images = counted(images.into(), "image");
            let title = format!("a validation share of {share} leaves none of {images}");
            Some((title, "use a larger share, or more images"))
        }
        SplitScheme::Listed(rows) => listed_problem(rows, available),
        SplitScheme::Folds(_) | SplitScheme::Validation(_) => None,
    }
}

/// What is wrong with the rows of a file that lists the validation images.
fn listed_problem(rows: &str, available: u32) -> Option<(String, &'static str)> {
    let rows = SplitScheme::rows(rows).unwrap_or_default();
    if let Some(row) = rows.iter().find(|row| **row >= available) {
        let title =
            format!("the split lists image {row}, but there are {available} training images");
        return Some((title, "images are counted from 0"));
    }
    if rows.len() as u64 == u64::from(available) {
        let title = "the split lists every training image, so that none is left to train on".into();
        return Some((
            title,
            "the file lists the images that are used for validation",
        ));
    }
    None
}
