//! `[data]`.

use crate::document::files::LARGEST_TEXT;
use crate::language::check::{Sink, check};
use crate::language::field::Kind;
use crate::language::reader::{Reader, named};
use crate::language::tables;
use crate::resolve::resolver::Around;
use crate::source::problem::Problem;
use crate::source::tree::{Node, Origin};
use convsweep_spec::data::{
    DataFacts, DataSpec, Resize, ResizeMethod, Shapes, Source, Split, SplitScheme,
};
use std::path::PathBuf;

/// Resolved `[data]` with the folder or file it lies in and the places that later messages need.
#[derive(Clone, Debug)]
pub(crate) struct Data {
    pub spec: DataSpec,
    pub path: Option<PathBuf>,
    pub source_at: Origin,
    limit_at: Option<Origin>,
    split_at: Origin,
}

/// Resolves `[data]`; a path of the file is relative to its folder, one of the command line to
/// where the user stands.
pub(crate) fn data(node: &Node, around: &Around, sink: &mut Sink) -> Option<Data> {
    if !check(node, &Kind::Table(tables::DATA), "data", "", sink) {
        return None;
    }
    let reader = Reader::new(node, tables::DATA);
    let source_node = reader.node("source")?;
    let source = source(&source_node)?;
    let path = path(&reader, &source, around, source_node.at, sink);
    let split_node = reader.node("split")?;
    let split_at = if split_node.at == Origin::DEFAULT {
        node.at
    } else {
        split_node.at
    };
    let split = split(&split_node, &source, around, sink);
    let resize = resize(&reader, sink);
    if let Some(channels) = reader.given("channels").filter(|n| n.int() == Some(2)) {
        let help = "1 for grey, 3 for colour";
        sink.at(
            channels,
            "`data.channels` cannot be 2".into(),
            "",
            help.into(),
        );
        return None;
    }
    let spec = DataSpec {
        source,
        split: split?,
        limit: reader.u32("limit"),
        resize: resize?,
        channels: reader.u32("channels").and_then(|c| u8::try_from(c).ok()),
        damaged: reader.choice("damaged")?,
    };
    let limit_at = reader.given("limit").map(|n| n.at);
    Some(Data {
        spec,
        path: path?,
        source_at: source_node.at,
        limit_at,
        split_at,
    })
}

fn source(node: &Node) -> Option<Source> {
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
        _ => {
            let scale = options.floats("scale")?;
            Source::Shapes(Shapes {
                train: options.u32("train")?,
                test: options.u32("test")?,
                size: options.u32("size")?,
                classes: options.u32("classes")?,
                position: options.f64("position")?,
                scale: [*scale.first()?, *scale.get(1)?],
                rotation: options.f64("rotation")?,
                color: options.f64("color")?,
                texture: options.f64("texture")?,
                noise: options.f64("noise")?,
                seed: options.u64("seed")?,
            })
        }
    })
}

/// `Some(None)` for sources without a path.
fn path(
    reader: &Reader,
    source: &Source,
    around: &Around,
    source_at: Origin,
    sink: &mut Sink,
) -> Option<Option<PathBuf>> {
    let needs = matches!(source, Source::Folder | Source::Csv { .. });
    match (reader.given("path"), source) {
        (Some(node), Source::Shapes(_)) => {
            let title = "source \"shapes\" is drawn by the program and has no path".to_string();
            sink.at(
                node,
                title,
                "nothing is read from here",
                "remove `path`".into(),
            );
            None
        }
        (None, _) if needs => {
            let title = format!("source \"{}\" needs a `path`", source.name());
            let help = "path = \"…\": the folder or file with the images, relative to this file";
            sink.push(Problem::new(source_at, title, "").help(help));
            None
        }
        (None, _) => Some(None),
        (Some(node), _) => {
            let text = node.text()?;
            if text.is_empty() || text.contains('\0') {
                sink.at(
                    node,
                    "`data.path` is no path".into(),
                    "",
                    "name a folder or file".into(),
                );
                return None;
            }
            Some(Some(around.sources.path(node.at, text)))
        }
    }
}

fn split(node: &Node, source: &Source, around: &Around, sink: &mut Sink) -> Option<Split> {
    let reader = Reader::new(node, tables::SPLIT);
    let mut ok = true;
    let schemes: Vec<_> = ["validation", "folds", "file"]
        .iter()
        .filter_map(|k| Some((k, reader.given(k)?)))
        .collect();
    if let [(first, _), (second, node), ..] = schemes[..] {
        let help = "`validation` makes one part, `folds` make k of them, `file` names the images that validate";
        sink.at(
            node,
            format!("a split has either `{first}` or `{second}`"),
            "both are given",
            help.into(),
        );
        ok = false;
    }
    if let Some(test) = reader
        .given("test")
        .filter(|_| !matches!(source, Source::Folder | Source::Csv { .. }))
    {
        let title = format!("source \"{}\" has test images of its own", source.name());
        sink.at(
            test,
            title,
            "cuts test images off",
            "remove `split.test`".into(),
        );
        ok = false;
    }
    let scheme = match (reader.u32("folds"), reader.given("file")) {
        (Some(folds), _) => SplitScheme::Folds(folds),
        (None, Some(file)) => SplitScheme::listed(&listed(file, around, sink)?),
        (None, None) => SplitScheme::Validation(reader.f64("validation")?),
    };
    let split = Split {
        scheme,
        seed: reader.u64("seed")?,
        stratify: reader.bool("stratify")?,
        test: reader.f64("test"),
    };
    ok.then_some(split)
}

/// The rows that a split's file lists.
fn listed(node: &Node, around: &Around, sink: &mut Sink) -> Option<Vec<u32>> {
    let help = "one number on each line: the rows of the training images, from 0, that validate; # begins a comment";
    let path = around.sources.path(node.at, node.text()?);
    let mut wrong = |title: String, label: String| {
        sink.at(node, title, label, help.into());
        None
    };
    let text = match (around.read)(&path, LARGEST_TEXT).map(String::from_utf8) {
        Ok(Ok(text)) => text,
        Ok(Err(_)) => return wrong("the split's file is not a text".into(), "not UTF-8".into()),
        Err(e) => {
            return wrong(
                format!("the split's file {} cannot be read", path.display()),
                e.to_string(),
            );
        }
    };
    let mut rows = Vec::new();
    for (i, line) in text.lines().enumerate() {
        let line = line.split('#').next().unwrap_or_default().trim();
        match line.parse::<u32>() {
            _ if line.is_empty() => {}
            Ok(row) if row < 1 << 28 => rows.push(row),
            _ => {
                let short: String = line.chars().take(40).collect();
                return wrong(
                    format!("line {} of the split's file is \"{short}\"", i + 1),
                    "no row of an image".into(),
                );
            }
        }
    }
    rows.sort_unstable();
    if let Some(twice) = rows.windows(2).find(|w| w[0] == w[1]) {
        return wrong(
            format!("the split's file names row {} twice", twice[0]),
            String::new(),
        );
    }
    if rows.is_empty() {
        wrong("the split's file names no rows".into(), String::new())
    } else {
        Some(rows)
    }
}

fn resize(reader: &Reader, sink: &mut Sink) -> Option<Option<Resize>> {
    match (reader.pair("size"), reader.given("resize")) {
        (Some([height, width]), _) => {
            let method = reader.choice("resize").unwrap_or(ResizeMethod::Crop);
            Some(Some(Resize {
                height,
                width,
                method,
            }))
        }
        (None, Some(node)) => {
            let help = "size = [height, width]: what images are brought to";
            sink.at(
                node,
                "`data.resize` needs a `size`".into(),
                "to which size?",
                help.into(),
            );
            None
        }
        (None, None) => Some(None),
    }
}

/// What the numbers of the image set contradict.
pub(crate) fn agrees_with_facts(data: &Data, facts: &DataFacts, sink: &mut Sink) {
    let images = data
        .spec
        .limit
        .unwrap_or(facts.train_images)
        .min(facts.train_images);
    if let (Some(limit), Some(at)) = (data.spec.limit, data.limit_at) {
        let title = format!(
            "`data.limit` is {limit}, but there are only {} training images",
            facts.train_images
        );
        if limit > facts.train_images {
            sink.push(Problem::new(at, title, "").help("leave `limit` out to take all of them"));
        }
    }
    let help = "raise the share, or the number of images";
    match &data.spec.split.scheme {
        &SplitScheme::Folds(folds) if folds > images => {
            let title = format!("{folds} folds cannot be made of {images} images");
            sink.push(Problem::new(data.split_at, title, "").help("use fewer folds"));
        }
        &SplitScheme::Validation(share) if share > 0.0 && f64::from(images) * share < 1.0 => {
            let title = format!("a validation share of {share} leaves none of {images} images");
            sink.push(Problem::new(data.split_at, title, "").help(help));
        }
        SplitScheme::Validation(0.0) => {
            let title = "without validation images nothing can be compared";
            let help = "validation = 0.2, or folds: the test images stay sealed, so they cannot be used instead";
            sink.push(Problem::new(data.split_at, title, "").help(help));
        }
        SplitScheme::Listed(rows) => {
            let rows = SplitScheme::rows(rows).unwrap_or_default();
            if let Some(row) = rows.iter().find(|row| **row >= facts.train_images) {
                let title = format!(
                    "the split names row {row}, but there are {} training images",
                    facts.train_images
                );
                sink.push(Problem::new(data.split_at, title, "").help("rows count from 0"));
            } else if rows.len() as u64 == u64::from(facts.train_images) {
                let title = "the split's file names every training image: none is left to train on";
                sink.push(
                    Problem::new(data.split_at, title, "")
                        .help("it names the images that validate"),
                );
            }
        }
        _ => {}
    }
}
