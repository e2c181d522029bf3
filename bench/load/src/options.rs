//! The options that every scenario has, and what follows from them.

use std::num::NonZeroUsize;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clap::{Args, ValueEnum};
use jsonwebtoken::{EncodingKey, Header};
use serde::Serialize;

use crate::fleet::Failure;

/// How much the server promises, and so how much is verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Dialect {
    /// `seq` and `rev` without gaps in one order for all, history over REST.
    Belfry,
    /// Every message once; the number of stored ones from `GET /stats`.
    Peer,
    /// `seq` and `rev` as Belfry, but nothing is stored.
    Floor,
}

#[derive(Args, Clone, Debug)]
pub struct Common {
    /// A server; give it several times to spread the clients as a load balancer would.
    #[arg(long = "url", default_value = "http://127.0.0.1:3000")]
    pub urls: Vec<String>,
    #[arg(long, value_enum, default_value = "belfry")]
    pub dialect: Dialect,
    /// The HS256 secret with which each client's token is signed.
    #[arg(long, env = "JWT_SECRET", hide_env_values = true)]
    pub token_secret: String,
    /// Threads of the load generator; by default one for each core it may use.
    #[arg(long)]
    pub threads: Option<NonZeroUsize>,
    /// A server process whose CPU time and memory (its children's included) are reported; repeatable.
    #[arg(long = "pid")]
    pub pids: Vec<u32>,
    /// A store's process, reported apart from the servers; repeatable.
    #[arg(long = "store-pid")]
    pub store_pids: Vec<u32>,
}

#[derive(Serialize)]
struct Claims {
    sub: String,
    name: String,
    exp: u64,
}

impl Common {
    pub fn threads(&self) -> usize {
        self.threads
            .or_else(|| std::thread::available_parallelism().ok())
            .map_or(1, NonZeroUsize::get)
    }

    /// The server of the client with this index: each in turn.
    pub fn url(&self, client: usize) -> &str {
        &self.urls[client % self.urls.len()]
    }

    /// The clients of one thread. Those of one server are spread over all threads.
    pub fn clients_of(&self, thread: usize, clients: usize) -> impl Iterator<Item = usize> + use<> {
        let (servers, threads) = (self.urls.len(), self.threads());
        (0..clients).filter(move |client| client / servers % threads == thread)
    }

    /// A token for the user of the client with this index, good for six hours.
    pub fn token(&self, client: usize) -> Result<String, Failure> {
        let expiry = SystemTime::now().duration_since(UNIX_EPOCH)? + Duration::from_secs(6 * 3600);
        let claims = Claims {
            sub: format!("bench-{client}"),
            name: format!("user{client:05}"),
            exp: expiry.as_secs(),
        };
        let key = EncodingKey::from_secret(self.token_secret.as_bytes());
        Ok(jsonwebtoken::encode(&Header::default(), &claims, &key)?)
    }
}
