//! Chooses among others.

pub(crate) mod augmix;
pub(crate) mod auto;
pub(crate) mod operations;
pub(crate) mod policy_tables;
#[cfg(test)]
mod tests;
