//! The language of architectures: `[model]`, `[blocks]` and every layer.

use super::{BELOW_ONE, FILL, POSITIVE, SHARE, field, float, int, variant, weak};
use crate::language::field::{Default, Family, Field, Kind, Variant};
use crate::language::presets::NAMES;
use Default::{None, Required, Value};

/// `[model]` and `[models.NAME]`
pub(crate) static MODEL: &[Field] = &[
    field(
        "parameters",
        Kind::Any,
        None,
        "The model's own knobs, used in its layers and in blocks as \"$name\".",
    ),
    field(
        "layers",
        list(),
        None,
        "Layers from the image to the logits.",
    ),
    field(
        "preset",
        Kind::OneOf(NAMES),
        None,
        "A published architecture in place of layers; its parameters can be set.",
    ),
    field(
        "init",
        Kind::OneOf(INITS),
        Value("\"glorot-uniform\""),
        "How weights start in layers that do not say.",
    ),
];

/// `[blocks.NAME]`
pub(crate) static BLOCK: &[Field] = &[
    field(
        "parameters",
        Kind::Any,
        None,
        "The block's own knobs with their defaults, used in its layers as \"$name\"; any other name is the model's.",
    ),
    field(
        "layers",
        list(),
        Required,
        "What stands for { block = \"NAME\" }.",
    ),
];

/// Most layers of one list.
const MOST: usize = 10_000;
static LAYER: Kind = Kind::Keyed(&LAYERS);
static BRANCH: Kind = list();

const fn list() -> Kind {
    Kind::List {
        of: &LAYER,
        min: 0,
        max: MOST,
    }
}

const INITS: &[&str] = &[
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
const INIT: Field = field(
    "init",
    Kind::OneOf(INITS),
    None,
    "How weights start; default: the model's `init`.",
);
const ACTIVATION: Field = field(
    "activation",
    Kind::OneOf(ACTIVATIONS),
    Value("\"none\""),
    "Element-wise function at the end.",
);
const NORM: Field = field(
    "norm",
    Kind::Named(&NORMS),
    Value("\"none\""),
    "Normalisation between convolution and activation.",
);
const BIAS: Field = field(
    "bias",
    Kind::Bool,
    Value("true"),
    "Whether a bias is added; of no use before a norm.",
);
const SIDE: i64 = 8192;
const UNITS: i64 = 1 << 20;
const UNITS_OR_CLASSES: Kind =
    Kind::Either(&[Kind::Int { min: 1, max: UNITS }, Kind::OneOf(&["classes"])]);
const PADDINGS: Kind = Kind::Either(&[
    Kind::OneOf(&["valid", "same"]),
    Kind::Pair { min: 0, max: SIDE },
]);
const KERNEL: Field = field(
    "kernel",
    Kind::Pair { min: 1, max: SIDE },
    Required,
    "Kernel size.",
);
const STRIDE: Field = field(
    "stride",
    Kind::Pair { min: 1, max: SIDE },
    Value("1"),
    "Step between output positions.",
);
const PADDING: Field = field(
    "padding",
    PADDINGS,
    Value("\"valid\""),
    "Zeros around the input.",
);
const DILATION: Field = field(
    "dilation",
    Kind::Pair { min: 1, max: SIDE },
    Value("1"),
    "Distance between kernel taps.",
);
const GROUPS: Field = int(
    "groups",
    1,
    UNITS,
    Value("1"),
    "Groups of channels that do not see each other.",
);
const MULTIPLIER: Field = int(
    "multiplier",
    1,
    UNITS,
    Value("1"),
    "Channels in the middle for each input channel.",
);

/// A layer of `model.layers`
pub(crate) static LAYERS: Family = Family {
    what: "layer",
    default: Option::None,
    variants: &[
        variant("conv", CONV, "Two-dimensional convolution."),
        variant(
            "depthwise",
            DEPTHWISE,
            "Convolution of each channel by itself.",
        ),
        variant(
            "separable",
            SEPARABLE,
            "Depthwise convolution, then a 1×1 convolution.",
        ),
        variant(
            "transposed",
            TRANSPOSED,
            "Transposed convolution, which makes planes larger.",
        ),
        variant(
            "locally-connected",
            LOCAL,
            "A convolution with weights of its own at each position.",
        ),
        variant("pool", POOL, "Pooling."),
        weak(
            "norm",
            &[field("norm", Kind::Named(&NORMS), Required, "Which.")],
            "Normalisation as a layer of its own.",
        ),
        weak(
            "activation",
            &[field(
                "activation",
                Kind::OneOf(ACTIVATIONS),
                Required,
                "Which.",
            )],
            "Activation as a layer of its own.",
        ),
        variant(
            "dropout",
            &[field(
                "dropout",
                Kind::Float(BELOW_ONE),
                Required,
                "Probability that a number is zeroed.",
            )],
            "Dropout.",
        ),
        variant(
            "spatial-dropout",
            &[field(
                "spatial-dropout",
                Kind::Float(BELOW_ONE),
                Required,
                "Probability that a plane is zeroed.",
            )],
            "Dropout of whole planes.",
        ),
        variant(
            "drop-path",
            &[field(
                "drop-path",
                Kind::Float(BELOW_ONE),
                Required,
                "Probability that all of an image is zeroed.",
            )],
            "Stochastic depth, at the end of a residual's layers.",
        ),
        variant(
            "flatten",
            &[field(
                "flatten",
                Kind::True,
                Required,
                "channels×height×width to one vector.",
            )],
            "From planes to a vector.",
        ),
        variant("dense", DENSE, "Fully connected layer."),
        variant("upsample", UPSAMPLE, "Larger planes without weights."),
        variant(
            "squeeze-excite",
            SQUEEZE,
            "Scales each channel by what all channels' means say.",
        ),
        variant("pad", PAD, "Pixels around the planes."),
        variant("residual", RESIDUAL, "Layers with a shortcut around them."),
        variant(
            "parallel",
            PARALLEL,
            "Branches side by side; an empty one is the identity.",
        ),
        variant(
            "dense-block",
            DENSE_BLOCK,
            "Layers, so many times, each time over all that came before (DenseNet).",
        ),
        variant(
            "repeat",
            REPEAT,
            "The same layers, one time after the other, each time with weights of their own.",
        ),
        Variant {
            key: "block",
            doc: "A block of [blocks], with values for its parameters.",
            fields: &[field("block", Kind::Text, Required, "Its name.")],
            weak: false,
            free: true,
        },
    ],
};

static CONV: &[Field] = &[
    field(
        "conv",
        UNITS_OR_CLASSES,
        Required,
        "Output channels; \"classes\" for as many as the data has classes.",
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
    field(
        "depthwise",
        Kind::Either(&[Kind::Int { min: 1, max: UNITS }, Kind::True]),
        Required,
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
    int("separable", 1, UNITS, Required, "Output channels."),
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
    int("transposed", 1, UNITS, Required, "Output channels."),
    KERNEL,
    field(
        "stride",
        Kind::Pair { min: 1, max: SIDE },
        Value("1"),
        "What the size of the planes is multiplied by.",
    ),
    field(
        "padding",
        PADDINGS,
        Value("\"valid\""),
        "What is cut off from the full output at each end; \"same\" leaves input × stride.",
    ),
    field(
        "output_padding",
        Kind::Pair { min: 0, max: SIDE },
        Value("0"),
        "Rows and columns added at the bottom and right.",
    ),
    DILATION,
    GROUPS,
    BIAS,
    NORM,
    ACTIVATION,
    INIT,
];

static LOCAL: &[Field] = &[
    int("locally-connected", 1, UNITS, Required, "Output channels."),
    KERNEL,
    STRIDE,
    PADDING,
    BIAS,
    NORM,
    ACTIVATION,
    INIT,
];

const POOLS: &[&str] = &[
    "max",
    "average",
    "global-average",
    "global-max",
    "adaptive-average",
    "adaptive-max",
];
static POOL: &[Field] = &[
    field("pool", Kind::OneOf(POOLS), Required, "Which."),
    field(
        "size",
        Kind::Pair { min: 1, max: SIDE },
        Value("2"),
        "Window; of adaptive pools the size of their output.",
    ),
    field(
        "stride",
        Kind::Pair { min: 1, max: SIDE },
        None,
        "Step between windows; default: the size.",
    ),
    field(
        "padding",
        PADDINGS,
        Value("\"valid\""),
        "Around the input, never counted by an average.",
    ),
];

static DENSE: &[Field] = &[
    field(
        "dense",
        UNITS_OR_CLASSES,
        Required,
        "Outputs; \"classes\" for as many as the data has classes.",
    ),
    BIAS,
    ACTIVATION,
    INIT,
];

static UPSAMPLE: &[Field] = &[
    field(
        "upsample",
        Kind::Pair { min: 1, max: SIDE },
        Required,
        "What the size of the planes is multiplied by.",
    ),
    field(
        "method",
        Kind::OneOf(&["nearest", "bilinear"]),
        Value("\"nearest\""),
        "What lies between the pixels.",
    ),
];

static SQUEEZE: &[Field] = &[
    int(
        "squeeze-excite",
        1,
        UNITS,
        Required,
        "What the channels are divided by in the middle; 16 in the paper.",
    ),
    field(
        "activation",
        Kind::OneOf(ACTIVATIONS),
        Value("\"relu\""),
        "Between the two dense layers.",
    ),
    field(
        "gate",
        Kind::OneOf(ACTIVATIONS),
        Value("\"sigmoid\""),
        "After the second.",
    ),
    INIT,
];

static PAD: &[Field] = &[
    field(
        "pad",
        Kind::Either(&[
            Kind::Pair { min: 0, max: SIDE },
            Kind::List {
                of: &Kind::Int { min: 0, max: SIDE },
                min: 4,
                max: 4,
            },
        ]),
        Required,
        "Pixels at each side, [vertical, horizontal] or [top, bottom, left, right].",
    ),
    FILL,
];

static RESIDUAL: &[Field] = &[
    field(
        "residual",
        list(),
        Required,
        "What the shortcut goes around.",
    ),
    field(
        "shortcut",
        Kind::Either(&[
            Kind::OneOf(&["auto", "identity", "projection", "pad"]),
            list(),
        ]),
        Value("\"auto\""),
        "\"identity\"; \"projection\": a 1×1 convolution with bias and norm of the layers' last one; \"pad\": strided, zeros in new channels; layers; \"auto\": identity where it fits, else projection.",
    ),
];

static PARALLEL: &[Field] = &[
    field(
        "parallel",
        Kind::List {
            of: &BRANCH,
            min: 1,
            max: 1000,
        },
        Required,
        "Branches, each a list of layers.",
    ),
    field(
        "join",
        Kind::OneOf(&["concat", "add"]),
        Value("\"concat\""),
        "Channel after channel, or the sum.",
    ),
];

static DENSE_BLOCK: &[Field] = &[
    int("dense-block", 1, 1000, Required, "How many times."),
    int(
        "growth",
        1,
        UNITS,
        Required,
        "Channels that each time adds; \"$growth\" in its layers.",
    ),
    field(
        "layers",
        list(),
        None,
        "What makes the new channels; default: batch norm, relu, a 3×3 convolution to \"$growth\" channels without bias.",
    ),
];

static REPEAT: &[Field] = &[
    int(
        "repeat",
        0,
        MOST as i64,
        Required,
        "How many times; 0 leaves them out.",
    ),
    field("layers", list(), Required, "What is repeated."),
];

/// `norm`
pub(crate) static NORMS: Family = Family {
    what: "normalisation",
    default: Option::None,
    variants: &[
        variant("none", &[], "None."),
        variant(
            "batch",
            &[
                float(
                    "momentum",
                    SHARE,
                    "0.1",
                    "Weight of the newest batch in the running statistics.",
                ),
                EPSILON,
            ],
            "Batch normalisation.",
        ),
        variant("layer", &[EPSILON], "Each image by all its numbers."),
        variant(
            "group",
            &[
                int(
                    "groups",
                    1,
                    UNITS,
                    Value("32"),
                    "Number of groups; divides the channels.",
                ),
                EPSILON,
            ],
            "Each image by groups of channels.",
        ),
        variant(
            "instance",
            &[EPSILON],
            "Each plane of each image by itself.",
        ),
    ],
};
const EPSILON: Field = float("epsilon", POSITIVE, "1e-5", "Added to the variance.");
