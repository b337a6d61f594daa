//! Which image set a command means.

use crate::args::FileArgs;
use crate::context::Context;
use crate::exit::{Exit, Failure, data_failure};
use anyhow::Result;
use convsweep_data::ImageSet;
use convsweep_plan::Plan;
use convsweep_spec::data::{Damaged, DataSpec, Source, Split, SplitScheme};
use std::path::Path;

/// The set of this name, if it needs no experiment file.
pub(super) fn built_in(name: &str) -> Option<Source> {
    match name {
        "cifar10" => Some(Source::Cifar10),
        "cifar100" => Some(Source::Cifar100),
        "mnist" => Some(Source::Mnist),
        "fashion-mnist" => Some(Source::FashionMnist),
        "shapes" => Some(Source::Shapes(Default::default())),
        _ => None,
    }
}

/// All images of a set as published.
pub(super) fn whole(source: Source) -> DataSpec {
    DataSpec {
        source,
        split: Split {
            scheme: SplitScheme::Validation(0.2),
            seed: 42,
            stratify: true,
            test: None,
        },
        limit: None,
        resize: None,
        channels: None,
        damaged: Damaged::Refuse,
    }
}

/// The plan of an experiment file without changes from the command line.
pub(super) fn plan_as_written(context: &Context, file: &Path) -> Result<Plan> {
    context.plan(file, &FileArgs::default())
}

/// The image set of a plan's first configuration.
pub(super) fn first_set(context: &Context, plan: &Plan) -> Result<ImageSet> {
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
