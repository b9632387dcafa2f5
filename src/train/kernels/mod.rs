//! Convolution, batch norm and pooling of images `[N, H, W, C]` on the CPU, with their derivatives.
//!
//! Plain slices of f32 in and out. What is computed does not depend on the number of threads, to the bit.

pub mod conv;
pub mod depthwise;
mod gemm;
pub mod norm;
pub mod pool;
mod vector;

/// Computes with that many threads. To be called before anything is computed.
///
/// # Errors
/// The threads are running already, or cannot be started.
pub fn use_threads(count: usize) -> Result<(), String> {
    rayon::ThreadPoolBuilder::new().num_threads(count).build_global().map_err(|e| e.to_string())
}
