//! The layers of a model.

use super::augment::FILL;
use super::define::{field, int, integer, list, optional, required, switch, variant};
use super::norms::{MAX_CHANNELS, NORMS};
use crate::language::bounds::Bounds;
use crate::language::field::{Field, ValueKind, Variant, Variants};

/// Layers of one list at most.
const MAX_LAYERS: usize = 10_000;

static LAYER: ValueKind = ValueKind::Keyed(&LAYERS);
static BRANCH: ValueKind = layers();

/// A list of layers.
pub(super) const fn layers() -> ValueKind {
    list(&LAYER, 0, MAX_LAYERS)
}

pub(super) const INITS: &[&str] = &[
    "glorot-uniform",
    "kaiming-normal",
    "kaiming-uniform",
    "torch",
];
const ACTIVATIONS: &[&str] = &[
    "none",
    "relu",
    "leaky-relu",
    "elu",
    "gelu",
    "silu",
    "sigmoid",
    "tanh",
    "prelu",
    "relu6",
    "hard-sigmoid",
    "hard-swish",
    "mish",
    "selu",
    "softplus",
];
/// Largest kernel, stride, padding or factor.
const MAX_PIXELS: i64 = 8192;

/// Pixels, or vertical and horizontal pixels, of at least `min`.
const fn pixels(min: i64) -> ValueKind {
    ValueKind::Pair {
        min,
        max: MAX_PIXELS,
    }
}

const UNITS_OR_CLASSES: ValueKind =
    ValueKind::Either(&[integer(1, MAX_CHANNELS), ValueKind::OneOf(&["classes"])]);
const PADDING_KIND: ValueKind =
    ValueKind::Either(&[ValueKind::OneOf(&["valid", "same"]), pixels(0)]);
const DROPOUT_RATE: ValueKind = ValueKind::Float(Bounds::BELOW_ONE);

const INIT: Field = optional(
    "init",
    ValueKind::OneOf(INITS),
    "How weights are initialised. By default, as the model's `init` says.",
);
const ACTIVATION: Field = field(
    "activation",
    ValueKind::OneOf(ACTIVATIONS),
    "\"none\"",
    "Activation function that is applied at the end.",
);
const NORM: Field = field(
    "norm",
    ValueKind::Named(&NORMS),
    "\"none\"",
    "Normalisation between the convolution and the activation.",
);
const BIAS: Field = switch(
    "bias",
    "true",
    "Whether a bias is added. Before a norm it has no effect.",
);
const KERNEL: Field = required("kernel", pixels(1), "Kernel size.");
const STRIDE: Field = field(
    "stride",
    pixels(1),
    "1",
    "Step between neighbouring output positions.",
);
const PADDING: Field = field(
    "padding",
    PADDING_KIND,
    "\"valid\"",
    "Zeros around the input: \"valid\" for none, \"same\" so that only the stride changes the \
     size, or a number of pixels.",
);
const DILATION: Field = field(
    "dilation",
    pixels(1),
    "1",
    "Distance between neighbouring weights of the kernel.",
);
const GROUPS: Field = int(
    "groups",
    1,
    MAX_CHANNELS,
    "1",
    "Number of groups of channels that are convolved separately.",
);
const MULTIPLIER: Field = int(
    "multiplier",
    1,
    MAX_CHANNELS,
    "1",
    "Intermediate channels for each input channel.",
);

const fn output_channels(key: &'static str) -> Field {
    required(key, integer(1, MAX_CHANNELS), "Output channels.")
}

/// A layer of `model.layers`
pub(crate) static LAYERS: Variants = Variants {
    noun: "layer",
    default: None,
    list: &[
        variant("conv", CONV, "Two-dimensional convolution."),
        variant(
            "depthwise",
            DEPTHWISE,
            "Convolution of each channel separately.",
        ),
        variant(
            "separable",
            SEPARABLE,
            "Depthwise convolution followed by a 1×1 convolution.",
        ),
        variant(
            "transposed",
            TRANSPOSED,
            "Transposed convolution, which enlarges feature maps.",
        ),
        variant(
            "locally-connected",
            LOCALLY_CONNECTED,
            "A convolution with separate weights at each position.",
        ),
        variant("pool", POOL, "Pooling."),
        weak(
            "norm",
            &[required(
                "norm",
                ValueKind::Named(&NORMS),
                "The normalisation.",
            )],
            "Normalisation as a separate layer.",
        ),
        weak(
            "activation",
            &[required(
                "activation",
                ValueKind::OneOf(ACTIVATIONS),
                "The activation function.",
            )],
            "Activation function as a separate layer.",
        ),
        variant(
            "dropout",
            &[required(
                "dropout",
                DROPOUT_RATE,
                "Probability with which each element is set to zero.",
            )],
            "Dropout.",
        ),
        variant(
            "spatial-dropout",
            &[required(
                "spatial-dropout",
                DROPOUT_RATE,
                "Probability with which each feature map is set to zero.",
            )],
            "Dropout of whole feature maps.",
        ),
        variant(
            "drop-path",
            &[required(
                "drop-path",
                DROPOUT_RATE,
                "Probability with which the branch is dropped for an image.",
            )],
            "Stochastic depth, used as the last layer inside a residual.",
        ),
        variant(
            "flatten",
            &[required(
                "flatten",
                ValueKind::True,
                "Turns channels×height×width into one vector.",
            )],
            "Turns feature maps into a vector.",
        ),
        variant("dense", DENSE, "Fully connected layer."),
        variant(
            "upsample",
            UPSAMPLE,
            "Enlarges feature maps without weights.",
        ),
        variant(
            "squeeze-excite",
            SQUEEZE_EXCITE,
            "Squeeze-and-excitation: scales each channel by a factor computed from the means of \
             all channels.",
        ),
        variant("pad", PAD, "Adds pixels around the feature maps."),
        variant("residual", RESIDUAL, "Layers with a shortcut around them."),
        variant(
            "parallel",
            PARALLEL,
            "Branches side by side. An empty branch is the identity.",
        ),
        variant(
            "dense-block",
            DENSE_BLOCK,
            "Repeated layers; each repetition gets the outputs of all earlier ones (DenseNet).",
        ),
        variant(
            "repeat",
            REPEAT,
            "Layers repeated one after another, each time with their own weights.",
        ),
        Variant {
            key: "block",
            doc: "A block of [blocks], with values for its parameters.",
            fields: &[required("block", ValueKind::Text, "Name of the block.")],
            weak: false,
            open: true,
        },
    ],
};

/// A layer whose key is also an option of other layers.
const fn weak(key: &'static str, fields: &'static [Field], doc: &'static str) -> Variant {
    Variant {
        weak: true,
        ..variant(key, fields, doc)
    }
}

static CONV: &[Field] = &[
    required(
        "conv",
        UNITS_OR_CLASSES,
        "Output channels; \"classes\" for one per class of the data.",
    ),
    KERNEL,
    STRIDE,
    PADDING,
    DILATION,
    GROUPS,
    BIAS,
    NORM,
    ACTIVATION,
    INIT,
];

static DEPTHWISE: &[Field] = &[
    required(
        "depthwise",
        ValueKind::Either(&[integer(1, MAX_CHANNELS), ValueKind::True]),
        "Output channels for each input channel; true for one.",
    ),
    KERNEL,
    STRIDE,
    PADDING,
    DILATION,
    BIAS,
    NORM,
    ACTIVATION,
    INIT,
];

static SEPARABLE: &[Field] = &[
    output_channels("separable"),
    KERNEL,
    MULTIPLIER,
    STRIDE,
    PADDING,
    DILATION,
    BIAS,
    NORM,
    ACTIVATION,
    INIT,
];

static TRANSPOSED: &[Field] = &[
    output_channels("transposed"),
    KERNEL,
    field(
        "stride",
        pixels(1),
        "1",
        "Factor by which feature maps are enlarged.",
    ),
    field(
        "padding",
        PADDING_KIND,
        "\"valid\"",
        "Pixels cut off at each side of the full output; \"same\" cuts it to input × stride.",
    ),
    field(
        "output_padding",
        pixels(0),
        "0",
        "Rows and columns added at the bottom and at the right.",
    ),
    DILATION,
    GROUPS,
    BIAS,
    NORM,
    ACTIVATION,
    INIT,
];

static LOCALLY_CONNECTED: &[Field] = &[
    output_channels("locally-connected"),
    KERNEL,
    STRIDE,
    PADDING,
    BIAS,
    NORM,
    ACTIVATION,
    INIT,
];

static POOL: &[Field] = &[
    required(
        "pool",
        ValueKind::OneOf(&[
            "max",
            "average",
            "global-average",
            "global-max",
            "adaptive-average",
            "adaptive-max",
        ]),
        "The kind of pooling.",
    ),
    field(
        "size",
        pixels(1),
        "2",
        "Window size; for adaptive pooling, the size of the output.",
    ),
    optional(
        "stride",
        pixels(1),
        "Step between neighbouring windows. By default, the window size.",
    ),
    field(
        "padding",
        PADDING_KIND,
        "\"valid\"",
        "Padding around the input, which averages never include.",
    ),
];

static DENSE: &[Field] = &[
    required(
        "dense",
        UNITS_OR_CLASSES,
        "Number of outputs; \"classes\" for one per class of the data.",
    ),
    BIAS,
    ACTIVATION,
    INIT,
];

static UPSAMPLE: &[Field] = &[
    required(
        "upsample",
        pixels(1),
        "Factor by which feature maps are enlarged.",
    ),
    field(
        "method",
        ValueKind::OneOf(&["nearest", "bilinear"]),
        "\"nearest\"",
        "How new pixels are computed.",
    ),
];

static SQUEEZE_EXCITE: &[Field] = &[
    required(
        "squeeze-excite",
        integer(1, MAX_CHANNELS),
        "Factor by which the number of channels is reduced between the two dense layers; 16 in \
         the paper.",
    ),
    field(
        "activation",
        ValueKind::OneOf(ACTIVATIONS),
        "\"relu\"",
        "Activation function between the two dense layers.",
    ),
    field(
        "gate",
        ValueKind::OneOf(ACTIVATIONS),
        "\"sigmoid\"",
        "Activation function after the second dense layer.",
    ),
    INIT,
];

static PAD: &[Field] = &[
    required(
        "pad",
        ValueKind::Either(&[pixels(0), list(&integer(0, MAX_PIXELS), 4, 4)]),
        "Pixels at each side, as [vertical, horizontal] or as [top, bottom, left, right].",
    ),
    FILL,
];

static RESIDUAL: &[Field] = &[
    required(
        "residual",
        layers(),
        "The layers that the shortcut bypasses.",
    ),
    field(
        "shortcut",
        ValueKind::Either(&[
            ValueKind::OneOf(&["auto", "identity", "projection", "pad"]),
            layers(),
        ]),
        "\"auto\"",
        "\"identity\"; \"projection\", a 1×1 convolution with the bias and norm of the last \
         bypassed layer; \"pad\", which takes every stride-th pixel and fills new channels with \
         zeros; a list of layers; or \"auto\", the identity where shapes allow it and otherwise a \
         projection.",
    ),
];

static PARALLEL: &[Field] = &[
    required(
        "parallel",
        list(&BRANCH, 1, 1000),
        "Branches, each a list of layers.",
    ),
    field(
        "join",
        ValueKind::OneOf(&["concat", "add"]),
        "\"concat\"",
        "Whether the channels of the branches are concatenated or added.",
    ),
];

static DENSE_BLOCK: &[Field] = &[
    required("dense-block", integer(1, 1000), "Number of repetitions."),
    required(
        "growth",
        integer(1, MAX_CHANNELS),
        "Channels that each repetition adds; \"$growth\" in its layers.",
    ),
    optional(
        "layers",
        layers(),
        "Layers that compute the new channels. By default, batch norm, relu, and a 3×3 \
         convolution to \"$growth\" channels without bias.",
    ),
];

static REPEAT: &[Field] = &[
    required(
        "repeat",
        integer(0, MAX_LAYERS as i64),
        "Number of repetitions; 0 leaves the layers out.",
    ),
    required("layers", layers(), "The layers that are repeated."),
];
