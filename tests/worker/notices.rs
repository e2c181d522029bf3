//! Who is notified of a message, and what a job that is done twice tells.

use std::sync::{Arc, Weak};

use belfry::{
    adapters::memory::{MemoryBus, MemoryNetwork},
    domain::{
        id::MessageId,
        job::EnrichMessage,
        message::Message,
        notification::{Notification, NotificationKind},
        presence::{Recipients, Signal},
        room::Visibility,
    },
    ports::{
        bus::{Bus, Ear, Heard, News, Topic},
        store::{About, NewNotification},
    },
    room::{last_seen::LastSeen, tracker::Telling},
    worker::enrich::notifications::Notices,
};
use futures_util::future::join_all;

use crate::{
    conformance::store::scene::{Scene, room, tell, text, user},
    support::databases::Backend,
};

#[tokio::test]
async fn of_several_reasons_the_first_counts() {
    tell(Backend::Sqlite, |scene: Scene| async move {
        scene.room("hall", &["ada", "ben", "cy"]).await;
        let pair = scene.new_room("ada", "pair", Visibility::Direct);
        scene.store.direct_room(&pair, &user("ben")).await.unwrap();
        let (notices, _heard) = notices(&scene).await;
        let due = async |message: &Message, answers: Option<MessageId>, mentions: &[&str]| {
            let mut job = job_of(message);
            job.reply_to = answers;
            let mentions: Vec<_> = mentions.iter().map(|name| user(name)).collect();
            let due = notices.due(&job, &mentions).await.unwrap();
            due.iter().map(reason).collect::<Vec<_>>()
        };
        let bens = scene.send(text("ben", "hall", "first")).await;
        let adas = scene.send(text("ada", "hall", "second")).await;
        let mention = |name: &str| (name.to_owned(), NotificationKind::Mention);
        let reply = |name: &str| (name.to_owned(), NotificationKind::Reply);
        let direct = |name: &str| (name.to_owned(), NotificationKind::Direct);

        assert_eq!(due(&adas, None, &[]).await, []);
        assert_eq!(due(&adas, Some(bens.id), &[]).await, [reply("ben")]);
        assert_eq!(
            due(&adas, Some(adas.id), &["ada"]).await,
            [],
            "never the author"
        );
        assert_eq!(due(&adas, Some(MessageId::fresh()), &[]).await, []);
        let all = due(&adas, Some(bens.id), &["cy", "ada", "ben"]).await;
        assert_eq!(all, [mention("cy"), mention("ben")]);

        let hers = scene.send(text("ada", "pair", "psst")).await;
        let his = scene.send(text("ben", "pair", "what?")).await;
        assert_eq!(due(&hers, None, &[]).await, [direct("ben")]);
        assert_eq!(due(&his, None, &[]).await, [direct("ada")]);
        assert_eq!(due(&his, Some(hers.id), &[]).await, [reply("ada")]);
        assert_eq!(due(&his, Some(hers.id), &["ada"]).await, [mention("ada")]);

        let of_the_version_before = EnrichMessage {
            user_id: None,
            ..job_of(&hers)
        };
        let due = notices.due(&of_the_version_before, &[user("ben")]).await;
        assert_eq!(due.unwrap(), []);
    })
    .await;
}

#[tokio::test]
async fn a_job_that_is_done_twice_tells_once() {
    tell(Backend::Sqlite, |scene: Scene| async move {
        scene.room("hall", &["ada", "ben", "cy"]).await;
        let (notices, mut heard) = notices(&scene).await;
        let mut jobs = Vec::new();
        for n in 0..40 {
            let message = scene
                .send(text("ada", "hall", &format!("@ben @cy {n}")))
                .await;
            jobs.push(job_of(&message));
        }
        let mentions = [user("ben"), user("cy")];
        // Each three times, two of them at once; then once more by another worker, which has nothing left to tell.
        let twice = jobs.iter().chain(&jobs).map(async |job| {
            let due = notices.due(job, &mentions).await.unwrap();
            notices.keep(due).await.unwrap();
        });
        join_all(twice).await;
        let other = Notices::start(scene.store.clone(), telling(&heard.network));
        for job in &jobs {
            let due = other.due(job, &mentions).await.unwrap();
            other.keep(due).await.unwrap();
        }

        let mut told: Vec<(String, Notification)> = Vec::new();
        while let Ok(news) = heard.ear.try_recv() {
            let Heard::News(News::Signals(signals)) = news else {
                panic!("not told: {news:?}");
            };
            told.extend(signals.into_iter().map(personal));
        }
        assert_eq!(told.len(), 80);
        for name in ["ben", "cy"] {
            let page = scene
                .store
                .notifications(&user(name), None, 100)
                .await
                .unwrap();
            let mut own: Vec<_> = told
                .iter()
                .filter(|it| it.0 == name)
                .map(|it| &it.1)
                .collect();
            own.sort_by_key(|it| std::cmp::Reverse(it.id));
            assert_eq!(page.notifications.iter().collect::<Vec<_>>(), own);
            assert_eq!(page.unread, 40);
        }
    })
    .await;
}

/// Another replica, which hears of what concerns people.
struct Hearing {
    network: Arc<MemoryNetwork>,
    ear: Ear,
    _bus: MemoryBus,
}

async fn notices(scene: &Scene) -> (Arc<Notices>, Hearing) {
    let network = Arc::new(MemoryNetwork::default());
    let (bus, ear) = MemoryBus::attach(&network, 1_000);
    bus.subscribe(Topic::People).await;
    let notices = Notices::start(scene.store.clone(), telling(&network));
    let hearing = Hearing {
        network,
        ear,
        _bus: bus,
    };
    (notices, hearing)
}

fn telling(network: &Arc<MemoryNetwork>) -> Telling {
    let (bus, _ear) = MemoryBus::attach(network, 16);
    Telling {
        hubs: Weak::new(),
        bus: Arc::new(bus),
        last_seen: LastSeen::new().0,
    }
}

/// The job of a message as it was sent.
fn job_of(message: &Message) -> EnrichMessage {
    EnrichMessage {
        room_id: message.room_id.clone(),
        message_id: message.id,
        content_rev: message.rev,
        content: message.content.clone(),
        seq: Some(message.seq),
        user_id: Some(message.user_id.clone()),
        reply_to: message.reply_to,
        trace: None,
    }
}

fn reason(new: &NewNotification) -> (String, NotificationKind) {
    match &new.about {
        About::Message { kind, room_id, .. } => {
            assert!([room("hall"), room("pair")].contains(room_id));
            (new.user_id.to_string(), *kind)
        }
        other => panic!("{other:?}"),
    }
}

fn personal(signal: Signal) -> (String, Notification) {
    match signal {
        Signal::Custom {
            to: Recipients::User(user),
            event,
            data,
        } if event == "notification" => (user.to_string(), serde_json::from_str(&data).unwrap()),
        other => panic!("{other:?}"),
    }
}
