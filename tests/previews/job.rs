//! The job that follows links: done once or twice, on a text that is there or was.

use std::sync::Arc;

use belfry::{
    domain::{
        error::Code,
        id::JobId,
        job::{Job, PREVIEW, PreviewLinks, Priority, Run, State},
        message::Message,
        timestamp::Timestamp,
    },
    jobs::{Handler, JobError, Running, preview::LinkPreviews},
    ports::{pages::Pages, store::Started},
};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::site::{Answer, Site, answer, html, page, pages, redirect};
use crate::{
    conformance::store::{
        asking::{edit, erase},
        lanes::Lane,
        scene::{Scene, tell, text, user},
    },
    support::databases::Backend,
};

/// Tells a story of a message in the hall with these links, on a store of its own.
async fn on_a_message<F: Future<Output = Desk>>(
    answers: impl Fn(&str) -> Answer + Send + Sync + 'static,
    story: impl FnOnce(Desk) -> F,
) {
    tell(Backend::Sqlite, async |scene| {
        scene.room("hall", &["ada"]).await;
        let message = scene.send(text("ada", "hall", "links")).await;
        let desk = Desk {
            lane: Lane::of(&scene),
            site: Site::open(answers).await,
            pages: Some(Arc::new(pages())),
            message,
            scene,
        };
        let desk = story(desk).await;
        desk.lane.end().await;
    })
    .await;
}

struct Desk {
    scene: Scene,
    lane: Lane,
    site: Site,
    pages: Option<Arc<dyn Pages>>,
    message: Arc<Message>,
}

impl Desk {
    fn handler(&self) -> LinkPreviews {
        LinkPreviews {
            pages: self.pages.clone(),
            writer: self.lane.writer.clone(),
        }
    }

    fn links(&self, paths: &[&str]) -> PreviewLinks {
        PreviewLinks {
            room_id: self.message.room_id.clone(),
            message_id: self.message.id,
            content_rev: self.message.rev,
            urls: paths.iter().map(|path| self.site.at(path)).collect(),
        }
    }

    async fn does(&self, links: PreviewLinks) -> Result<Value, JobError> {
        let stop = CancellationToken::new();
        let running = Running::new(started(&links), self.scene.store.clone(), stop);
        self.handler().run(links, &running).await
    }

    /// The message as it is now.
    async fn now(&self) -> Message {
        self.scene.history("hall").await.remove(0)
    }
}

#[tokio::test]
async fn done_twice_it_changes_what_it_changes_once() {
    on_a_message(page_of, async |desk| {
        let links = desk.links(&["/one", "/nothing", "/two", "/untitled"]);
        assert_eq!(desk.does(links.clone()).await, Ok(Value::Null));
        let once = desk.now().await;
        let titles = once.previews.iter().map(|it| it.title.as_deref().unwrap());
        assert_eq!(titles.collect::<Vec<_>>(), ["/one", "/two"]);
        assert_eq!(once.rev, 2);

        assert_eq!(desk.does(links).await, Ok(Value::Null));
        assert_eq!(desk.now().await, once);
        assert_eq!(desk.site.requests().len(), 4, "each page was asked once");
        desk
    })
    .await;
}

#[tokio::test]
async fn links_that_lead_to_nothing_change_nothing_and_are_remembered() {
    on_a_message(page_of, async |desk| {
        for _ in 0..2 {
            let links = desk.links(&["/nothing", "/untitled"]);
            assert_eq!(desk.does(links).await, Ok(Value::Null));
        }
        assert_eq!(desk.now().await, *desk.message);
        assert_eq!(desk.site.requests().len(), 2);
        desk
    })
    .await;
}

#[tokio::test]
async fn what_went_wrong_this_time_is_asked_again() {
    on_a_message(faulty, async |desk| {
        let passing = ["/500", "/503", "/429", "/403", "/broken", "/no-http"];
        let lasting = ["/404", "/410", "/image", "/untitled", "/round"];
        for _ in 0..2 {
            for paths in [&passing[..], &lasting] {
                assert_eq!(desk.does(desk.links(paths)).await, Ok(Value::Null));
            }
        }
        let asked = desk.site.requests();
        let times = |path: &str| {
            let line = format!("GET {path} HTTP");
            asked.iter().filter(|head| head.starts_with(&line)).count()
        };
        for path in passing {
            assert_eq!(times(path), 2, "{path}");
        }
        for (path, once) in lasting.into_iter().zip([1, 1, 1, 1, 4]) {
            assert_eq!(times(path), once, "{path}");
        }
        assert_eq!(desk.now().await, *desk.message);
        desk
    })
    .await;
}

/// Pages that are not to be had, each in its way.
fn faulty(path: &str) -> Answer {
    match path {
        "/image" => answer("content-type: image/png", ""),
        "/untitled" => html("<h1>A page</h1>"),
        "/round" => redirect("/round"),
        "/broken" => answer(
            "content-type: text/html\r\ncontent-length: 99",
            "<p>no title yet",
        ),
        "/no-http" => Answer::Bytes(b"SSH-2.0-OpenSSH_9\r\n".to_vec()),
        status => {
            let head = format!("HTTP/1.1 {} No\r\ncontent-length: 0\r\n\r\n", &status[1..]);
            Answer::Bytes(head.into_bytes())
        }
    }
}

#[tokio::test]
async fn a_text_that_was_edited_or_deleted_meanwhile_gets_nothing() {
    on_a_message(page_of, async |desk| {
        let links = desk.links(&["/one"]);
        for change in [
            edit("ada", &desk.message, "another text"),
            erase("ada", &desk.message),
        ] {
            desk.scene.commit_one(change).await;
            let before = desk.now().await;
            assert_eq!(desk.does(links.clone()).await, Ok(Value::Null));
            assert_eq!(desk.now().await, before);
        }
        desk
    })
    .await;
}

#[tokio::test]
async fn of_many_links_the_first_ten_are_followed() {
    on_a_message(page_of, async |desk| {
        let paths: Vec<String> = (0..30).map(|n| format!("/{n}")).collect();
        let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
        desk.does(desk.links(&paths)).await.unwrap();
        let shown = desk.now().await.previews;
        let expected = desk.links(&paths[..10]).urls;
        let urls: Vec<_> = shown.into_iter().map(|preview| preview.url).collect();
        assert_eq!(urls, expected);
        assert_eq!(desk.site.requests().len(), 10);
        desk
    })
    .await;
}

#[tokio::test]
async fn where_previews_are_off_a_job_from_before_asks_nobody() {
    on_a_message(page_of, async |mut desk| {
        desk.pages = None;
        assert_eq!(desk.does(desk.links(&["/one"])).await, Ok(Value::Null));
        assert_eq!(desk.now().await, *desk.message);
        assert!(desk.site.connections().await.is_empty());
        desk
    })
    .await;
}

#[tokio::test]
async fn while_the_store_is_away_it_is_to_be_done_again() {
    on_a_message(page_of, async |desk| {
        desk.scene.store.close().await;
        let done = desk.does(desk.links(&["/one"])).await;
        assert!(matches!(done, Err(JobError::Again(_))), "{done:?}");
        desk
    })
    .await;
}

#[tokio::test]
async fn nobody_may_ask_for_one() {
    on_a_message(page_of, async |desk| {
        let links = desk.links(&["/one"]);
        let store = &*desk.scene.store;
        let refused = desk.handler().admit(&links, &user("ada"), store).await;
        assert_eq!(refused.unwrap_err().code, Code::InvalidArgument);
        desk
    })
    .await;
}

fn page_of(path: &str) -> Answer {
    match path {
        "/nothing" => Answer::Bytes(b"HTTP/1.1 404 No\r\ncontent-length: 0\r\n\r\n".to_vec()),
        "/untitled" => html("<h1>A page</h1>"),
        _ => page(path),
    }
}

/// The job as a worker has it that has started it.
fn started(links: &PreviewLinks) -> Started {
    let (id, now) = (JobId::fresh(), Timestamp::now());
    Started {
        run: Run { job: id, fence: 1 },
        job: Job {
            id,
            kind: PREVIEW.into(),
            payload: serde_json::to_string(links).unwrap(),
            owner: None,
            priority: Priority::Low,
            state: State::Active,
            progress: 0,
            attempts: 1,
            max_attempts: 3,
            run_at: None,
            expires_at: None,
            cancel_asked: false,
            result: None,
            failures: Vec::new(),
            created_at: now,
            updated_at: now,
        },
    }
}
