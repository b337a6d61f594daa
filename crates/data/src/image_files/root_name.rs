//! What is known of a set is kept under a name made from its root folder.

/// The name for an absolute root folder.
pub(super) fn root_name(root: &str) -> String {
    blake3::hash(root.as_bytes()).to_hex()[..16].to_string()
}
