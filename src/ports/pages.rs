//! Pages of the web that somebody else has linked to: what they say of themselves, asked for with suspicion.

use async_trait::async_trait;

use crate::domain::message::Preview;

/// The way to strangers' pages.
///
/// Guarantees: `look` ends within 5 s of its turn, redirects and all, and waits for a turn at the page's host no longer than that; it reads at most 1 MB and follows at most 3 redirects; and no
/// connection is made but to an address that may be asked ([`NoPage::Forbidden`], [`NoPage::Misled`]), whatever names resolve to and wherever pages lead.
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
    /// Its name leads to no address that may be asked; names change.
    #[error("the name leads to no address that may be asked")]
    Misled,
    /// It leads on and on.
    #[error("more than 3 redirects")]
    TooManyRedirects,
    /// Not all of it came within 5 s, or its host had no turn for so long.
    #[error("it takes too long")]
    TooSlow,
    /// No connection, or no answer that is HTTP.
    #[error("it cannot be reached")]
    Unreachable,
    /// Its server knows of no such page.
    #[error("there is no such page")]
    Absent,
    /// The answer is another error.
    #[error("its server refuses it")]
    Refused,
    /// It is something other than HTML, or compressed although nobody asked for that.
    #[error("it is no HTML")]
    NotHtml,
    /// It has no title.
    #[error("it has no title")]
    Untitled,
}

impl NoPage {
    /// Whether this says something of the page that will be so for a while; the others say what happened this time.
    pub fn is_lasting(self) -> bool {
        match self {
            Self::Forbidden
            | Self::TooManyRedirects
            | Self::Absent
            | Self::NotHtml
            | Self::Untitled => true,
            Self::Misled | Self::TooSlow | Self::Unreachable | Self::Refused => false,
        }
    }
}
