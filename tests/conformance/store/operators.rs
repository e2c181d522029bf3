//! What operators ask of the store: looks over everybody and every room, and what is done to an account.

use belfry::{
    domain::{
        id::{RoomId, UserId},
        timestamp::Timestamp,
    },
    ports::store::{
        AllRoomsQuery, DAY_COUNTED, NewAccount, PeopleQuery, RefreshToken, RoomOrder, Sure,
    },
};
use uuid::Uuid;

use super::scene::{Scene, user};

super::stories!(
    people_are_listed_with_what_an_operator_wants_to_know,
    somebody_is_found_by_id_before_name,
    a_password_is_set_for_who_is_there,
    all_sessions_of_a_user_end_and_no_others,
    a_user_without_sessions_is_told_of_all_the_same,
    rooms_are_listed_in_the_order_asked_for,
    a_room_has_an_owner_or_none,
    figures_are_of_the_whole,
);

fn everybody() -> PeopleQuery {
    PeopleQuery {
        text: None,
        password: None,
        not_seen_since: None,
        after: None,
        limit: 100,
    }
}

async fn registered(scene: &Scene, name: &str) {
    let new = NewAccount {
        id: user(name),
        username: name.to_owned(),
        password: "a hash".to_owned(),
    };
    scene.store.register(&new).await.unwrap().unwrap();
}

async fn people_are_listed_with_what_an_operator_wants_to_know(scene: Scene) {
    scene.people(&["ada", "ben"]).await;
    registered(&scene, "cleo").await;
    let seen = Timestamp::from_millis(1_700_000_000_000);
    scene
        .store
        .note_last_seen(&[(user("ben"), seen)])
        .await
        .unwrap();
    let names = async |query: PeopleQuery| -> Vec<String> {
        let people = scene.store.people(&query).await.unwrap();
        people
            .iter()
            .map(|person| person.account.username.to_string())
            .collect()
    };
    let all = everybody;
    assert_eq!(names(all()).await, ["ada", "ben", "cleo"]);
    let with = |password| PeopleQuery {
        password: Some(password),
        ..all()
    };
    assert_eq!(names(with(true)).await, ["cleo"]);
    assert_eq!(names(with(false)).await, ["ada", "ben"]);
    let absent = |since: i64| PeopleQuery {
        not_seen_since: Some(Timestamp::from_millis(since)),
        ..all()
    };
    assert_eq!(names(absent(1_700_000_000_000)).await, ["ada", "cleo"]);
    assert_eq!(names(absent(1_700_000_000_001)).await.len(), 3);
    let page = PeopleQuery {
        after: Some("ada".to_owned()),
        limit: 1,
        ..all()
    };
    assert_eq!(names(page).await, ["ben"]);
    let found = PeopleQuery {
        text: Some("LE".to_owned()),
        ..all()
    };
    assert_eq!(names(found).await, ["cleo"]);
    let people = scene.store.people(&all()).await.unwrap();
    assert_eq!(people[1].last_seen, Some(seen));
    assert!(people[2].has_password && people[2].created_at.as_millis() > 1_700_000_000_000);
}

async fn somebody_is_found_by_id_before_name(scene: Scene) {
    scene.store.first_sight(&user("ben"), "ada").await.unwrap();
    scene.store.first_sight(&user("ada"), "ben").await.unwrap();
    let of = async |text: &str| {
        let found = scene.store.person(text, text).await.unwrap();
        found.map(|person| person.account.id)
    };
    assert_eq!(of("ada").await, Some(user("ada")));
    assert_eq!(of("ben").await, Some(user("ben")));
    assert_eq!(of("cleo").await, None);
    let named = scene.store.person("nobody", "ada").await.unwrap();
    assert_eq!(named.unwrap().account.id, user("ben"));
}

async fn a_password_is_set_for_who_is_there(scene: Scene) {
    scene.people(&["ada"]).await;
    assert!(scene.store.set_password(&user("ada"), "one").await.unwrap());
    assert!(scene.store.set_password(&user("ada"), "two").await.unwrap());
    let (_, hash) = scene.store.password("ada").await.unwrap().unwrap();
    assert_eq!(hash, "two");
    assert!(!scene.store.set_password(&user("ben"), "one").await.unwrap());
}

fn token(owner: &str, number: u8, family: Uuid) -> RefreshToken {
    RefreshToken {
        hash: [number; 32],
        family,
        user: user(owner),
        expires_at: Timestamp::from_millis(Timestamp::now().as_millis() + 1_000_000),
    }
}

async fn all_sessions_of_a_user_end_and_no_others(scene: Scene) {
    scene.people(&["ada", "ben"]).await;
    let (one, two, other) = (Uuid::now_v7(), Uuid::now_v7(), Uuid::now_v7());
    for token in [
        token("ada", 1, one),
        token("ada", 2, two),
        token("ben", 3, other),
    ] {
        scene.store.keep_refresh_token(&token).await.unwrap();
    }
    let now = Timestamp::now();
    let families = async |name: &str| {
        let open = scene.store.sessions_of(&user(name), now).await.unwrap();
        let mut families: Vec<Uuid> = open.iter().map(|session| session.family).collect();
        families.sort();
        families
    };
    assert_eq!(families("ada").await, [one, two]);
    let ada = user("ada");
    let mut ended = scene.store.end_sessions_of(&ada, now).await.unwrap();
    ended.sort_by_key(|ended| ended.family);
    assert_eq!(ended.len(), 2);
    assert!(
        ended
            .iter()
            .all(|it| it.logged_out && it.user_id == user("ada"))
    );
    assert!(families("ada").await.is_empty());
    assert_eq!(families("ben").await, [other]);
    let told = scene.store.ended_since(now).await.unwrap();
    let mut told: Vec<Uuid> = told.iter().map(|ended| ended.family).collect();
    told.sort();
    assert_eq!(told, [one, two]);
}

async fn a_user_without_sessions_is_told_of_all_the_same(scene: Scene) {
    scene.people(&["ada"]).await;
    let now = Timestamp::now();
    let ended = scene
        .store
        .end_sessions_of(&user("ada"), now)
        .await
        .unwrap();
    assert_eq!(ended.len(), 1);
    let told = scene.store.ended_since(now).await.unwrap();
    assert_eq!(told.len(), 1);
    assert!(told[0].logged_out && told[0].user_id == user("ada"));
}

fn rooms_by(order: RoomOrder) -> AllRoomsQuery {
    AllRoomsQuery {
        only: None,
        text: None,
        order,
        skip: 0,
        limit: 100,
    }
}

async fn rooms_are_listed_in_the_order_asked_for(scene: Scene) {
    scene.people(&["ada", "ben"]).await;
    for (room, messages) in [("a", 1), ("b", 3), ("c", 0)] {
        scene.room(room, &["ada"]).await;
        scene.chatter("ada", room, messages).await;
    }
    scene.join("ben", "c").await;
    tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    scene.chatter("ada", "a", 1).await;
    let ids = async |query: AllRoomsQuery| -> Vec<String> {
        let rooms = scene.store.all_rooms(&query).await.unwrap();
        rooms
            .iter()
            .map(|state| state.room.id.to_string())
            .collect()
    };
    assert_eq!(ids(rooms_by(RoomOrder::Id)).await, ["a", "b", "c"]);
    assert_eq!(ids(rooms_by(RoomOrder::Members)).await, ["c", "a", "b"]);
    assert_eq!(ids(rooms_by(RoomOrder::Messages)).await, ["b", "a", "c"]);
    assert_eq!(ids(rooms_by(RoomOrder::Activity)).await, ["a", "b", "c"]);
    let page = AllRoomsQuery {
        skip: 1,
        limit: 1,
        ..rooms_by(RoomOrder::Messages)
    };
    assert_eq!(ids(page).await, ["a"]);
    let only = AllRoomsQuery {
        only: Some(RoomId::parse("b").unwrap()),
        ..rooms_by(RoomOrder::Id)
    };
    assert_eq!(ids(only).await, ["b"]);
    let rooms = scene
        .store
        .all_rooms(&rooms_by(RoomOrder::Id))
        .await
        .unwrap();
    assert!(rooms[0].last_message_at.is_some() && rooms[2].last_message_at.is_none());
}

async fn a_room_has_an_owner_or_none(scene: Scene) {
    scene.room("a", &["ben", "ada"]).await;
    let owner = async |room: &str| -> Option<UserId> {
        let room = RoomId::parse(room).unwrap();
        scene.store.owner_of(&room).await.unwrap()
    };
    assert_eq!(owner("a").await, Some(user("ben")));
    assert_eq!(owner("b").await, None);
}

async fn figures_are_of_the_whole(scene: Scene) {
    scene.people(&["ada", "ben"]).await;
    scene.join("ada", "a").await;
    scene.chatter("ada", "a", 3).await;
    let now = Timestamp::now();
    let figures = scene.store.figures(now).await.unwrap();
    assert_eq!((figures.users.count, figures.users.sure), (2, Sure::Exact));
    assert_eq!(figures.rooms.count, 1);
    assert_eq!(figures.messages.count, 3);
    assert_eq!(figures.messages_last_day.count, 3);
    assert_eq!(figures.jobs_waiting.count, 3);
    assert_eq!(figures.jobs_dead.count, 0);
    assert!(figures.bytes > 0 && figures.schema > 0);
    assert!(figures.messages_last_day.count < DAY_COUNTED);
    // Two days on, none of them is of the last day.
    let later = Timestamp::from_millis(now.as_millis() + 2 * 24 * 60 * 60 * 1_000);
    let figures = scene.store.figures(later).await.unwrap();
    assert_eq!(
        (figures.messages.count, figures.messages_last_day.count),
        (3, 0)
    );
}
