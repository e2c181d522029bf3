//! What links lead to, remembered for a while.

use std::time::Duration;

use belfry::domain::message::Preview;

use super::scene::Scene;
use crate::support::databases::Backend;

super::stories!(
    what_a_link_leads_to_is_remembered,
    a_link_that_leads_to_nothing_is_remembered_as_such,
    what_is_known_later_counts,
    what_is_too_old_is_not_known,
    what_is_too_old_is_forgotten_in_batches_and_the_oldest_first,
    links_of_any_length_and_characters_are_told_apart,
);

const DAY: Duration = Duration::from_secs(86_400);

async fn what_a_link_leads_to_is_remembered(scene: Scene) {
    assert_eq!(known(&scene, &["https://a.example"]).await, []);
    let full = Preview {
        description: Some("With \"quotes\", a \\ and 🔔".into()),
        image_url: Some("https://a.example/a.png".into()),
        site_name: Some("A".into()),
        ..preview("https://a.example", "One")
    };
    remember(&scene, "https://a.example", Some(&full)).await;
    remember(
        &scene,
        "https://b.example",
        Some(&preview("https://b.example", "Two")),
    )
    .await;

    let other = scene.another().await;
    assert_eq!(
        known(&other, &["https://a.example", "https://c.example"]).await,
        [("https://a.example".to_owned(), Some(full))]
    );
    assert_eq!(known(&other, &[]).await, []);
}

async fn a_link_that_leads_to_nothing_is_remembered_as_such(scene: Scene) {
    remember(&scene, "https://a.example", None).await;
    assert_eq!(
        known(&scene, &["https://a.example"]).await,
        [("https://a.example".to_owned(), None)]
    );
}

async fn what_is_known_later_counts(scene: Scene) {
    let url = "https://a.example";
    for said in [Some("One"), None, Some("Two")] {
        let said = said.map(|title| preview(url, title));
        remember(&scene, url, said.as_ref()).await;
        assert_eq!(known(&scene, &[url]).await, [(url.to_owned(), said)]);
    }
    // Being told again makes it young.
    age(&scene, 30).await;
    assert_eq!(known(&scene, &[url]).await, []);
    remember(&scene, url, None).await;
    assert_eq!(known(&scene, &[url]).await, [(url.to_owned(), None)]);
}

async fn what_is_too_old_is_not_known(scene: Scene) {
    for (url, hours) in [("https://old.example", 25), ("https://young.example", 23)] {
        remember(&scene, url, None).await;
        age(&scene, hours).await;
    }
    assert_eq!(
        known(&scene, &["https://old.example", "https://young.example"]).await,
        [("https://young.example".to_owned(), None)]
    );
    let nothing = scene
        .store
        .known_previews(&["https://young.example".into()], Duration::ZERO)
        .await;
    assert_eq!(nothing.unwrap(), []);
}

async fn what_is_too_old_is_forgotten_in_batches_and_the_oldest_first(scene: Scene) {
    let urls: Vec<String> = (0..5).map(|n| format!("https://{n}.example")).collect();
    for (n, url) in urls.iter().enumerate() {
        remember(&scene, url, None).await;
        age(&scene, 22 + n).await;
    }
    let forget = async |limit| scene.store.forget_previews(DAY, limit).await.unwrap();
    let week = 7 * DAY;
    let left = async || {
        let mut left = scene.store.known_previews(&urls, week).await.unwrap();
        left.sort_by(|(one, _), (other, _)| one.cmp(other));
        left.into_iter().map(|(url, _)| url).collect::<Vec<_>>()
    };
    assert_eq!(forget(2).await, 2);
    assert_eq!(left().await, urls[..3]);
    assert_eq!(forget(2).await, 1);
    assert_eq!(left().await, urls[..2]);
    assert_eq!(forget(2).await, 0);
}

async fn links_of_any_length_and_characters_are_told_apart(scene: Scene) {
    let long = format!("https://a.example/{}", "é".repeat(8_000));
    let longer = format!("{long}x");
    let odd = "https://a.example/?q='\"\\%_\u{1F514}";
    for url in [&long, &longer, odd] {
        remember(&scene, url, Some(&preview(url, url))).await;
    }
    for url in [&long, &longer, odd] {
        let expected = (url.to_owned(), Some(preview(url, url)));
        assert_eq!(known(&scene, &[url]).await, [expected]);
    }
}

async fn known(scene: &Scene, urls: &[&str]) -> Vec<(String, Option<Preview>)> {
    let urls: Vec<String> = urls.iter().map(|url| (*url).to_owned()).collect();
    scene.store.known_previews(&urls, DAY).await.unwrap()
}

async fn remember(scene: &Scene, url: &str, preview: Option<&Preview>) {
    scene.store.remember_preview(url, preview).await.unwrap();
}

/// Makes what was remembered within the last hour so many hours old.
async fn age(scene: &Scene, hours: usize) {
    let change = match scene.database.backend {
        Backend::Postgres => format!(
            "UPDATE link_previews SET fetched_at = now() - interval '{hours} hours' WHERE fetched_at > now() - interval '1 hour'"
        ),
        Backend::Sqlite => format!(
            "UPDATE link_previews SET fetched_at = (unixepoch() - {hours} * 3600) * 1000 WHERE fetched_at > (unixepoch() - 3600) * 1000"
        ),
    };
    scene.database.sql(change).await;
}

fn preview(url: &str, title: &str) -> Preview {
    Preview {
        url: url.into(),
        title: Some(title.into()),
        description: None,
        image_url: None,
        site_name: None,
    }
}
