//! Names that other programs use, for suggestions.

/// Pairs of another program's name and ours. Theirs are in lower case, with underscores for dashes.
const SYNONYMS: &[(&str, &str)] = &[
    ("learning_rate", "lr"),
    ("learningrate", "lr"),
    ("kernel_size", "kernel"),
    ("strides", "stride"),
    ("filters", "conv"),
    ("conv2d", "conv"),
    ("maxpool", "pool"),
    ("max_pool", "pool"),
    ("avg", "average"),
    ("avg_pool", "average"),
    ("mean", "average"),
    ("batchnorm", "norm"),
    ("linear", "dense"),
    ("units", "dense"),
    ("batch", "batch_size"),
    ("eps", "epsilon"),
    ("dataset", "source"),
    ("type", "name"),
    ("random_crop", "crop"),
    ("horizontal_flip", "flip"),
    ("random_flip", "flip"),
    ("rotation", "rotate"),
    ("random_rotation", "rotate"),
    ("zoom", "scale"),
    ("pad", "padding"),
    ("out_channels", "conv"),
    ("out_features", "dense"),
    ("fc", "dense"),
    ("averagepool", "pool"),
    ("average_pool", "pool"),
    ("avgpool", "pool"),
    ("global_average_pool", "pool"),
    ("global_average_pooling", "pool"),
    ("global_avg_pool", "pool"),
    ("gap", "pool"),
    ("adaptive_avg_pool", "pool"),
    ("batch_norm", "norm"),
    ("bn", "norm"),
    ("relu", "activation"),
    ("gelu", "activation"),
    ("sigmoid", "activation"),
    ("act", "activation"),
    ("conv_transpose", "transposed"),
    ("deconv", "transposed"),
    ("conv2d_transpose", "transposed"),
    ("separable_conv", "separable"),
    ("depthwise_conv", "depthwise"),
    ("xavier_uniform", "glorot-uniform"),
    ("xavier", "glorot-uniform"),
    ("xavier_normal", "glorot-uniform"),
    ("he_normal", "kaiming-normal"),
    ("he_uniform", "kaiming-uniform"),
    ("he", "kaiming-normal"),
    ("color_jitter", "brightness"),
    ("colour_jitter", "brightness"),
    ("cutout", "erase"),
    ("random_erasing", "erase"),
    ("gaussian_blur", "blur"),
    ("gaussian_noise", "noise"),
    ("scheduler", "schedule"),
    ("lr_schedule", "schedule"),
    ("lr_scheduler", "schedule"),
    ("criterion", "loss"),
    ("betas", "beta1"),
    ("grad_clip", "clip_norm"),
    ("clip_grad_norm", "clip_norm"),
];

/// The known name that another program calls `name`.
pub(crate) fn meant_by<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    for (theirs, ours) in SYNONYMS {
        if *theirs == name
            && let Some(found) = known.iter().find(|k| *k == ours)
        {
            return Some(found);
        }
    }
    None
}
