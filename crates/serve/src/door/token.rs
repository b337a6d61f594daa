//! The secret that the printed link carries.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::fmt;
use subtle::ConstantTimeEq;

/// Bytes of randomness.
const BYTES: usize = 32;

/// 256 random bits, written in 43 characters of base64url.
pub(super) struct Token(String);

impl Token {
    /// A token that nobody has seen.
    pub(super) fn random() -> Result<Token, getrandom::Error> {
        let mut bytes = [0; BYTES];
        getrandom::fill(&mut bytes)?;
        Ok(Token(URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// The token as it is in a link and in a cookie.
    pub(super) fn text(&self) -> &str {
        &self.0
    }

    /// Whether `claimed` is the token. How long this takes depends on its length only.
    pub(super) fn equals(&self, claimed: &str) -> bool {
        self.0.as_bytes().ct_eq(claimed.as_bytes()).into()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Token(…)")
    }
}
