//! Sessions: refresh tokens and their families, log-outs, and the signing secret.

use std::collections::HashSet;

use belfry::{
    domain::{presence::EndedSession, timestamp::Timestamp},
    ports::store::{ENDED_KEPT, FORGOTTEN_AT_ONCE, NextToken, RefreshToken, Rotation},
};
use futures_util::future::join_all;
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

use super::scene::{Scene, user};
use crate::support::databases::{Backend, with_database_of};

super::stories!(
    a_refresh_token_is_rotated_once,
    the_same_rotation_asked_for_again_is_the_same,
    a_token_used_again_takes_its_family_with_it,
    a_token_used_twice_at_once_is_rotated_once,
    an_unknown_or_expired_token_is_refused,
    logging_out_ends_the_session_and_no_other,
    a_log_out_is_told_again_and_kept_once,
    a_revoked_session_can_still_be_logged_out,
    a_token_used_again_after_the_log_out_is_no_log_out,
    many_who_end_one_session_at_once_agree,
    what_ended_is_told_from_a_moment_on,
    expired_tokens_are_forgotten_in_batches,
    a_session_that_ended_is_remembered_for_a_day,
    the_first_signing_secret_stays,
);

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

async fn the_same_rotation_asked_for_again_is_the_same(scene: Scene) {
    scene.people(&["ada"]).await;
    scene.store.keep_refresh_token(&token(1)).await.unwrap();

    let first = rotate(&scene, &token(1), &token(2)).await;
    assert!(matches!(first, Rotation::Rotated(..)));
    assert_eq!(rotate(&scene, &token(1), &token(2)).await, first);

    // But not once the family has ended.
    end(&scene, 2).await.expect("a known token");
    let reused = rotate(&scene, &token(1), &token(2)).await;
    assert!(matches!(reused, Rotation::Reused(_)), "{reused:?}");
}

async fn a_token_used_again_takes_its_family_with_it(scene: Scene) {
    scene.people(&["ada"]).await;
    let bystander = of_another_family(9);
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

async fn logging_out_ends_the_session_and_no_other(scene: Scene) {
    scene.people(&["ada"]).await;
    let bystander = of_another_family(9);
    scene.store.keep_refresh_token(&bystander).await.unwrap();
    scene.store.keep_refresh_token(&token(1)).await.unwrap();
    rotate(&scene, &token(1), &token(2)).await;

    // Any token of the session will do, also one that was used.
    let ended = end(&scene, 1).await.expect("a known token");

    assert_eq!(ended, ada_session(true, ended.at.as_millis()));
    for old in [token(1), token(2)] {
        let rotation = rotate(&scene, &old, &token(7)).await;
        assert!(!matches!(rotation, Rotation::Rotated(..)), "{rotation:?}");
    }
    assert!(matches!(
        rotate(&scene, &bystander, &token(10)).await,
        Rotation::Rotated(..)
    ));
    assert_eq!(end(&scene, 77).await, None);
}

async fn a_log_out_is_told_again_and_kept_once(scene: Scene) {
    scene.people(&["ada"]).await;
    scene.store.keep_refresh_token(&token(1)).await.unwrap();
    let expired = RefreshToken {
        expires_at: time(1),
        ..of_another_family(2)
    };
    scene.store.keep_refresh_token(&expired).await.unwrap();

    let first = scene.store.end_session(&[1; 32], time(1_000)).await;
    let again = scene.store.end_session(&[1; 32], time(2_000)).await;
    assert_eq!(first.unwrap(), Some(ada_session(true, 1_000)));
    assert_eq!(again.unwrap(), Some(ada_session(true, 2_000)));
    assert_eq!(ended_since(&scene, 1_000).await, [ada_session(true, 1_000)]);
    assert!(ended_since(&scene, 1_001).await.is_empty());

    // A token that is worth nothing any more still says whose session it was.
    assert_eq!(
        end(&scene, 2).await.map(|it| it.family),
        Some(expired.family)
    );
}

async fn a_revoked_session_can_still_be_logged_out(scene: Scene) {
    scene.people(&["ada"]).await;
    scene.store.keep_refresh_token(&token(1)).await.unwrap();
    rotate_at(&scene, 1, 2, 1_000).await;
    let reused = rotate_at(&scene, 1, 3, 2_000).await;
    assert_eq!(reused, Rotation::Reused(ada_session(false, 2_000)));
    assert_eq!(
        ended_since(&scene, 2_000).await,
        [ada_session(false, 2_000)]
    );

    let out = scene.store.end_session(&[2; 32], time(3_000)).await;

    assert_eq!(out.unwrap(), Some(ada_session(true, 3_000)));
    assert_eq!(ended_since(&scene, 3_000).await, [ada_session(true, 3_000)]);
    assert_eq!(ended_since(&scene, 0).await.len(), 1);
}

async fn a_token_used_again_after_the_log_out_is_no_log_out(scene: Scene) {
    scene.people(&["ada"]).await;
    scene.store.keep_refresh_token(&token(1)).await.unwrap();
    rotate_at(&scene, 1, 2, 1_000).await;
    scene
        .store
        .end_session(&[2; 32], time(2_000))
        .await
        .unwrap();

    let reused = rotate_at(&scene, 1, 3, 3_000).await;

    assert_eq!(reused, Rotation::Reused(ada_session(false, 3_000)));
    assert_eq!(ended_since(&scene, 0).await, [ada_session(true, 2_000)]);
    assert!(ended_since(&scene, 2_001).await.is_empty());
}

async fn many_who_end_one_session_at_once_agree(scene: Scene) {
    scene.people(&["ada"]).await;
    scene.store.keep_refresh_token(&token(0)).await.unwrap();
    let other = scene.another().await;
    for n in 1..6 {
        rotate(&scene, &token(n - 1), &token(n)).await;
    }

    let endings = join_all((0..24_u8).map(|n| {
        let scene = [&scene, &other][usize::from(n) % 2].clone();
        tokio::spawn(async move {
            match n % 3 {
                // The last one is still good: some are faster than the end.
                0 => drop(rotate(&scene, &token(5), &token(100 + n)).await),
                1 => drop(rotate(&scene, &token(n % 5), &token(100 + n)).await),
                _ => {
                    let ended = end(&scene, n % 6).await.expect("a known token");
                    assert_eq!(ended, ada_session(true, ended.at.as_millis()));
                }
            }
        })
    }));

    endings.await.into_iter().for_each(Result::unwrap);
    let ended = ended_since(&scene, 0).await;
    assert_eq!(ended, [ada_session(true, ended[0].at.as_millis())]);
    for n in (0..6).chain(100..124) {
        let rotation = rotate(&scene, &token(n), &token(200)).await;
        assert!(!matches!(rotation, Rotation::Rotated(..)), "{n} is good");
    }
}

async fn what_ended_is_told_from_a_moment_on(scene: Scene) {
    scene.people(&["ada"]).await;
    for n in 1..5_u8 {
        scene
            .store
            .keep_refresh_token(&of_another_family(n))
            .await
            .unwrap();
        let at = time(i64::from(n) * 1_000);
        scene.store.end_session(&[n; 32], at).await.unwrap();
    }
    assert_eq!(ended_since(&scene, 0).await.len(), 4);
    assert_eq!(ended_since(&scene, 3_000).await.len(), 2);
    assert_eq!(ended_since(&scene, 3_001).await.len(), 1);
    assert!(ended_since(&scene, 4_001).await.is_empty());
}

async fn expired_tokens_are_forgotten_in_batches(scene: Scene) {
    scene.people(&["ada"]).await;
    let more = FORGOTTEN_AT_ONCE + 5;
    for n in 0..more {
        let mut old = of_another_family(0);
        old.hash[..8].copy_from_slice(&n.to_be_bytes());
        old.expires_at = time(1_000 + n);
        scene.store.keep_refresh_token(&old).await.unwrap();
    }
    scene.store.keep_refresh_token(&token(9)).await.unwrap();
    let forget = async |before| scene.store.forget_tokens(time(before)).await.unwrap();

    assert_eq!(forget(1_000).await, 0);
    assert_eq!(forget(1_003).await, 3);
    assert_eq!(forget(1_000_000).await, 1_000);
    assert_eq!(forget(1_000_000).await, 2);
    assert_eq!(forget(1_000_000).await, 0);
    assert!(matches!(
        rotate(&scene, &token(9), &token(10)).await,
        Rotation::Rotated(..)
    ));
}

async fn a_session_that_ended_is_remembered_for_a_day(scene: Scene) {
    scene.people(&["ada"]).await;
    scene.store.keep_refresh_token(&token(1)).await.unwrap();
    scene
        .store
        .end_session(&[1; 32], time(1_000))
        .await
        .unwrap();
    let day = ENDED_KEPT.as_millis() as i64;

    scene.store.forget_tokens(time(1_000 + day)).await.unwrap();
    assert_eq!(ended_since(&scene, 0).await, [ada_session(true, 1_000)]);
    scene.store.forget_tokens(time(1_001 + day)).await.unwrap();
    assert!(ended_since(&scene, 0).await.is_empty());
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

async fn rotate_at(scene: &Scene, old: u8, next: u8, millis: i64) -> Rotation {
    let next = next_of(&token(next));
    let rotation = scene
        .store
        .rotate_refresh_token(&[old; 32], &next, time(millis))
        .await;
    rotation.unwrap()
}

fn of_another_family(n: u8) -> RefreshToken {
    RefreshToken {
        family: Uuid::now_v7(),
        ..token(n)
    }
}

/// What ended when the family of [`token`] did.
fn ada_session(logged_out: bool, at: i64) -> EndedSession {
    EndedSession {
        family: Uuid::nil(),
        user_id: user("ada"),
        logged_out,
        at: time(at),
    }
}

async fn end(scene: &Scene, n: u8) -> Option<EndedSession> {
    let ended = scene.store.end_session(&[n; 32], Timestamp::now()).await;
    ended.unwrap()
}

async fn ended_since(scene: &Scene, millis: i64) -> Vec<EndedSession> {
    scene.store.ended_since(time(millis)).await.unwrap()
}

fn time(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}
