//! Accounts, refresh tokens, and the signing secret.

use std::collections::HashSet;

use belfry::{
    domain::{
        account::{Account, USERNAME_MAX, username_key},
        timestamp::Timestamp,
    },
    ports::store::{NextToken, RefreshToken, Rotation},
};
use futures_util::future::join_all;
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

use super::scene::{Scene, user};
use crate::support::databases::{Backend, with_database_of};

super::stories!(
    somebody_is_given_an_account_once,
    a_taken_name_gets_a_suffix,
    a_long_name_has_room_for_its_suffix,
    many_at_once_with_one_id_are_one,
    many_at_once_with_one_name_are_told_apart,
    those_who_exist_are_found,
    a_refresh_token_is_rotated_once,
    a_token_used_again_takes_its_family_with_it,
    a_token_used_twice_at_once_is_rotated_once,
    an_unknown_or_expired_token_is_refused,
    the_first_signing_secret_stays,
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

async fn a_refresh_token_is_rotated_once(scene: Scene) {
    scene.people(&["ada"]).await;
    let (first, second) = (token(1), token(2));
    scene.store.keep_refresh_token(&first).await.unwrap();

    let rotated = rotate(&scene, &first, &second).await;

    let Rotation::Rotated(account, _) = rotated else {
        panic!("{rotated:?}")
    };
    assert_eq!(account.id, user("ada"));
    assert!(matches!(
        rotate(&scene, &second, &token(3)).await,
        Rotation::Rotated(..)
    ));
}

async fn a_token_used_again_takes_its_family_with_it(scene: Scene) {
    scene.people(&["ada"]).await;
    let bystander = RefreshToken {
        family: Uuid::now_v7(),
        ..token(9)
    };
    scene.store.keep_refresh_token(&bystander).await.unwrap();
    scene.store.keep_refresh_token(&token(1)).await.unwrap();
    rotate(&scene, &token(1), &token(2)).await;

    assert!(matches!(
        rotate(&scene, &token(1), &token(3)).await,
        Rotation::Reused(_)
    ));

    assert_eq!(
        rotate(&scene, &token(2), &token(4)).await,
        Rotation::Refused
    );
    assert_eq!(
        rotate(&scene, &token(3), &token(5)).await,
        Rotation::Refused
    );
    assert!(matches!(
        rotate(&scene, &bystander, &token(10)).await,
        Rotation::Rotated(..)
    ));
}

async fn a_token_used_twice_at_once_is_rotated_once(scene: Scene) {
    scene.people(&["ada"]).await;
    let other = scene.another().await;
    scene.store.keep_refresh_token(&token(1)).await.unwrap();
    let rotations = join_all((2..18).map(|n| {
        let scene = [&scene, &other][n as usize % 2].clone();
        tokio::spawn(async move { rotate(&scene, &token(1), &token(n)).await })
    }));
    let rotations: Vec<_> = rotations.await.into_iter().map(Result::unwrap).collect();
    let rotated = |it: &&Rotation| matches!(it, Rotation::Rotated(..));
    assert_eq!(rotations.iter().filter(rotated).count(), 1);
    assert_eq!(
        rotations
            .iter()
            .filter(|it| matches!(it, Rotation::Reused(_)))
            .count(),
        15
    );
}

async fn an_unknown_or_expired_token_is_refused(scene: Scene) {
    scene.people(&["ada"]).await;
    let expired = RefreshToken {
        expires_at: Timestamp::from_millis(Timestamp::now().as_millis() - 1),
        ..token(1)
    };
    scene.store.keep_refresh_token(&expired).await.unwrap();
    assert_eq!(rotate(&scene, &expired, &token(2)).await, Rotation::Refused);
    assert_eq!(
        rotate(&scene, &token(7), &token(8)).await,
        Rotation::Refused
    );
    assert_eq!(
        rotate(&scene, &token(2), &token(3)).await,
        Rotation::Refused
    );
}

async fn the_first_signing_secret_stays(scene: Scene) {
    let other = scene.another().await;
    let secrets = join_all((0..16_u8).map(|n| {
        let store = [&scene, &other][n as usize % 2].store.clone();
        tokio::spawn(async move { store.signing_secret(&[n; 32]).await })
    }));
    let secrets: HashSet<_> = secrets
        .await
        .into_iter()
        .map(|it| it.unwrap().unwrap())
        .collect();
    assert_eq!(secrets.len(), 1);
    let later = scene.store.signing_secret(b"too late").await.unwrap();
    assert!(secrets.contains(&later));
}

/// A rotation that another replica has begun must not slip through between the reading and the writing of a revocation.
#[tokio::test]
async fn a_family_is_revoked_also_while_it_rotates() {
    with_database_of(Backend::Postgres, async |database| {
        let scene = Scene {
            store: database.open().await,
            database: database.clone(),
        };
        scene.people(&["ada"]).await;
        scene.store.keep_refresh_token(&token(1)).await.unwrap();
        rotate(&scene, &token(1), &token(2)).await;
        let mut other = PgConnection::connect(&database.url).await.unwrap();
        let mut rotation = other.begin().await.unwrap();
        let (second, third) = (token(2), token(3));
        sqlx::query("UPDATE refresh_tokens SET used_at = now() WHERE hash = $1")
            .bind(&second.hash[..])
            .execute(&mut *rotation)
            .await
            .unwrap();
        sqlx::query("INSERT INTO refresh_tokens SELECT $1, family, user_id, expires_at FROM refresh_tokens WHERE hash = $2")
            .bind(&third.hash[..])
            .bind(&second.hash[..])
            .execute(&mut *rotation)
            .await
            .unwrap();

        let finish = async {
            let waits = "SELECT 'waits' FROM pg_stat_activity \
                 WHERE datname = current_database() AND wait_event_type = 'Lock'";
            while database.ask(waits).await.is_none() {}
            rotation.commit().await.unwrap();
        };
        let (first, fourth) = (token(1), token(4));
        let (reused, ()) = tokio::join!(rotate(&scene, &first, &fourth), finish);

        assert!(matches!(reused, Rotation::Reused(_)));
        assert_eq!(rotate(&scene, &third, &token(5)).await, Rotation::Refused);
        other.close().await.unwrap();
        scene.store.close().await;
    })
    .await;
}

fn name_of(account: &Account) -> String {
    account.username.to_string()
}

fn token(n: u8) -> RefreshToken {
    RefreshToken {
        hash: [n; 32],
        family: Uuid::nil(),
        user: user("ada"),
        expires_at: Timestamp::from_millis(Timestamp::now().as_millis() + 60_000),
    }
}

async fn rotate(scene: &Scene, old: &RefreshToken, next: &RefreshToken) -> Rotation {
    let next = next_of(next);
    let rotation = scene
        .store
        .rotate_refresh_token(&old.hash, &next, Timestamp::now());
    rotation.await.unwrap()
}

fn next_of(token: &RefreshToken) -> NextToken {
    NextToken {
        hash: token.hash,
        expires_at: token.expires_at,
    }
}
