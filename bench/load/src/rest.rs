//! One keep-alive connection for GET after GET.

use std::time::Duration;

use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::fleet::Failure;
use crate::options::Common;

const ANSWER_LIMIT: Duration = Duration::from_secs(60);

/// A connection to the first server.
pub struct Rest {
    requests: SendRequest<Empty<Bytes>>,
    host: String,
    token: Option<String>,
}

impl Rest {
    /// Connects, with the token of a client if one is named.
    pub async fn connect(common: &Common, client: Option<usize>) -> Result<Rest, Failure> {
        let host = common
            .url(0)
            .trim_start_matches("http://")
            .trim_end_matches('/')
            .to_owned();
        let tcp = TcpStream::connect(&host).await?;
        tcp.set_nodelay(true)?;
        let (requests, connection) = http1::handshake(TokioIo::new(tcp)).await?;
        // It ends with the last request's sender; its error shows in the request under way.
        tokio::spawn(connection);
        let token = client.map(|client| common.token(client)).transpose()?;
        Ok(Rest {
            requests,
            host,
            token,
        })
    }

    /// The JSON that a path answers with.
    pub async fn get<T: for<'a> Deserialize<'a>>(&mut self, path: &str) -> Result<T, Failure> {
        Ok(serde_json::from_slice(&self.bytes(path).await?)?)
    }

    /// The body that a path answers with, whole.
    pub async fn bytes(&mut self, path: &str) -> Result<Bytes, Failure> {
        let mut request = Request::get(path).header("host", &self.host);
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let answer = self.requests.send_request(request.body(Empty::new())?);
        let answer = timeout(ANSWER_LIMIT, answer)
            .await
            .map_err(|_| format!("no answer to GET {path} within 60 s"))??;
        let status = answer.status();
        let body = timeout(ANSWER_LIMIT, answer.into_body().collect()).await;
        let body = body
            .map_err(|_| format!("GET {path} was not answered in full within 60 s"))??
            .to_bytes();
        if status != StatusCode::OK {
            return Err(format!("GET {path}: {status} {}", String::from_utf8_lossy(&body)).into());
        }
        Ok(body)
    }
}
