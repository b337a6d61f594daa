//! The image set that a `data` command works on.

use crate::context::Context;
use crate::exit::{Exit, data_failure, failure, plan_failure};
use crate::planning::experiment_file::{read, read_looking};
use crate::planning::file_args::FileArgs;
use crate::streams::say_error;
use anyhow::Result;
use convsweep_data::{ImageSet, Location};
use convsweep_plan::{Lookup, Plan, SetProblem, WeightsOf};
use convsweep_spec::data::{
    Damaged, DataFacts, DataSpec, EmptyClasses, ImageLimits, Resize, ResizeMethod, Source, Split,
    SplitScheme,
};
use std::cell::RefCell;
use std::path::{Path, PathBuf};

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

/// The image set that an experiment file asks for first, also if `plan` refuses the file. Then with
/// the reason; images that cannot be decoded and classes that cannot be learnt are left out, if the
/// set cannot be read with them.
///
/// # Errors
/// If the set is missing, or the file does not say which set it is about.
pub fn inspected_set(context: &Context, file: &Path) -> Result<(ImageSet, Option<String>)> {
    let lookup = FirstSet {
        context,
        asked: RefCell::default(),
    };
    let problems = match read_looking(&lookup, (file, &FileArgs::default()), &[])? {
        Ok(plan) => return Ok((first_set(context, &plan)?, None)),
        Err(problems) => problems,
    };
    let Some((spec, path, limits)) = lookup.asked.into_inner() else {
        return Err(plan_failure(problems));
    };
    let location = context.location(path.as_deref(), limits)?;
    let opened = open(location, &spec).or_else(|_| open(location, &lenient(spec)));
    match opened {
        Ok(set) => Ok((set, Some(problems.render(false)))),
        Err(_) => Err(plan_failure(problems)),
    }
}

/// What was asked of the first set: how it is read, from where, and within which limits.
type AskedSet = (DataSpec, Option<PathBuf>, ImageLimits);

/// Looks image sets up, and remembers the first one.
struct FirstSet<'a> {
    context: &'a Context,
    asked: RefCell<Option<AskedSet>>,
}

impl Lookup for FirstSet<'_> {
    fn facts(
        &self,
        spec: &DataSpec,
        path: Option<&Path>,
        limits: ImageLimits,
    ) -> Result<DataFacts, SetProblem> {
        let mut asked = self.asked.borrow_mut();
        asked.get_or_insert_with(|| (spec.clone(), path.map(Path::to_owned), limits));
        drop(asked);
        self.context.facts(spec, path, limits)
    }

    fn weights(&self, of: WeightsOf) -> Result<PathBuf, String> {
        self.context.weights(of)
    }
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
    let spec = lenient(DataSpec::new(Source::folder(), split));
    open(context.location(Some(path), ImageLimits::default())?, &spec)
}

/// A set as it is asked for, without what cannot be used, and in one size.
fn lenient(spec: DataSpec) -> DataSpec {
    DataSpec {
        resize: spec.resize.or(Some(Resize {
            height: THUMBNAIL,
            width: THUMBNAIL,
            method: ResizeMethod::Crop,
        })),
        damaged: Damaged::Skip,
        empty_classes: EmptyClasses::Drop,
        ..spec
    }
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
