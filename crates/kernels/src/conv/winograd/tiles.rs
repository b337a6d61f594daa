//! The tiles of an image: their transformation into planes and back.

use super::planes::Planes;
use super::transform::{self, Form, four, six};
use crate::conv::epilogue::Epilogue;
use crate::conv::pool2x2::largest;
use crate::conv::shape::ConvShape;
use crate::simd::Vector;
use std::marker::PhantomData;

/// The tiles of an image.
pub(crate) struct Tiles<F> {
    form: PhantomData<F>,
    input: [usize; 2],
    /// Rows and columns of padding before the image.
    padding_before: [usize; 2],
    /// Output pixels that the epilogue uses.
    output: [usize; 2],
    /// Tiles along rows and columns.
    grid: [usize; 2],
    channels: usize,
    filters: usize,
}

impl<F: Form> Tiles<F> {
    pub(crate) fn new(shape: &ConvShape, epilogue: Epilogue) -> Self {
        let output = shape.used_output(epilogue);
        Tiles {
            form: PhantomData,
            input: shape.input,
            padding_before: [shape.padding[0][0], shape.padding[1][0]],
            output,
            grid: output.map(|n| n.div_ceil(F::OUT)),
            channels: shape.channels,
            filters: shape.filters,
        }
    }

    pub(crate) fn per_image(&self) -> usize {
        self.grid[0] * self.grid[1]
    }

    /// Images that are processed together. With few channels their planes should stay in the L2
    /// cache; with many channels the weights do not fit there anyway and should be read for many
    /// tiles together.
    pub(crate) fn images_per_block(&self) -> usize {
        let tiles = (self.channels.min(self.filters) / 2).max(36);
        (tiles / self.per_image()).max(1)
    }
}

/// Whether row `j`, column `i` of a 4×4 array is part of an output tile.
#[inline(always)]
fn is_used<F: Form>(j: usize, i: usize) -> bool {
    j.max(i) < F::OUT
}

/// The sum of the values of a row or column that are part of an output tile.
#[inline(always)]
unsafe fn used_sum<V: Vector, F: Form>(values: [V; 4]) -> V {
    let [a, b, c, d] = values;
    if F::OUT == 4 {
        a.add(b).add(c.add(d))
    } else {
        a.add(b)
    }
}

/// Position in an image of `size` pixels of row (or column) `i` of the tile that begins at `start`;
/// none outside of the image.
#[inline(always)]
fn inside(start: usize, i: usize, padding_before: usize, size: usize) -> Option<usize> {
    (start + i)
        .checked_sub(padding_before)
        .filter(|&at| at < size)
}

/// Offsets in values of a tile's six rows, and of its six columns in a row; none outside of the
/// image.
#[derive(Clone, Copy)]
struct TileWindow {
    rows: [Option<usize>; 6],
    columns: [Option<usize>; 6],
}

impl<F: Form> Tiles<F> {
    #[inline(always)]
    fn window(&self, tile: usize) -> TileWindow {
        let [h, w] = self.input;
        let (y, x) = (
            F::OUT * (tile / self.grid[1]),
            F::OUT * (tile % self.grid[1]),
        );
        TileWindow {
            rows: six!(J => {
                inside(y, J, self.padding_before[0], h).map(|row| row * w * self.channels)
            }),
            columns: six!(I => {
                inside(x, I, self.padding_before[1], w).map(|column| column * self.channels)
            }),
        }
    }

    /// Transforms the input tiles of one image. `zeros` holds a row of zeros.
    #[inline(always)]
    pub(crate) unsafe fn input<V: Vector>(&self, x: *const f32, zeros: &[f32], v: Planes) {
        for tile in 0..self.per_image() {
            let TileWindow { rows, columns } = self.window(tile);
            let rows = six!(J => rows[J].map_or(zeros.as_ptr(), |row| x.add(row)));
            for c in (0..self.channels).step_by(V::LANES) {
                let columns = six!(I => match columns[I] {
                    Some(column) => transform::input(six!(J => V::load(rows[J].add(column + c)))),
                    None => [V::splat(0.0); 6],
                });
                let to = v.address(tile, c);
                six!(J => {
                    let row = transform::input(six!(I => columns[I][J]));
                    six!(I => row[I].store(to.add((6 * J + I) * v.plane)));
                });
            }
        }
    }

    /// Transforms the gradients of one image's input tiles back and adds them to `dx`.
    #[inline(always)]
    pub(crate) unsafe fn input_gradient<V: Vector>(&self, v: Planes, dx: *mut f32) {
        for tile in 0..self.per_image() {
            let TileWindow {
                rows,
                columns: within,
            } = self.window(tile);
            for c in (0..self.channels).step_by(V::LANES) {
                let from = v.address(tile, c);
                let columns = six!(I => {
                    transform::input_transposed(six!(J => V::load(from.add((6 * J + I) * v.plane))))
                });
                six!(J => if let Some(row) = rows[J] {
                    let values = transform::input_transposed(six!(I => columns[I][J]));
                    six!(I => if let Some(column) = within[I] {
                        let to = dx.add(row + column + c);
                        V::load(to).add(values[I]).store(to);
                    });
                });
            }
        }
    }

    /// Transforms the output tiles `m` of one image back and applies the epilogue.
    #[inline(always)]
    pub(crate) unsafe fn output<V: Vector>(
        &self,
        m: Planes,
        bias: Option<&[f32]>,
        epilogue: Epilogue,
        y: *mut f32,
        argmax: *mut u8,
    ) {
        for tile in 0..self.per_image() {
            let (ty, tx) = (tile / self.grid[1], tile % self.grid[1]);
            let size =
                [self.output[0] - F::OUT * ty, self.output[1] - F::OUT * tx].map(|n| n.min(F::OUT));
            for c in (0..self.filters).step_by(V::LANES) {
                let bias = match bias {
                    Some(bias) => V::load(bias.as_ptr().add(c)),
                    None => V::splat(0.0),
                };
                let from = m.address(tile, c);
                let columns =
                    six!(I => F::output(six!(J => V::load(from.add((6 * J + I) * m.plane)))));
                let values = four!(J => {
                    let row = F::output(six!(I => columns[I][J]));
                    four!(I => row[I].add(bias))
                });
                if epilogue.pool {
                    let at = F::OUT / 2 * (ty * (self.output[1] / 2) + tx) * self.filters + c;
                    self.store_pooled::<V>(values, size, epilogue.relu, y.add(at), argmax.add(at));
                } else {
                    self.store_tile::<V>(
                        values,
                        size,
                        epilogue.relu,
                        y.add(F::OUT * (ty * self.output[1] + tx) * self.filters + c),
                    );
                }
            }
        }
    }

    /// Stores a tile, or the part of it that lies within the output.
    #[inline(always)]
    unsafe fn store_tile<V: Vector>(
        &self,
        values: [[V; 4]; 4],
        size: [usize; 2],
        relu: bool,
        y: *mut f32,
    ) {
        let values = if relu {
            four!(J => four!(I => values[J][I].relu()))
        } else {
            values
        };
        if size == [F::OUT; 2] {
            four!(J => four!(I => if is_used::<F>(J, I) {
                values[J][I].store(y.add((J * self.output[1] + I) * self.filters));
            }));
            return;
        }
        for (j, row) in values.iter().enumerate().take(size[0]) {
            for (i, &value) in row.iter().enumerate().take(size[1]) {
                value.store(y.add((j * self.output[1] + i) * self.filters));
            }
        }
    }

    /// Stores the largest value of each 2×2 block of a tile, and its index.
    #[inline(always)]
    unsafe fn store_pooled<V: Vector>(
        &self,
        values: [[V; 4]; 4],
        size: [usize; 2],
        relu: bool,
        y: *mut f32,
        argmax: *mut u8,
    ) {
        four!(K => {
            let (j, i) = (K / 2, K % 2);
            if 2 * j.max(i) < F::OUT && 2 * j < size[0] && 2 * i < size[1] {
                let [top, bottom] = [values[2 * j], values[2 * j + 1]];
                let four = [top[2 * i], top[2 * i + 1], bottom[2 * i], bottom[2 * i + 1]];
                let (best, index) = largest::<V>(four, relu);
                let at = (j * self.output[1] / 2 + i) * self.filters;
                best.store(y.add(at));
                index.store_bytes(argmax.add(at));
            }
        });
    }

    /// Transforms the output gradient of one image into `m` and adds its sum to `bias`.
    #[inline(always)]
    pub(crate) unsafe fn output_gradient<V: Vector>(
        &self,
        backward: [*const f32; 2],
        argmax: *const u8,
        epilogue: Epilogue,
        m: Planes,
        bias: &mut [f32],
    ) {
        for tile in 0..self.per_image() {
            let (ty, tx) = (tile / self.grid[1], tile % self.grid[1]);
            let size =
                [self.output[0] - F::OUT * ty, self.output[1] - F::OUT * tx].map(|n| n.min(F::OUT));
            for c in (0..self.filters).step_by(V::LANES) {
                let values = if epilogue.pool {
                    let at = F::OUT / 2 * (ty * (self.output[1] / 2) + tx) * self.filters + c;
                    self.pooled_gradient::<V>(backward[0].add(at), argmax.add(at), size)
                } else {
                    let at = F::OUT * (ty * self.output[1] + tx) * self.filters + c;
                    self.plain_gradient::<V>(
                        backward.map(|p| p.wrapping_add(at)),
                        epilogue.relu,
                        size,
                    )
                };
                let sum = used_sum::<V, F>(four!(J => used_sum::<V, F>(values[J])));
                V::load(bias.as_ptr().add(c))
                    .add(sum)
                    .store(bias.as_mut_ptr().add(c));
                let columns = four!(I => match I < F::OUT {
                    true => F::output_transposed(four!(J => values[J][I])),
                    false => [V::splat(0.0); 6],
                });
                let to = m.address(tile, c);
                six!(J => {
                    let row = F::output_transposed(four!(I => columns[I][J]));
                    six!(I => row[I].store(to.add((6 * J + I) * m.plane)));
                });
            }
        }
    }

    /// A tile of the gradient, from `[gradient, output]`; with `relu` it is zero where the output
    /// is.
    #[inline(always)]
    unsafe fn plain_gradient<V: Vector>(
        &self,
        from: [*const f32; 2],
        relu: bool,
        size: [usize; 2],
    ) -> [[V; 4]; 4] {
        if size == [F::OUT; 2] {
            let step = |j: usize, i: usize| (j * self.output[1] + i) * self.filters;
            return four!(J => four!(I => match is_used::<F>(J, I) {
                true => {
                    let g = V::load(from[0].add(step(J, I)));
                    if relu {
                        g.keep(V::load(from[1].add(step(J, I))).greater(V::splat(0.0)))
                    } else {
                        g
                    }
                }
                false => V::splat(0.0),
            }));
        }
        let mut values = [[V::splat(0.0); 4]; 4];
        for (j, row) in values.iter_mut().enumerate().take(size[0]) {
            for (i, value) in row.iter_mut().enumerate().take(size[1]) {
                let at = (j * self.output[1] + i) * self.filters;
                *value = V::load(from[0].add(at));
                if relu {
                    *value = value.keep(V::load(from[1].add(at)).greater(V::splat(0.0)));
                }
            }
        }
        values
    }

    /// A tile of the gradient before pooling, from the gradient after it.
    #[inline(always)]
    unsafe fn pooled_gradient<V: Vector>(
        &self,
        gradient: *const f32,
        argmax: *const u8,
        size: [usize; 2],
    ) -> [[V; 4]; 4] {
        let blocks = four!(K => {
            let (j, i) = (K / 2, K % 2);
            if 2 * j.max(i) < F::OUT && 2 * j < size[0] && 2 * i < size[1] {
                let at = (j * self.output[1] / 2 + i) * self.filters;
                let (g, index) = (V::load(gradient.add(at)), V::load_bytes(argmax.add(at)));
                four!(Q => g.keep(index.equal(V::splat(Q as f32))))
            } else {
                [V::splat(0.0); 4]
            }
        });
        four!(J => four!(I => blocks[J / 2 * 2 + I / 2][J % 2 * 2 + I % 2]))
    }
}
