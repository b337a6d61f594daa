//! `[data]`.

use super::internal::not_resolved;
use super::lookup::Inputs;
use super::set_notes::SetNotes;
use super::split::{AskedValidation, split};
use crate::language::check::Checker;
use crate::language::reader::{TableReader, named};
use crate::language::tables;
use crate::source::problem::{Problem, ProblemCode, ProblemSink};
use crate::source::span::Span;
use crate::source::tree::Node;
use convsweep_spec::data::{
    Column, DataFacts, DataSpec, ImageLimits, ImageTable, Luma, PartNames, Resize, ResizeMethod,
    Shapes, Source, SplitScheme,
};
use convsweep_spec::words::counted;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Resolved `[data]`, with its folder or file and the places that later messages need.
#[derive(Clone, Debug)]
pub(crate) struct ResolvedData {
    pub spec: DataSpec,
    pub path: Option<PathBuf>,
    pub limits: ImageLimits,
    pub source_span: Span,
    /// What the user should know of the set.
    pub notes: SetNotes,
    /// How the file asks for validation images.
    pub(super) validation: AskedValidation,
    limit_span: Option<Span>,
    pub(super) split_span: Span,
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
    let channels = reader.u32("channels").and_then(|c| u8::try_from(c).ok());
    let split_is_built_in = split_node.span == Span::BUILT_IN;
    let (split, validation) = split?;
    Some(ResolvedData {
        spec: DataSpec {
            source,
            split,
            limit: reader.u32("limit"),
            resize: resize?,
            channels,
            damaged: reader.choice("damaged")?,
            luma: if channels == Some(1) {
                Luma::Rec601
            } else {
                Luma::default()
            },
            background: background(&reader),
            empty_classes: reader.choice("empty_classes")?,
            duplicates: reader.choice("duplicates")?,
        },
        notes: SetNotes::default(),
        validation,
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
        "folder" => Source::Folder(part_names(&options)),
        "csv" => Source::Csv(table(&options, sink)?),
        "shapes" => Source::Shapes(shapes(&options)?),
        other => return not_resolved(node, tables::SOURCES.noun, other, sink),
    })
}

/// The colour behind transparent pixels.
fn background(reader: &TableReader) -> Option<[u8; 3]> {
    let node = reader.given("background")?;
    let mut colour = [0; 3];
    for (value, item) in colour.iter_mut().zip(node.items()) {
        *value = u8::try_from(item.int()?).ok()?;
    }
    Some(colour)
}

fn part_names(options: &TableReader) -> PartNames {
    let names = |key| {
        let nodes = options.given(key).map_or(&[][..], Node::one_or_many);
        let names = nodes.iter().filter_map(Node::text);
        names.map(str::to_string).collect()
    };
    PartNames {
        train: names("train"),
        validation: names("validation"),
        test: names("test"),
    }
}

fn table(options: &TableReader, sink: &mut ProblemSink) -> Option<ImageTable> {
    let column = |key| {
        let node = options.node(key)?;
        let number = node.int().and_then(|n| u32::try_from(n).ok());
        let name = || node.text().map(|name| Column::Name(name.to_string()));
        number.map(Column::Number).or_else(name)
    };
    let values = options.given("split_values");
    if let (Some(values), None) = (values, options.given("split_column")) {
        let title = "`split_values` without a `split_column`";
        let problem = Problem::of(ProblemCode::Missing, values, title);
        sink.report(problem.help("split_column = \"…\": the column with these values"));
        return None;
    }
    let split_values = values.map_or(PartNames::default(), |node| {
        part_names(&TableReader::new(node, &[]))
    });
    if let (Some(values), Some(twice)) = (values, split_values.repeated()) {
        let title = format!("`split_values` has \"{twice}\" twice");
        let problem = Problem::of(ProblemCode::Conflict, values, title);
        sink.report(problem.help("each value means one part"));
        return None;
    }
    Some(ImageTable {
        path_column: column("path_column")?,
        label_column: column("label_column")?,
        split_column: column("split_column"),
        split_values,
        header: options.bool("header")?,
        separator: options.text("separator").and_then(|s| s.chars().next()),
        extension: options.text("extension").map(|extension| {
            let bare = extension.trim_start_matches('.');
            format!(".{bare}")
        }),
        root: options.text("root"),
        classes: class_names(options, sink)?,
    })
}

/// Names of classes by their labels.
fn class_names(options: &TableReader, sink: &mut ProblemSink) -> Option<BTreeMap<String, String>> {
    let Some(node) = options.given("classes") else {
        return Some(BTreeMap::new());
    };
    let mut names = BTreeMap::new();
    for entry in node.entries() {
        if let Some(name) = entry.node.text().filter(|name| !name.is_empty()) {
            names.insert(entry.key.to_string(), name.to_string());
        }
    }
    if names.is_empty() || names.len() < node.entries().len() {
        let title = "`classes` is a table of names by label";
        let problem = Problem::of(ProblemCode::WrongType, node, title);
        sink.report(problem.help("classes = { 0 = \"cat\", 1 = \"dog\" }"));
        return None;
    }
    Some(names)
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
    let is_needed = source.is_of_the_user();
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
    let available = facts.train_images - facts.validation_images;
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
        SplitScheme::Folds(_) | SplitScheme::Validation(_) | SplitScheme::Given => None,
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
