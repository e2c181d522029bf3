//! A corner of Redis of its own for each test, and a whole private server for tests that stop, freeze or empty it.

use std::{
    io::Write,
    net::TcpListener,
    process::{Child, Command, Stdio},
    time::Duration,
};

use belfry::{
    adapters::redis::{RedisParts, RedisSettings},
    domain::id::ReplicaId,
    ports::bus::Ear,
};

use super::eventually;

/// The Redis that tests share; they stay apart by prefix.
const URL: &str = "BELFRY_TEST_REDIS_URL";

/// A prefix of its own on a Redis. What was written under it is removed in the end.
pub(crate) struct Corner {
    url: String,
    prefix: String,
}

impl Corner {
    /// A corner of the shared Redis; `None`, and a line that says so, when there is none (a failure in CI).
    pub(crate) fn open() -> Option<Self> {
        match std::env::var(URL) {
            Ok(url) => Some(Self::on(url)),
            Err(_) => {
                skip(&format!("{URL} is not set"));
                None
            }
        }
    }

    fn on(url: String) -> Self {
        let prefix = format!("belfry-test:{}:", ReplicaId::fresh());
        Self { url, prefix }
    }

    /// The settings of one more replica here.
    pub(crate) fn settings(&self) -> RedisSettings {
        let mut settings = RedisSettings::new(&self.url, &self.prefix, ReplicaId::fresh());
        // A busy machine is not a story.
        settings.cache_time = Duration::from_millis(450);
        settings
    }

    /// The same of a replica that waits for Redis for longer than people would: for stories in which it does not go away.
    pub(crate) fn patient(&self) -> RedisSettings {
        let patience = Duration::from_secs(10);
        let mut settings = self.settings();
        settings.cache_time = patience;
        settings.limits_time = patience;
        settings.answer_time = patience;
        settings.queue_time = patience;
        settings.presence_time = patience;
        settings.calls_time = patience;
        settings
    }

    /// One more replica here, with the usual settings.
    pub(crate) async fn replica(&self) -> (RedisParts, Ear) {
        replica(self.settings()).await
    }

    /// One more patient replica here.
    pub(crate) async fn patient_replica(&self) -> (RedisParts, Ear) {
        replica(self.patient()).await
    }

    /// What a key is called here.
    pub(crate) fn key(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    /// A connection that knows nothing of Belfry.
    pub(crate) fn plain(&self) -> redis::Connection {
        redis::Client::open(self.url.as_str())
            .and_then(|client| client.get_connection_with_timeout(Duration::from_secs(5)))
            .expect("a connection to the Redis for tests")
    }
}

impl Drop for Corner {
    fn drop(&mut self) {
        let client = redis::Client::open(self.url.as_str());
        let connected =
            client.and_then(|client| client.get_connection_with_timeout(Duration::from_secs(1)));
        // Gone with its server, if that was a private one.
        let Ok(mut plain) = connected else { return };
        let found: redis::RedisResult<Vec<String>> = redis::cmd("KEYS")
            .arg(format!("{}*", self.prefix))
            .query(&mut plain);
        if let Ok(keys) = found
            && !keys.is_empty()
        {
            let _ = redis::cmd("UNLINK").arg(keys).exec(&mut plain);
        }
    }
}

/// A replica that is connected.
pub(crate) async fn replica(settings: RedisSettings) -> (RedisParts, Ear) {
    let (parts, ear) = RedisParts::connect(settings).expect("settings that can be right");
    eventually("the replica is connected", async || {
        use belfry::ports::bus::Bus;
        parts.bus.is_up()
    })
    .await;
    (parts, ear)
}

/// A Redis that one test has to itself. Ends with the test.
pub(crate) struct PrivateRedis {
    port: u16,
    server: Option<Child>,
    directory: tempfile::TempDir,
}

impl PrivateRedis {
    /// Starts one; `None`, and a line that says so, where `redis-server` is not installed (a failure in CI).
    pub(crate) async fn start() -> Option<Self> {
        let installed = Command::new("redis-server")
            .arg("--version")
            .stdout(Stdio::null())
            .status();
        if installed.is_err() {
            skip("redis-server is not installed");
            return None;
        }
        let port = TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| listener.local_addr())
            .expect("a free port")
            .port();
        let directory = tempfile::tempdir().expect("a temporary directory");
        let mut redis = Self {
            port,
            server: None,
            directory,
        };
        redis.restart().await;
        Some(redis)
    }

    /// A corner of it.
    pub(crate) fn corner(&self) -> Corner {
        Corner::on(format!("redis://127.0.0.1:{}", self.port))
    }

    /// Kills the server, and with it all it knew.
    pub(crate) fn kill(&mut self) {
        if let Some(mut server) = self.server.take() {
            let _ = server.kill();
            let _ = server.wait();
        }
    }

    /// Starts the server again, empty.
    pub(crate) async fn restart(&mut self) {
        self.kill();
        let server = Command::new("redis-server")
            .args(["--port", &self.port.to_string(), "--bind", "127.0.0.1"])
            .args(["--save", "", "--appendonly", "no", "--daemonize", "no"])
            .arg("--dir")
            .arg(self.directory.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("redis-server starts");
        self.server = Some(server);
        let url = format!("redis://127.0.0.1:{}", self.port);
        eventually("the private Redis answers", async || {
            redis::Client::open(url.as_str())
                .and_then(|client| client.get_connection_with_timeout(Duration::from_secs(1)))
                .and_then(|mut plain| redis::cmd("PING").query::<String>(&mut plain))
                .is_ok()
        })
        .await;
    }

    /// Stops the server's process where it stands: connections stay open and nothing is answered.
    pub(crate) fn freeze(&self) {
        self.signal("-STOP");
    }

    /// Lets a frozen server go on.
    pub(crate) fn thaw(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let server = self.server.as_ref().expect("a running server");
        let sent = Command::new("kill")
            .args([signal, &server.id().to_string()])
            .status()
            .expect("kill runs");
        assert!(sent.success(), "the server gets its signal");
    }
}

impl Drop for PrivateRedis {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Says that a test did not run, past the test runner's capture; in CI that is a failure.
fn skip(reason: &str) {
    assert!(
        std::env::var("CI").as_deref() != Ok("true"),
        "{reason}, and in CI no test is skipped"
    );
    let test = std::thread::current().name().unwrap_or("a test").to_owned();
    let line = format!("SKIPPED {test}: {reason}\n");
    let _ = std::io::stderr().write_all(line.as_bytes());
}
