//! The table of permissions, walked whole within the commit: whoever, in whatever room, to whatever is whose.

use belfry::domain::{
    change::{Outcome, Refusal},
    permission::{Action, Verdict, judge},
    room::{Role, Visibility},
};

use super::{
    asking::{clap, edit, end, erase, open_or_close, react, rename},
    scene::{Scene, text},
};

super::stories!(
    who_may_act_is_what_the_table_says,
    who_may_change_a_room_is_what_the_table_says
);

const PEOPLE: [&str; 4] = ["owner", "moderator", "member", "stranger"];
const VISIBILITIES: [Visibility; 3] = [Visibility::Public, Visibility::Private, Visibility::Direct];

async fn who_may_act_is_what_the_table_says(scene: Scene) {
    for visibility in VISIBILITIES {
        let id = visibility.as_str();
        scene.room_of_roles(visibility, id).await;
        for actor in PEOPLE {
            for author in PEOPLE {
                let own = actor == author;
                let role = Role::parse(actor);
                for action in [Action::Applaud, Action::Edit, Action::Delete] {
                    let message = written_by(&scene, author, id).await;
                    let changes = match action {
                        Action::Edit => vec![edit(actor, &message, "changed")],
                        Action::Delete => vec![erase(actor, &message)],
                        _ => vec![react(actor, &message, "👍"), clap(&message, &[(actor, 1)])],
                    };
                    for change in changes {
                        let outcome = scene.commit_one(change).await;
                        let verdict = judge(action, visibility, role, own);
                        let asked = format!("{actor} {action:?} of {author}'s in {id}");
                        check(&outcome, verdict, role, Refusal::NoMessage, &asked);
                    }
                }
            }
        }
    }
}

async fn who_may_change_a_room_is_what_the_table_says(scene: Scene) {
    for visibility in VISIBILITIES {
        for actor in PEOPLE {
            let id = format!("{}-{actor}", visibility.as_str());
            scene.room_of_roles(visibility, &id).await;
            let role = Role::parse(actor);
            let other = match visibility {
                Visibility::Public => Visibility::Private,
                _ => Visibility::Public,
            };
            let open_now = |visible: bool| if visible { other } else { visibility };
            let mut switched = false;
            for (action, change) in [
                (Action::Rename, rename(actor, &id, "Another")),
                (Action::SetVisibility, open_or_close(actor, &id, other)),
                (Action::DeleteRoom, end(actor, &id)),
            ] {
                let outcome = scene.commit_one(change).await;
                let verdict = judge(action, open_now(switched), role, false);
                let asked = format!("{actor} {action:?} in {id}");
                check(&outcome, verdict, role, Refusal::NoRoom, &asked);
                switched |= action == Action::SetVisibility && verdict == Verdict::Allowed;
            }
        }
    }
}

fn check(outcome: &Outcome, verdict: Verdict, role: Option<Role>, hidden: Refusal, asked: &str) {
    let expected = match (verdict, role) {
        (Verdict::Allowed, _) => {
            assert!(
                matches!(outcome, Outcome::Committed(_)),
                "{asked}: {outcome:?}"
            );
            return;
        }
        (Verdict::Hidden, _) => hidden,
        (Verdict::Forbidden, None) => Refusal::NotMember,
        (Verdict::Forbidden, Some(_)) => Refusal::Forbidden,
    };
    assert_eq!(*outcome, Outcome::Refused(expected), "{asked}");
}

/// A message of anybody's: a stranger's is of the time when they were a member.
async fn written_by(
    scene: &Scene,
    author: &str,
    id: &str,
) -> std::sync::Arc<belfry::domain::message::Message> {
    let message = scene.send(text("owner", id, "hello")).await;
    let change = format!(
        "UPDATE messages SET user_id = '{author}' WHERE room_id = '{id}' AND seq = {}",
        message.seq
    );
    scene.database.sql(change).await;
    message
}
