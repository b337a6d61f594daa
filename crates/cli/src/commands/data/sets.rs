//! The image set that a `data` command works on.

use crate::context::Context;
use crate::exit::{Exit, data_failure, failure};
use crate::planning::experiment_file::read;
use crate::planning::file_args::FileArgs;
use crate::streams::say_error;
use anyhow::Result;
use convsweep_data::{ImageSet, Location};
use convsweep_plan::Plan;
use convsweep_spec::data::{
    Damaged, DataSpec, EmptyClasses, ImageLimits, Resize, ResizeMethod, Source, Split, SplitScheme,
};
use std::path::Path;

/// Height and width in pixels that images of a folder are brought to.
const THUMBNAIL: u32 = 96;

/// The plan of an unchanged experiment file.
///
/// # Errors
/// If the file cannot be read or has mistakes.
pub fn read_file(context: &Context, file: &Path) -> Result<Plan> {
    read(context, file, &FileArgs::default())
}

/// The image set of a plan's first configuration.
///
/// # Errors
/// If there is no configuration, or the set is missing or damaged.
pub fn first_set(context: &Context, plan: &Plan) -> Result<ImageSet> {
    let Some(planned) = plan.configurations.first() else {
        return Err(failure(Exit::Wrong, "the file has no configuration"));
    };
    let location = context.location(planned.data_path.as_deref(), planned.image_limits)?;
    open(location, &planned.member.resolved.data)
}

/// All images of a source, without a limit or resizing.
///
/// # Errors
/// If it is missing or damaged.
pub fn complete_set(context: &Context, source: Source) -> Result<ImageSet> {
    let split = Split::new(SplitScheme::Validation(0.2), 42);
    let spec = DataSpec::new(source, split);
    open(context.location(None, ImageLimits::default())?, &spec)
}

/// The images of a folder that no file describes, the middle of each as a small square. Those that cannot
/// be decoded, and classes without images, are counted instead of refused.
///
/// # Errors
/// If it is no folder of classes.
pub fn folder(context: &Context, path: &Path) -> Result<ImageSet> {
    let split = Split::new(SplitScheme::Validation(0.2), 42);
    let spec = DataSpec {
        resize: Some(Resize {
            height: THUMBNAIL,
            width: THUMBNAIL,
            method: ResizeMethod::Crop,
        }),
        damaged: Damaged::Skip,
        empty_classes: EmptyClasses::Drop,
        ..DataSpec::new(Source::folder(), split)
    };
    open(context.location(Some(path), ImageLimits::default())?, &spec)
}

/// Opens a set and verifies all of its images.
fn open(location: Location, spec: &DataSpec) -> Result<ImageSet> {
    let (set, note) = convsweep_data::open_whole(location, spec).map_err(data_failure)?;
    if let Some(note) = note {
        say_error(&format!("note: {note}"));
    }
    Ok(set)
}

/// A built-in source by its name.
pub fn built_in(name: &str) -> Option<Source> {
    let sources = [
        Source::Cifar10,
        Source::Cifar100,
        Source::Mnist,
        Source::FashionMnist,
        Source::Shapes(Default::default()),
    ];
    sources.into_iter().find(|source| source.name() == name)
}
