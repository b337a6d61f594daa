//! Why saved tensors cannot be used.

use thiserror::Error;

/// A saved tensor that does not fit this network.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum StateError {
    /// A tensor of the network is missing in the saved state.
    #[error("the saved state has no tensor {name:?}")]
    Missing {
        /// Its name.
        name: String,
    },
    /// A tensor has a different number of values than in the network.
    #[error("the saved tensor {name:?} has {found} values where the network has {expected}")]
    Size {
        /// Its name.
        name: String,
        /// Values in the network.
        expected: usize,
        /// Values in the saved state.
        found: usize,
    },
}

/// The tensor called `name` from what `find` has.
///
/// # Errors
/// If it is missing or has another number of values than expected.
pub(crate) fn find_checked(
    name: &str,
    expected: usize,
    find: &dyn Fn(&str) -> Option<Vec<f32>>,
) -> Result<Vec<f32>, StateError> {
    let values = find(name).ok_or_else(|| StateError::Missing { name: name.into() })?;
    if values.len() != expected {
        return Err(StateError::Size {
            name: name.into(),
            expected,
            found: values.len(),
        });
    }
    Ok(values)
}
