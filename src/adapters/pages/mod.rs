//! Strangers' pages by HTTP. Nobody who can write a message decides where this machine connects to.

mod addresses;
mod encoding;
mod hosts;
mod html;
mod names;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use ipnet::IpNet;
use reqwest::{Client, Response, Url, header, redirect};
use tokio::{sync::Semaphore, time::timeout};

pub use self::names::Names;
use self::{
    addresses::{Bounds, Reach},
    hosts::{Hosts, Turn},
    names::{CheckedNames, Forbidden, SystemNames},
};
use super::tls;
use crate::{
    domain::message::{PageWords, Preview},
    ports::{
        BackendError,
        pages::{NoPage, Pages},
    },
};

/// How long a page may take, redirects and all.
const LOOK: Duration = Duration::from_secs(5);
/// The most bytes of a page that are read: what a preview needs stands at its beginning.
const BYTES_MAX: usize = 1_000_000;
/// Redirects that are followed.
const REDIRECTS_MAX: usize = 3;
/// Pages at once; with their bytes they take 64 MB at most.
const AT_ONCE: usize = 64;
/// Pages that are taken apart at once: with its text, one takes several times its bytes meanwhile.
const READ_AT_ONCE: usize = 4;
/// Who asks: an operator of the other side can find out and refuse.
const USER_AGENT: &str = concat!("Belfry/", env!("CARGO_PKG_VERSION"), " (link preview)");

/// Pages of the public internet, and of the networks that the operator has opened.
pub struct WebPages {
    bounds: Arc<Bounds>,
    public: Client,
    opened: Client,
    turns: Semaphore,
    hosts: Arc<Hosts>,
    reading: Arc<Semaphore>,
}

impl WebPages {
    /// Names are resolved by the system, certificates trusted as the system trusts them. Fails where TLS cannot be set up.
    pub fn new(opened: Vec<IpNet>) -> Result<Self, BackendError> {
        Self::resolving_by(Arc::new(SystemNames::default()), opened)
    }

    /// The same with another way to resolve names.
    pub fn resolving_by(names: Arc<dyn Names>, opened: Vec<IpNet>) -> Result<Self, BackendError> {
        let bounds = Arc::new(Bounds::new(opened));
        let (tls, wrong) = tls::trusting_the_system().map_err(fault)?;
        if let Some(causes) = wrong {
            tracing::warn!(
                causes,
                "the system has no certificates to trust: https pages get no previews"
            );
        }
        let client = |reach| {
            let resolver = CheckedNames {
                names: names.clone(),
                bounds: bounds.clone(),
                reach,
            };
            // A proxy would resolve names itself; and it asks for no compression, which may hide any number of bytes in a few.
            Client::builder()
                .tls_backend_preconfigured(tls.clone())
                .dns_resolver(Arc::new(resolver))
                .no_proxy()
                .redirect(redirect::Policy::none())
                .retry(reqwest::retry::never())
                .referer(false)
                .pool_max_idle_per_host(0)
                .user_agent(USER_AGENT)
                .build()
                .map_err(fault)
        };
        Ok(Self {
            public: client(Reach::Public)?,
            opened: client(Reach::Opened)?,
            bounds,
            turns: Semaphore::new(AT_ONCE),
            hosts: Arc::default(),
            reading: Arc::new(Semaphore::new(READ_AT_ONCE)),
        })
    }

    async fn fetch(&self, mut url: Url, mut turn: Turn) -> Result<PageWords, NoPage> {
        let mut redirects = 0;
        let answer = loop {
            let answer = self.ask(&url).await?;
            let Some(next) = redirect_of(&answer) else {
                break answer;
            };
            if redirects == REDIRECTS_MAX {
                return Err(NoPage::TooManyRedirects);
            }
            redirects += 1;
            let next = url.join(&next).map_err(|_| NoPage::Forbidden)?;
            if next.host_str() != url.host_str() {
                // Two that lead to each other's host must not wait for each other.
                drop((answer, turn));
                turn = self.hosts.turn(next.host_str().unwrap_or_default()).await;
            }
            url = next;
        };
        match answer.status().as_u16() {
            200..300 => {}
            404 | 410 => return Err(NoPage::Absent),
            _ => return Err(NoPage::Refused),
        }
        let media_type = html_type(&answer).ok_or(NoPage::NotHtml)?;
        let charset = encoding::charset_of(&media_type);
        let (bytes, is_broken) = beginning_of(answer).await;
        drop(turn);
        // A page of 1 MB is a few milliseconds' work, on a thread that nobody else waits for. It goes on when nobody waits any more,
        // and so keeps its permit itself.
        let permit = self.reading.clone().acquire_owned().await;
        let reading = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            read(&bytes, charset.as_deref())
        });
        let mut words = reading.await.map_err(|_| NoPage::NotHtml)?;
        if is_broken && words.title.is_none() {
            return Err(NoPage::Unreachable);
        }
        words.image_url = words
            .image_url
            .and_then(|image| self.image(&url, &image))
            .map(Into::into);
        Ok(words)
    }

    async fn ask(&self, url: &Url) -> Result<Response, NoPage> {
        let client = match self.bounds.reach_of(url).ok_or(NoPage::Forbidden)? {
            Reach::Public => &self.public,
            Reach::Opened => &self.opened,
        };
        let request = client
            .get(url.clone())
            .header(header::ACCEPT, "text/html, application/xhtml+xml");
        request.send().await.map_err(|error| {
            let error = error.without_url();
            tracing::debug!(%error, "a page cannot be reached");
            match is_forbidden(&error) {
                true => NoPage::Misled,
                false => NoPage::Unreachable,
            }
        })
    }

    /// The whole address of a picture, which the readers' browsers will ask for; none where the address itself shows that this server
    /// would not. Names are not looked up for it: what they lead to in a reader's network shows only there.
    fn image(&self, page: &Url, image: &str) -> Option<Url> {
        let image = page.join(image.trim()).ok()?;
        self.bounds.reach_of(&image).map(|_| image)
    }
}

#[async_trait]
impl Pages for WebPages {
    async fn look(&self, url: &str) -> Result<Preview, NoPage> {
        let address = Url::parse(url).map_err(|_| NoPage::Forbidden)?;
        // First the host's: whoever waits for a slow one keeps nobody else waiting.
        let host = self.hosts.turn(address.host_str().unwrap_or_default());
        let host = timeout(LOOK, host).await.map_err(|_| NoPage::TooSlow)?;
        let _turn = self.turns.acquire().await;
        let words = timeout(LOOK, self.fetch(address, host))
            .await
            .unwrap_or(Err(NoPage::TooSlow))?;
        Preview::from_page(url, words).ok_or(NoPage::Untitled)
    }
}

/// What a page of these bytes says of itself, with the `charset` of its header; any bytes will do.
pub fn read(bytes: &[u8], charset: Option<&str>) -> PageWords {
    html::words_of(&encoding::text_of(bytes, charset))
}

/// Where an answer leads instead.
fn redirect_of(answer: &Response) -> Option<String> {
    let leads_on = matches!(answer.status().as_u16(), 301 | 302 | 303 | 307 | 308);
    let place = answer.headers().get(header::LOCATION)?;
    leads_on.then(|| String::from_utf8_lossy(place.as_bytes()).into_owned())
}

/// The media type of an answer that is HTML as it stands.
fn html_type(answer: &Response) -> Option<String> {
    let is_packed = answer
        .headers()
        .get_all(header::CONTENT_ENCODING)
        .iter()
        .any(|how| !how.as_bytes().eq_ignore_ascii_case(b"identity"));
    let media_type = answer.headers().get(header::CONTENT_TYPE)?;
    let media_type = String::from_utf8_lossy(media_type.as_bytes()).into_owned();
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    let is_html = ["text/html", "application/xhtml+xml"]
        .iter()
        .any(|html| essence.eq_ignore_ascii_case(html));
    (is_html && !is_packed).then_some(media_type)
}

/// What comes of a page, up to the bound, and whether it broke off. How long it says it is makes no difference.
async fn beginning_of(mut answer: Response) -> (Vec<u8>, bool) {
    let mut bytes = Vec::new();
    loop {
        let chunk = match answer.chunk().await {
            Ok(Some(chunk)) => chunk,
            end => return (bytes, end.is_err()),
        };
        let room = BYTES_MAX - bytes.len();
        bytes.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if bytes.len() == BYTES_MAX {
            return (bytes, false);
        }
    }
}

fn is_forbidden(error: &reqwest::Error) -> bool {
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        if error.is::<Forbidden>() {
            return true;
        }
        cause = error.source();
    }
    false
}

fn fault(cause: impl ToString) -> BackendError {
    BackendError::Fault {
        backend: "link previews",
        cause: cause.to_string(),
    }
}
