//! Identities: 64-bit hashes of what they identify, as 16 hexadecimal characters.

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id! {
    /// Identity of a job: 16 hexadecimal characters.
    JobId
}
id! {
    /// Identity of a configuration with its data (seed and fold left out): 16 hexadecimal
    /// characters.
    ConfigurationId
}
id! {
    /// Identity of a training state: 16 hexadecimal characters. Equal keys mean equal bits.
    StateKey
}
