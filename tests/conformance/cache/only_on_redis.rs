//! What only Redis can do: forget scripts, and hold what nobody of us wrote.

use super::*;

#[tokio::test]
async fn scripts_that_redis_forgot_are_loaded_again() {
    let Some(server) = crate::support::redis::PrivateRedis::start().await else {
        return;
    };
    let corner = server.corner();
    let (replica, _ear) = corner.patient_replica().await;
    let room = room("forgetful");
    let cache = &replica.cache;
    cache.fill(&room, &list(&room, 1..=2)).await.unwrap();
    cache.append(&[new(&room, 3, 3)]).await.unwrap();
    redis::cmd("SCRIPT")
        .arg("FLUSH")
        .exec(&mut corner.plain())
        .unwrap();
    cache.append(&[new(&room, 4, 4)]).await.unwrap();
    assert_eq!(cache.read(&room).await.unwrap().unwrap().rev, 4);
}

#[tokio::test]
async fn a_list_that_cannot_be_read_is_dropped() {
    let Some(corner) = Corner::open() else { return };
    let (replica, _ear) = corner.patient_replica().await;
    let room = room("strange");
    for strange in [&["5 1", "no message"][..], &["5 7"], &["not a head"]] {
        redis::cmd("RPUSH")
            .arg(corner.key("{strange}:recent"))
            .arg(strange)
            .exec(&mut corner.plain())
            .unwrap();
        assert_eq!(replica.cache.read(&room).await.unwrap(), None);
        let filled = list(&room, 1..=3);
        replica.cache.fill(&room, &filled).await.unwrap();
        assert_eq!(replica.cache.read(&room).await.unwrap(), Some(filled));
        redis::cmd("DEL")
            .arg(corner.key("{strange}:recent"))
            .exec(&mut corner.plain())
            .unwrap();
    }
}

#[tokio::test]
async fn lists_expire_and_reading_keeps_them() {
    let Some(corner) = Corner::open() else { return };
    let (replica, _ear) = corner.patient_replica().await;
    let room = room("unused");
    let key = corner.key("{unused}:recent");
    let left = || -> i64 {
        redis::cmd("TTL")
            .arg(&key)
            .query(&mut corner.plain())
            .unwrap()
    };
    let day = 24 * 60 * 60;
    replica
        .cache
        .fill(&room, &list(&room, 1..=3))
        .await
        .unwrap();
    assert!((1..=day).contains(&left()));
    redis::cmd("EXPIRE")
        .arg(&key)
        .arg(60)
        .exec(&mut corner.plain())
        .unwrap();
    replica.cache.read(&room).await.unwrap();
    assert!(left() > 60);
    replica.cache.append(&[new(&room, 4, 4)]).await.unwrap();
    assert!((61..=day).contains(&left()));
}
