//! Registers of several values, and code that is compiled for each instruction set a processor may have.

use macerator::{AutoArch, Simd, VFma, Vector, WithSimd};

/// A register of values.
pub type Lanes<S> = Vector<S, f32>;

/// Values in a register.
#[inline(always)]
pub fn lanes<S: Simd>() -> usize {
    size_of::<Lanes<S>>() / size_of::<f32>()
}

/// The register's worth of values at the front.
#[inline(always)]
pub fn load<S: Simd>(values: &[f32]) -> Lanes<S> {
    bytemuck::pod_read_unaligned(bytemuck::cast_slice(&values[..lanes::<S>()]))
}

#[inline(always)]
pub fn store<S: Simd>(values: &mut [f32], lanes_of: Lanes<S>) {
    bytemuck::cast_slice_mut(&mut values[..lanes::<S>()]).copy_from_slice(bytemuck::bytes_of(&lanes_of));
}

/// Compiles `kernel` for every instruction set and runs it with the best that the processor has.
#[inline]
pub fn vectorized<K: WithSimd>(kernel: K) -> K::Output {
    AutoArch::new().dispatch(kernel)
}

/// `a * b + c`, with a single rounding where the processor has an instruction for it.
#[inline(always)]
pub fn madd<S: Simd>(a: f32, b: f32, c: f32) -> f32 {
    if <f32 as VFma>::is_accelerated::<S>() { a.mul_add(b, c) } else { a * b + c }
}
