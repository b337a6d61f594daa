//! `data`: fetch, inspect, preview image sets.

use crate::args::{DataCommand, FileArgs};
use crate::context::Context;
use crate::exit::{Exit, Failure, data_failure};
use crate::output::stdout::{say, say_json};
use crate::output::table::plain;
use anyhow::Result;
use convsweep_data::{ImageSet, Inspection, PartInspection};
use convsweep_plan::Plan;
use convsweep_spec::data::{Damaged, DataSpec, Source, Split, SplitScheme};
use convsweep_spec::words::thousands;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use std::path::Path;

/// Carries out one of the commands.
pub fn data(context: &Context, command: DataCommand) -> Result<Exit> {
    match command {
        DataCommand::Fetch { source } => fetch(context, &source),
        DataCommand::Inspect { target, json } => inspect(context, &target, json),
        DataCommand::Preview { file, output } => preview(context, &file, &output),
    }
}

fn fetch(context: &Context, name: &str) -> Result<Exit> {
    let source = built_in(name).filter(|source| !matches!(source, Source::Shapes(_)));
    let Some(source) = source else {
        let message =
            format!("\"{name}\" cannot be fetched: cifar10, cifar100, mnist and fashion-mnist can");
        return Err(Failure {
            exit: Exit::Wrong,
            message,
        }
        .into());
    };
    let style = ProgressStyle::with_template(
        "{bar:30} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left",
    );
    let bar =
        ProgressBar::new(0).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    let mut progress = |done: u64, total: Option<u64>| {
        bar.set_length(total.unwrap_or(done));
        bar.set_position(done);
    };
    let fetched = convsweep_data::fetch(&context.data, &source, &mut progress);
    bar.finish_and_clear();
    fetched.map_err(data_failure)?;
    say(&format!("{name} is in {}", context.data.display()))?;
    Ok(Exit::Complete)
}

fn inspect(context: &Context, target: &str, as_json: bool) -> Result<Exit> {
    let set = match built_in(target) {
        Some(source) => {
            convsweep_data::open(context.location(None), &whole(source)).map_err(data_failure)?
        }
        None => first_set(context, &context.plan(Path::new(target), &no_changes())?)?,
    };
    let found = convsweep_data::inspect(&set)?;
    if as_json {
        say_json(&as_object(&found))?
    } else {
        say(&as_text(&found))?
    }
    Ok(Exit::Complete)
}

fn preview(context: &Context, file: &Path, output: &Path) -> Result<Exit> {
    let plan = context.plan(file, &no_changes())?;
    let set = first_set(context, &plan)?;
    let mut seen = Vec::new();
    for planned in &plan.configurations {
        let augment = &planned.member.resolved.augment;
        if seen.contains(&augment) {
            continue;
        }
        let data = &planned.member.resolved.data;
        let parts = convsweep_data::split(&set, data, data.split.folds().map(|_| 0))
            .map_err(data_failure)?;
        let path = if seen.is_empty() {
            output.to_path_buf()
        } else {
            numbered(output, seen.len() + 1)
        };
        convsweep_data::preview(&set, augment, &parts, 0, &path).map_err(data_failure)?;
        say(&format!("{}  {}", path.display(), planned.member.label))?;
        seen.push(augment);
    }
    Ok(Exit::Complete)
}

fn first_set(context: &Context, plan: &Plan) -> Result<ImageSet> {
    let Some(planned) = plan.configurations.first() else {
        return Err(Failure {
            exit: Exit::Wrong,
            message: "the file has no configuration".into(),
        }
        .into());
    };
    let at = context.location(planned.data_path.as_deref());
    convsweep_data::open(at, &planned.member.resolved.data).map_err(data_failure)
}

fn built_in(name: &str) -> Option<Source> {
    match name {
        "cifar10" => Some(Source::Cifar10),
        "cifar100" => Some(Source::Cifar100),
        "mnist" => Some(Source::Mnist),
        "fashion-mnist" => Some(Source::FashionMnist),
        "shapes" => Some(Source::Shapes(Default::default())),
        _ => None,
    }
}

fn whole(source: Source) -> DataSpec {
    let split = Split {
        scheme: SplitScheme::Validation(0.2),
        seed: 42,
        stratify: true,
        test: None,
    };
    DataSpec {
        source,
        split,
        limit: None,
        resize: None,
        channels: None,
        damaged: Damaged::Refuse,
    }
}

fn no_changes() -> FileArgs {
    FileArgs::default()
}

/// `preview.png` as `preview-2.png`.
fn numbered(path: &Path, n: usize) -> std::path::PathBuf {
    let stem = path
        .file_stem()
        .map_or("preview".into(), |s| s.to_string_lossy().into_owned());
    path.with_file_name(format!("{stem}-{n}.png"))
}

fn as_text(found: &Inspection) -> String {
    let [c, h, w] = found.shape;
    let mut text = format!(
        "{c}×{h}×{w}, {} classes, content hash {}\n\n",
        found.classes.len(),
        found.hash
    );
    let rows: Vec<Vec<String>> = found
        .classes
        .iter()
        .enumerate()
        .map(|(i, class)| {
            let count = |part: &PartInspection| {
                thousands(part.per_class.get(i).copied().unwrap_or(0) as u64)
            };
            vec![class.clone(), count(&found.train), count(&found.test)]
        })
        .chain([vec![
            "all".into(),
            thousands(found.train.images as u64),
            thousands(found.test.images as u64),
        ]])
        .collect();
    text += &plain(&["class", "train", "test"], &rows);
    for (name, part) in [("train", &found.train), ("test", &found.test)] {
        let numbers = |v: &[f64]| {
            v.iter()
                .map(|x| format!("{x:.4}"))
                .collect::<Vec<_>>()
                .join(", ")
        };
        if part.images > 0 {
            text += &format!(
                "\n{name}: mean {}; std {}",
                numbers(&part.pixels.mean),
                numbers(&part.pixels.std)
            );
        }
    }
    let d = &found.duplicates;
    text += &format!(
        "\nequal images: {} within train, {} within test, {} of test in train, {} under two labels",
        d.within_train, d.within_test, d.between, d.other_label
    );
    for [image, earlier] in &d.examples {
        text += &format!("\n  {image} = {earlier}");
    }
    for skipped in &found.skipped {
        text += &format!("\nleft out: {skipped}");
    }
    text
}

fn as_object(found: &Inspection) -> serde_json::Value {
    let part = |p: &PartInspection| json!({ "images": p.images, "per_class": p.per_class, "mean": p.pixels.mean, "std": p.pixels.std });
    let d = &found.duplicates;
    json!({ "hash": found.hash, "shape": found.shape, "classes": found.classes, "train": part(&found.train), "test": part(&found.test),
            "duplicates": { "within_train": d.within_train, "within_test": d.within_test, "between": d.between, "other_label": d.other_label, "examples": d.examples },
            "skipped": found.skipped })
}
