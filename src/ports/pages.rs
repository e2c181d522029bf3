//! Pages of the web that somebody else has linked to: what they say of themselves, asked for with suspicion.

use async_trait::async_trait;

use crate::domain::message::Preview;

/// The way to strangers' pages.
///
/// Guarantees: `look` ends within 5 s of its turn, redirects and all; it reads at most 1 MB and follows at most 3 redirects; and no
/// connection is made but to an address that may be asked ([`NoPage::Forbidden`]), whatever names resolve to and wherever pages lead.
#[async_trait]
pub trait Pages: Send + Sync {
    /// What the page at an `http` or `https` address says of itself; the preview has the title at least.
    async fn look(&self, url: &str) -> Result<Preview, NoPage>;
}

/// Why there is no preview.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoPage {
    /// No address of the web, or one that Belfry does not ask: with a password in it, on this machine or in a private network.
    #[error("the address may not be asked")]
    Forbidden,
    /// It leads on and on.
    #[error("more than 3 redirects")]
    TooManyRedirects,
    /// Not all of it came within 5 s.
    #[error("it takes too long")]
    TooSlow,
    /// No connection, or no answer that is HTTP.
    #[error("it cannot be reached")]
    Unreachable,
    /// The answer is an error.
    #[error("its server refuses it")]
    Refused,
    /// It is something other than HTML, or compressed although nobody asked for that.
    #[error("it is no HTML")]
    NotHtml,
    /// It has no title.
    #[error("it has no title")]
    Untitled,
}
