//! Bilinear warps and shifted copies on the device, as `kernels::warp` and `kernels::crop` make
//! them on the host.

use burn::tensor::{Bool, Device, Int, Tensor, TensorData};
use convsweep_kernels::{Affine, BorderMode};

/// The pixels along one side between which a position lies.
struct Neighbours {
    first: Pixels,
    second: Pixels,
    /// Weight of the second, from 0 to 1: `[images, height, width]`.
    weight: Tensor<3>,
}

/// Pixels along one side.
struct Pixels {
    /// From 0 to the length of the side − 1: `[images, height, width]`.
    at: Tensor<3, Int>,
    /// Whether the image reaches so far; `None` where it is continued beyond its border.
    is_inside: Option<Tensor<3, Bool>>,
}

/// Images `[images, channels, height, width]`, each warped by its map.
pub(super) fn warped(images: Tensor<4>, maps: &[Affine], border: BorderMode) -> Tensor<4> {
    let [_, _, height, width] = images.dims();
    let device = images.device();
    let [middle_x, middle_y] = [width, height].map(|side| (side - 1) as f64 / 2.0);
    let mut numbers = [const { Vec::new() }; 6];
    for Affine { x, y, shift } in maps {
        let of_image = [
            x[0],
            x[1],
            shift[0] + middle_x,
            y[0],
            y[1],
            shift[1] + middle_y,
        ];
        for (all, number) in numbers.iter_mut().zip(of_image) {
            all.push(number as f32);
        }
    }
    let [x_by_x, x_by_y, x_shift, y_by_x, y_by_y, y_shift] =
        numbers.map(|values| by_image(values, &device));
    let across = (columns(width, &device) - middle_x as f32).expand([1, height, width]);
    let down = (rows(height, &device) - middle_y as f32).expand([1, height, width]);
    let x = x_by_x * across.clone() + x_by_y * down.clone() + x_shift;
    let y = y_by_x * across + y_by_y * down + y_shift;
    interpolated(
        images,
        neighbours(x, width, border),
        neighbours(y, height, border),
    )
}

/// Images `[images, channels, height, width]`, each of which begins so many pixels further right and
/// further down.
pub(super) fn shifted(images: Tensor<4>, offsets: &[[i64; 2]], border: BorderMode) -> Tensor<4> {
    let [count, _, height, width] = images.dims();
    let device = images.device();
    let [right, down] = [0, 1].map(|axis| {
        let values = offsets.iter().map(|offset| offset[axis] as f32);
        by_image(values.collect(), &device)
    });
    let size = [count, height, width];
    let [x, y] = [
        ((columns(width, &device) + right).expand(size), width),
        ((rows(height, &device) + down).expand(size), height),
    ]
    .map(|(at, length)| {
        // Folding a position rounds it.
        let at = shown(at, length as f64, border).round();
        pixels(at, length as f64 - 1.0, border)
    });
    gathered(&images, &x, &y)
}

/// `[images, 1, 1]`
fn by_image(values: Vec<f32>, device: &Device) -> Tensor<3> {
    let count = values.len();
    Tensor::from_data(TensorData::new(values, [count, 1, 1]), device)
}

/// Numbers of the columns: `[1, 1, width]`.
fn columns(width: usize, device: &Device) -> Tensor<3> {
    numbered(width, device).reshape([1, 1, width])
}

/// Numbers of the rows: `[1, height, 1]`.
fn rows(height: usize, device: &Device) -> Tensor<3> {
    numbered(height, device).reshape([1, height, 1])
}

fn numbered(count: usize, device: &Device) -> Tensor<1> {
    Tensor::<1, Int>::arange(0..count as i64, device).float()
}

/// The pixels around positions along a side of this length.
fn neighbours(at: Tensor<3>, length: usize, border: BorderMode) -> Neighbours {
    let last = length as f64 - 1.0;
    let at = shown(at, length as f64, border);
    let lowest = if border == BorderMode::Zero {
        -1.0
    } else {
        0.0
    };
    let first = at.clone().floor().clamp(lowest, last);
    Neighbours {
        weight: at - first.clone(),
        second: pixels(first.clone() + 1.0, last, border),
        first: pixels(first, last, border),
    }
}

/// The positions from −1 to `length` that are shown at these.
fn shown(at: Tensor<3>, length: f64, border: BorderMode) -> Tensor<3> {
    let last = length - 1.0;
    match border {
        BorderMode::Zero => at.clamp(-1.0, length),
        BorderMode::Nearest => at.clamp(0.0, last),
        BorderMode::Reflect => {
            // The mirrored image repeats every 2 · length pixels: a position is folded into one
            // period, then into one half of it.
            let periods = (at + 0.5).div_scalar(2.0 * length);
            let in_period = (periods.clone() - periods.floor()).mul_scalar(2.0 * length);
            let folded = (in_period - length as f32).abs().neg().add_scalar(length);
            (folded - 0.5).clamp(0.0, last)
        }
    }
}

/// Whole positions as pixels.
fn pixels(at: Tensor<3>, last: f64, border: BorderMode) -> Pixels {
    let is_inside = (border == BorderMode::Zero).then(|| {
        let from_first = at.clone().greater_equal_scalar(0.0);
        from_first.bool_and(at.clone().lower_equal_scalar(last))
    });
    Pixels {
        at: at.clamp(0.0, last).int(),
        is_inside,
    }
}

/// Interpolates first between rows, then between columns.
fn interpolated(images: Tensor<4>, x: Neighbours, y: Neighbours) -> Tensor<4> {
    let [down, across] = [y.weight, x.weight].map(|weight| weight.unsqueeze_dim::<4>(1));
    let column = |x: &Pixels| {
        let [upper, lower] = [&y.first, &y.second].map(|y| gathered(&images, x, y));
        upper.clone() + (lower - upper) * down.clone()
    };
    let [left, right] = [&x.first, &x.second].map(column);
    left.clone() + (right - left) * across
}

/// The values of all channels in these columns and rows, 0 outside of the image.
fn gathered(images: &Tensor<4>, x: &Pixels, y: &Pixels) -> Tensor<4> {
    let dims @ [count, channels, height, width] = images.dims();
    let plane = height * width;
    let at = y.at.clone().mul_scalar(width as i64) + x.at.clone();
    let at = at
        .reshape([count, 1, plane])
        .expand([count, channels, plane]);
    let planes = images.clone().reshape([count, channels, plane]);
    let found = planes.gather(2, at).reshape(dims);
    match (&x.is_inside, &y.is_inside) {
        (Some(in_width), Some(in_height)) => {
            let inside = in_width.clone().bool_and(in_height.clone());
            let outside = inside.bool_not().unsqueeze_dim::<4>(1).expand(dims);
            found.mask_fill(outside, 0.0)
        }
        _ => found,
    }
}
