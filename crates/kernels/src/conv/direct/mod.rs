//! The direct method: convolution by its definition, in register blocks. It supports every kernel
//! size, stride, padding, dilation and number of groups.

mod backward;
mod bordered_images;
mod conv_moments;
mod forward;
mod input_gradient;
mod packed_conv;
mod weight_sums;

pub(super) use backward::DirectBackward;
pub(super) use bordered_images::image_block;
pub(super) use forward::DirectForward;
pub(super) use input_gradient::InputGradient;
pub(super) use packed_conv::vector_channels;
