//! Accounts: who somebody is, their name and password, and when they were last seen.

use std::collections::{HashMap, HashSet};

use belfry::{
    domain::{
        account::{Account, USERNAME_MAX, username_key},
        timestamp::Timestamp,
    },
    ports::store::{AccountQuery, NewAccount},
};
use futures_util::future::join_all;

use super::scene::{Scene, user};

super::stories!(
    somebody_is_given_an_account_once,
    a_taken_name_gets_a_suffix,
    a_long_name_has_room_for_its_suffix,
    many_at_once_with_one_id_are_one,
    many_at_once_with_one_name_are_told_apart,
    those_who_exist_are_found,
    a_registered_name_is_taken_without_case,
    of_many_who_register_a_name_at_once_one_gets_it,
    a_registration_asked_for_again_finds_its_own,
    a_password_is_found_by_name,
    a_display_name_is_set_and_taken_away,
    people_are_found_by_what_their_names_hold,
    people_are_listed_page_by_page,
    when_somebody_was_last_seen_never_moves_back,
    many_note_who_was_seen_at_once,
);

async fn somebody_is_given_an_account_once(scene: Scene) {
    let first = scene.store.first_sight(&user("u-1"), "Ada").await.unwrap();
    let again = scene
        .store
        .first_sight(&user("u-1"), "Countess")
        .await
        .unwrap();
    assert_eq!(
        (&first.id, &*first.username, &first.display_name),
        (&user("u-1"), "Ada", &None)
    );
    assert_eq!(again, first);
}

async fn a_taken_name_gets_a_suffix(scene: Scene) {
    let names = ["ada", "ADA", "Ada", "ben", "Ágnes", "ágnes"];
    let mut given = Vec::new();
    for (n, name) in names.iter().enumerate() {
        let account = scene
            .store
            .first_sight(&user(&format!("u-{n}")), name)
            .await
            .unwrap();
        given.push(account.username.to_string());
    }
    assert_eq!(given, ["ada", "ADA-2", "Ada-3", "ben", "Ágnes", "ágnes-2"]);
}

async fn a_long_name_has_room_for_its_suffix(scene: Scene) {
    let long = "ü".repeat(USERNAME_MAX);
    let mut keys = HashSet::new();
    for n in 0..20 {
        let account = scene
            .store
            .first_sight(&user(&format!("u-{n}")), &long)
            .await
            .unwrap();
        assert!(account.username.chars().count() <= USERNAME_MAX);
        assert!(keys.insert(username_key(&account.username)));
    }
}

async fn many_at_once_with_one_id_are_one(scene: Scene) {
    let other = scene.another().await;
    let seen = join_all((0..32).map(|n| {
        let store = [&scene, &other][n % 2].store.clone();
        tokio::spawn(async move { store.first_sight(&user("u-1"), &format!("ada{n}")).await })
    }));
    let seen: HashSet<_> = seen
        .await
        .into_iter()
        .map(|it| name_of(&it.unwrap().unwrap()))
        .collect();
    assert_eq!(seen.len(), 1);
}

async fn many_at_once_with_one_name_are_told_apart(scene: Scene) {
    let other = scene.another().await;
    let seen = join_all((0..24).map(|n| {
        let store = [&scene, &other][n % 2].store.clone();
        tokio::spawn(async move { store.first_sight(&user(&format!("u-{n}")), "guest").await })
    }));
    let seen: HashSet<_> = seen
        .await
        .into_iter()
        .map(|it| name_of(&it.unwrap().unwrap()))
        .collect();
    assert_eq!(seen.len(), 24);
    assert!(seen.iter().all(|name| name.starts_with("guest")));
}

async fn those_who_exist_are_found(scene: Scene) {
    scene.people(&["ada", "ben", "it's \"me\""]).await;
    let asked = ["ada", "it's \"me\"", "nobody"].map(user);
    let found = scene.store.accounts(&asked).await.unwrap();
    let found: HashSet<_> = found.iter().map(name_of).collect();
    assert_eq!(found, HashSet::from(["ada".into(), "it's \"me\"".into()]));
    assert!(scene.store.accounts(&[]).await.unwrap().is_empty());
}

async fn a_registered_name_is_taken_without_case(scene: Scene) {
    scene.people(&["ben"]).await;

    let ada = scene.store.register(&wish("u-1", "Ágnes")).await.unwrap();

    let ada = ada.expect("the name was free");
    assert_eq!((&ada.id, &*ada.username), (&user("u-1"), "Ágnes"));
    assert_eq!(scene.store.accounts(&[user("u-1")]).await.unwrap(), [ada]);
    for (id, name) in [("u-2", "ágnes"), ("u-3", "BEN"), ("u-1", "dora")] {
        let made = scene.store.register(&wish(id, name)).await.unwrap();
        assert_eq!(made, None, "{name}");
    }
    // Who is seen for the first time gets another name, as ever.
    let twin = scene.store.first_sight(&user("u-4"), "ágnes").await;
    assert_eq!(&*twin.unwrap().username, "ágnes-2");
}

async fn of_many_who_register_a_name_at_once_one_gets_it(scene: Scene) {
    let other = scene.another().await;
    let made = join_all((0..24).map(|n| {
        let store = [&scene, &other][n % 2].store.clone();
        let name = ["Ada", "ADA", "ada"][n % 3];
        tokio::spawn(async move { store.register(&wish(&format!("u-{n}"), name)).await })
    }));
    let made = made.await.into_iter().filter_map(|it| it.unwrap().unwrap());
    let made: Vec<_> = made.collect();
    assert_eq!(made.len(), 1);
    let (account, _) = scene.store.password("ada").await.unwrap().unwrap();
    assert_eq!(account, made[0]);
}

async fn a_registration_asked_for_again_finds_its_own(scene: Scene) {
    let wished = wish("u-1", "Ada");
    let first = scene.store.register(&wished).await.unwrap();
    assert_eq!(scene.store.register(&wished).await.unwrap(), first);
    let another = NewAccount {
        password: "$argon2id$another".into(),
        ..wished
    };
    assert_eq!(scene.store.register(&another).await.unwrap(), None);
}

async fn a_password_is_found_by_name(scene: Scene) {
    scene.people(&["guest"]).await;
    scene.store.register(&wish("u-1", "Ágnes")).await.unwrap();

    let found = scene.store.password("ágnes").await.unwrap();

    let (account, password) = found.expect("a password");
    assert_eq!(account.id, user("u-1"));
    assert_eq!(password, "$argon2id$u-1");
    for name in ["guest", "nobody", "Ágnes", ""] {
        assert_eq!(scene.store.password(name).await.unwrap(), None, "{name}");
    }
}

async fn a_display_name_is_set_and_taken_away(scene: Scene) {
    scene.people(&["ada"]).await;
    let ada = [user("ada")];
    let set = async |name| {
        let set = scene.store.set_display_name(&ada[0], name).await;
        set.unwrap().expect("an account")
    };

    let named = set(Some("Ada Lovelace 🔔")).await;
    assert_eq!(named.display_name.as_deref(), Some("Ada Lovelace 🔔"));
    assert_eq!(scene.store.accounts(&ada).await.unwrap(), [named]);
    let unnamed = set(None).await;
    assert_eq!(unnamed.display_name, None);
    assert_eq!(scene.store.accounts(&ada).await.unwrap(), [unnamed]);
    let nobody = user("nobody");
    let nobody = scene.store.set_display_name(&nobody, Some("No")).await;
    assert_eq!(nobody.unwrap(), None);
}

async fn people_are_found_by_what_their_names_hold(scene: Scene) {
    scene
        .people(&["Ada", "adam", "Ágnes", "ben_1", "ben%2", "cy"])
        .await;
    scene
        .store
        .set_display_name(&user("cy"), Some("ÁGNES Adams"))
        .await
        .unwrap();
    let found = async |text: &str| names(&scene, Some(text), None, 100).await;

    assert_eq!(found("ada").await, ["Ada", "adam", "cy"]);
    assert_eq!(found("ADAM").await, ["adam", "cy"]);
    assert_eq!(found("áGNES").await, ["cy", "Ágnes"]);
    assert_eq!(found("_").await, ["ben_1"]);
    assert_eq!(found("%").await, ["ben%2"]);
    assert_eq!(found("").await.len(), 6);
    assert!(found("nobody").await.is_empty());
    scene
        .store
        .set_display_name(&user("cy"), None)
        .await
        .unwrap();
    assert_eq!(found("ada").await, ["Ada", "adam"]);
}

async fn people_are_listed_page_by_page(scene: Scene) {
    scene.people(&["Cy", "ada", "ben", "Dora", "Eve"]).await;
    assert_eq!(names(&scene, None, None, 2).await, ["ada", "ben"]);
    assert_eq!(names(&scene, None, Some("ben"), 2).await, ["Cy", "Dora"]);
    assert_eq!(names(&scene, None, Some("dora"), 2).await, ["Eve"]);
    assert_eq!(names(&scene, Some("a"), Some("ada"), 9).await, ["Dora"]);
    assert!(names(&scene, None, None, 0).await.is_empty());
}

async fn when_somebody_was_last_seen_never_moves_back(scene: Scene) {
    scene.people(&["ada", "ben", "cy"]).await;
    let note = async |seen: &[(&str, i64)]| {
        let seen: Vec<_> = seen.iter().map(|(id, at)| (user(id), time(*at))).collect();
        scene.store.note_last_seen(&seen).await.unwrap();
    };

    note(&[]).await;
    note(&[("ada", 2_000), ("nobody", 3_000), ("ben", 5_000)]).await;
    note(&[("ada", 1_000), ("ben", 7_000), ("ben", 6_000)]).await;

    assert_eq!(
        last_seen(&scene, &["ada", "ben", "cy", "nobody"]).await,
        HashMap::from([("ada".into(), time(2_000)), ("ben".into(), time(7_000))])
    );
    assert!(last_seen(&scene, &[]).await.is_empty());
}

async fn many_note_who_was_seen_at_once(scene: Scene) {
    let ids: Vec<_> = (0..40).map(|n| format!("u-{n}")).collect();
    let ids: Vec<_> = ids.iter().map(String::as_str).collect();
    scene.people(&ids).await;
    let other = scene.another().await;

    let notes = join_all((0..16_usize).map(|n| {
        let store = [&scene, &other][n % 2].store.clone();
        let mut seen: Vec<_> = ids.iter().map(|id| (user(id), time(n as i64))).collect();
        seen.rotate_left(n * 7 % ids.len());
        tokio::spawn(async move { store.note_last_seen(&seen).await })
    }));

    notes.await.into_iter().for_each(|it| it.unwrap().unwrap());
    let seen = last_seen(&scene, &ids).await;
    assert_eq!(seen.len(), ids.len());
    assert!(seen.values().all(|at| *at == time(15)));
}

fn name_of(account: &Account) -> String {
    account.username.to_string()
}

fn wish(id: &str, name: &str) -> NewAccount {
    NewAccount {
        id: user(id),
        username: name.into(),
        password: format!("$argon2id${id}"),
    }
}

fn time(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

async fn names(scene: &Scene, text: Option<&str>, after: Option<&str>, limit: i64) -> Vec<String> {
    let query = AccountQuery {
        text: text.map(Into::into),
        after: after.map(Into::into),
        limit,
    };
    let found = scene.store.find_accounts(&query).await.unwrap();
    found.iter().map(name_of).collect()
}

async fn last_seen(scene: &Scene, ids: &[&str]) -> HashMap<String, Timestamp> {
    let ids: Vec<_> = ids.iter().map(|id| user(id)).collect();
    let seen = scene.store.last_seen(&ids).await.unwrap();
    seen.iter().map(|(id, at)| (id.to_string(), *at)).collect()
}
