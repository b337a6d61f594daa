//! Files that are wrong, one for each kind of mistake.

use super::{SMALL, small, sweep};

/// Pairs of a name and a file.
pub fn mistakes() -> Vec<(&'static str, String)> {
    let conv = "kernel = 3";
    vec![
        ("syntax", small("epochs = 3", "epochs = = 3")),
        ("key_twice", small("epochs = 3", "epochs = 3\nepochs = 4")),
        ("unknown_section", small("[train]", "[trian]")),
        ("unknown_key", small(conv, "kernal = 3")),
        ("key_of_another_program", small(conv, "kernel_size = 3")),
        ("key_of_another_section", small("seeds = 2", "epochs = 2")),
        ("wrong_type", small("epochs = 3", "epochs = \"three\"")),
        ("out_of_range", small("epochs = 3", "epochs = 0")),
        ("fraction", small("epochs = 3", "epochs = 2.5")),
        ("nan", small("lr = 1e-3", "lr = nan")),
        ("huge", small("epochs = 3", "epochs = 99999999999999999999")),
        ("missing_key", small("epochs = 3", "")),
        ("unknown_choice", small("\"relu\"", "\"rellu\"")),
        ("unknown_layer", small("pool = \"max\"", "maxpool = 2")),
        (
            "misspelt_layer_beside_an_activation",
            small("conv = \"$width\", kernel = 3", "cnov = 8"),
        ),
        (
            "misspelt_name_of_a_source",
            small("\"cifar10\"", "{ nmae = \"cifar10\" }"),
        ),
        (
            "two_layers_in_one",
            small("{ pool = \"max\" }", "{ pool = \"max\", dropout = 0.5 }"),
        ),
        ("unknown_optimizer", small("\"adam\"", "\"adamm\"")),
        (
            "option_of_another_optimizer",
            small("lr = 1e-3", "momentum = 0.9"),
        ),
        ("undefined_parameter", small("\"$width\"", "\"$widht\"")),
        ("wrong_parameter", small("width = 16", "width = \"wide\"")),
        ("no_flatten", small("  { flatten = true },\n", "")),
        ("wrong_classes", small("\"classes\"", "7")),
        ("window_too_large", small(conv, "kernel = 40")),
        (
            "sealed_metric",
            small("seeds = 2", "metric = \"test_accuracy\""),
        ),
        (
            "margin_in_percentage_points",
            small("seeds = 2", "margin = 1"),
        ),
        ("negative_margin", small("seeds = 2", "margin = -0.005")),
        ("infinite_margin", small("seeds = 2", "margin = inf")),
        ("unsafe_name", small("\"small\"", "\"../small\"")),
        ("jobs_name", small("\"small\"", "\"Jobs\"")),
        ("seed_twice", small("seeds = 2", "seeds = [1, 2, 1]")),
        (
            "no_images",
            small("\"cifar10\"", "\"folder\"\npath = \"nowhere\""),
        ),
        ("no_path", small("\"cifar10\"", "\"folder\"")),
        (
            "limit_above_images",
            small("\"cifar10\"", "\"cifar10\"\nlimit = 60000"),
        ),
        (
            "both_splits",
            small(
                "\"cifar10\"",
                "\"cifar10\"\nsplit = { validation = 0.1, folds = 5 }",
            ),
        ),
        (
            "nesterov_alone",
            small(
                "name = \"adam\", lr = 1e-3",
                "name = \"sgd\", nesterov = true",
            ),
        ),
        (
            "weights_of_other_classes",
            small(
                "epochs = 3",
                "epochs = 3\nloss = { class_weights = [1, 2] }",
            ),
        ),
        (
            "two_kinds_of_best",
            small(
                "epochs = 3",
                "epochs = 3\ncheckpoint = \"last\"\nearly_stopping = { restore_best = true }",
            ),
        ),
        (
            "mixed_before_flipped",
            format!(
                "{SMALL}\n[augment]\nsteps = [ {{ mixup = 0.2 }}, {{ flip = \"horizontal\" }} ]"
            ),
        ),
        (
            "colours_of_grey_images",
            small("cifar10", "mnist") + "[augment]\nsteps = [ { hue = 0.1 } ]",
        ),
        (
            "two_warm_ups",
            small(
                "epochs = 3",
                "epochs = 3\nschedule = { warmup_epochs = 1, warmup_steps = 5 }",
            ),
        ),
        (
            "nothing_but_warm_up",
            small(
                "epochs = 3",
                "epochs = 3\nschedule = { name = \"cosine\", warmup_epochs = 3 }",
            ),
        ),
        (
            "milestones_fall",
            small(
                "epochs = 3",
                "epochs = 3\nschedule = { name = \"multi-step\", after_epochs = [5, 2], factor = 0.1 }",
            ),
        ),
        (
            "half_a_schedule",
            small("epochs = 3", "epochs = 3\nschedule = \"step\""),
        ),
        (
            "global_pool_with_size",
            small("pool = \"max\"", "pool = \"global-max\", size = 2"),
        ),
        (
            "channels_of_normalize",
            format!("{SMALL}\n[augment]\nnormalize = {{ mean = [0.5], std = [0.5] }}"),
        ),
        (
            "empty_scale",
            format!("{SMALL}\n[augment]\nsteps = [ {{ scale = [1.1, 0.9] }} ]"),
        ),
        (
            "phase_of_another_optimizer",
            format!("{SMALL}\n[[train.phases]]\nepochs = 1\noptimizer.momentum = 0.5"),
        ),
        (
            "option_outside_of_its_table",
            small("epochs = 3", "epochs = 3\nlr = 0.1"),
        ),
        ("key_of_no_section", format!("name = \"x\"\n{SMALL}")),
        (
            "name_of_another_program",
            small("name = \"adam\"", "type = \"adam\""),
        ),
        (
            "step_is_a_text",
            format!("{SMALL}\n[augment]\nsteps = [ \"flip\" ]"),
        ),
        (
            "option_of_another_name",
            small("kernel = 3", "kernel = 3, pad = 1"),
        ),
        (
            "layer_of_another_name",
            small("{ flatten = true }", "{ relu = true }, { flatten = true }"),
        ),
        (
            "start_of_another_name",
            small("[model]", "[model]\ninit = \"xavier_uniform\""),
        ),
        (
            "share_in_place_of_a_table",
            small("\"cifar10\"", "\"cifar10\"\nsplit = 0.2"),
        ),
        (
            "one_value_in_two_layers",
            small(
                "{ dense = \"classes\" }",
                "{ dense = 8, activation = \"$act\" }, { dense = \"classes\" }",
            )
            .replace("\"relu\"", "\"$act\"")
            .replace("width = 16", "width = 16, act = \"leaky_relu\""),
        ),
        (
            "labels_in_the_grid",
            sweep(
                "[sweep.grid]\n\"train.epochs\" = [1, 2]\nlabels.\"train.epochs\" = [\"a\", \"b\"]",
            ),
        ),
        ("seeds_in_the_grid", sweep("grid.seeds = [1, 2]")),
        ("axis_outside_of_a_grid", sweep("\"train.epochs\" = [1, 2]")),
        (
            "axis_without_its_section",
            sweep("grid.\"optimizer.lr\" = [1, 2]"),
        ),
        (
            "path_begins_another",
            sweep("grid.model = [\"base\"]\ngrid.model.parameters.width = [1]"),
        ),
        ("axis_is_no_list", sweep("grid.\"train.epochs\" = 3")),
        ("axis_nowhere", sweep("grid.\"train.epoch\" = [1, 2]")),
        (
            "axis_of_no_section",
            sweep("grid.\"experiment.seeds\" = [1, 2]"),
        ),
        (
            "axis_through_a_number",
            sweep("grid.\"train.epochs.first\" = [1, 2]"),
        ),
        (
            "axis_beyond_the_list",
            sweep("grid.\"model.layers.9.kernel\" = [1, 2]"),
        ),
        (
            "axis_parameter_unused",
            sweep("grid.\"model.parameters.widht\" = [1, 2]"),
        ),
        (
            "axis_twice",
            sweep("grid.\"train.epochs\" = [1, 2]\nzip.\"train.epochs\" = [1, 2]"),
        ),
        ("axis_without_values", sweep("grid.\"train.epochs\" = []")),
        (
            "axis_value_wrong",
            sweep("grid.\"train.batch_size\" = [32, 0]"),
        ),
        (
            "unequal_zip",
            sweep("zip.\"train.epochs\" = [1, 2]\nzip.\"train.batch_size\" = [32, 64, 128]"),
        ),
        (
            "logarithm_of_zero",
            sweep("grid.\"train.optimizer.lr\" = { from = 0, to = 1, steps = 3, scale = \"log\" }"),
        ),
        (
            "too_many_labels",
            sweep("grid.\"train.epochs\" = [1, 2]\nlabels.\"train.epochs\" = [\"a\"]"),
        ),
        (
            "labels_of_no_axis",
            sweep("grid.\"train.epochs\" = [1, 2]\nlabels.\"train.epoch\" = [\"a\", \"b\"]"),
        ),
        (
            "excludes_nothing",
            sweep("grid.\"train.epochs\" = [1, 2]\nexclude = [{ \"train.epochs\" = 3 }]"),
        ),
        (
            "excludes_all",
            sweep("grid.\"train.epochs\" = [1, 2]\nexclude = [{ \"train.epochs\" = [1, 2] }]"),
        ),
        (
            "unknown_model",
            sweep("grid.model = [\"base\", \"strided\"]"),
        ),
        (
            "too_many_jobs",
            sweep("grid.\"train.epochs\" = { from = 1, to = 9000, steps = 9000 }"),
        ),
        (
            "baseline_nowhere",
            sweep("grid.\"train.epochs\" = [1, 2]")
                .replace("seeds = 2", "baseline = { \"train.epochs\" = 3 }"),
        ),
        (
            "range_without_steps",
            sweep("grid.\"train.epochs\" = { from = 1, to = 9 }"),
        ),
        (
            "sample_of_an_unknown_kind",
            sweep("grid.\"train.epochs\" = [1, 2]\nsample = { method = \"halton\", count = 9 }"),
        ),
        ("sample_of_nothing", sweep("sample = { count = 9 }")),
        (
            "stage_beside_sweep",
            sweep("grid.\"train.epochs\" = [1, 2]\n[[stage]]\ngrid.\"train.batch_size\" = [8]"),
        ),
        (
            "two_stages_of_one_name",
            format!(
                "{SMALL}\n[[stage]]\nname = \"a\"\ngrid.\"train.epochs\" = [1]\n[[stage]]\nname = \"a\"\ngrid.\"train.batch_size\" = [8]"
            ),
        ),
        (
            "a_later_stage_does_not_fit",
            format!(
                "{SMALL}\n[[stage]]\ngrid.\"model.layers.0.stride\" = [1, 3]\n[[stage]]\ngrid.\"model.layers.1.size\" = [2, 12]"
            ),
        ),
        (
            "included_file_is_missing",
            format!("include = \"nowhere.toml\"\n{SMALL}"),
        ),
        (
            "included_by_itself",
            format!("include = \"experiment.toml\"\n{SMALL}"),
        ),
        (
            "split_file_is_missing",
            small("\"cifar10\"", "\"cifar10\"\nsplit.file = \"nowhere.txt\""),
        ),
        (
            "does_not_fit_under_some_values",
            sweep(
                "grid.\"model.parameters.width\" = [8, 16]\ngrid.\"model.layers.0.kernel\" = [3, 32, 33]",
            ),
        ),
    ]
}
