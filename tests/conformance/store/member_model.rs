//! Random changes of memberships, one after the other, compared with what is promised in its plainest form.

use std::{cell::RefCell, collections::BTreeMap};

use belfry::{
    domain::{
        change::Change,
        room::{Role, Standing, Visibility},
        timestamp::Timestamp,
    },
    ports::store::{Entered, Entry, MemberChange, Premises, ReadMark, ReadState},
};
use proptest::{
    collection::vec,
    prelude::*,
    test_runner::{Config, TestRunner},
};
use tokio::{runtime::Handle, task::block_in_place};

use super::scene::{Scene, room, text, user};

super::stories!(random_memberships_are_what_the_model_says);

const PEOPLE: [&str; 5] = ["ada", "ben", "cy", "dora", "eve"];
const ROOMS: [(&str, Visibility); 3] = [
    ("hall", Visibility::Public),
    ("attic", Visibility::Public),
    ("den", Visibility::Private),
];
const ROLES: [Role; 3] = [Role::Member, Role::Moderator, Role::Owner];

async fn random_memberships_are_what_the_model_says(scene: Scene) {
    scene.people(&PEOPLE).await;
    let mut runner = TestRunner::new(Config {
        cases: 24,
        max_shrink_iters: 200,
        failure_persistence: None,
        ..Config::default()
    });
    let cases = RefCell::new(0);
    let ended = runner.run(&vec(step(), 1..40), |steps| {
        let case = cases.replace_with(|case| *case + 1);
        block_in_place(|| Handle::current().block_on(play(&scene, case, &steps)))
    });
    super::hold(ended);
}

/// One call; people, rooms and roles by their place in the lists above.
#[derive(Debug, Clone)]
enum Step {
    Join(Vec<(usize, usize)>),
    Add(Asked, usize),
    SetRole(Asked, usize),
    Remove(Asked),
    Mark(Vec<(usize, usize, i64)>),
    Send(usize, usize),
}

#[derive(Debug, Clone)]
struct Asked {
    place: usize,
    actor: usize,
    subject: usize,
    /// Which of the premises, if any, does not hold (any more).
    moved: Option<usize>,
}

fn step() -> impl Strategy<Value = Step> {
    let asked = || {
        let moved = prop::option::weighted(0.15, 0..3_usize);
        (0..3_usize, 0..5_usize, 0..5_usize, moved).prop_map(|(place, actor, subject, moved)| {
            Asked {
                place,
                actor,
                subject,
                moved,
            }
        })
    };
    prop_oneof![
        3 => vec((0..5_usize, 0..3_usize), 1..6).prop_map(Step::Join),
        3 => (asked(), 0..3_usize).prop_map(|(asked, role)| Step::Add(asked, role)),
        3 => (asked(), 0..3_usize).prop_map(|(asked, role)| Step::SetRole(asked, role)),
        3 => asked().prop_map(Step::Remove),
        2 => vec((0..5_usize, 0..3_usize, -1..6_i64), 1..6).prop_map(Step::Mark),
        2 => (0..5_usize, 0..3_usize).prop_map(|(author, place)| Step::Send(author, place)),
    ]
}

#[derive(Default)]
struct Room {
    /// With their roles and how far they have read.
    members: BTreeMap<&'static str, (Role, i64)>,
    last_seq: i64,
    access_rev: i64,
}

impl Room {
    fn role(&self, name: &str) -> Option<Role> {
        self.members.get(name).map(|member| member.0)
    }

    fn owned_without(&self, name: &str) -> bool {
        let mut others = self.members.iter().filter(|(other, _)| **other != name);
        others.any(|(_, (role, _))| *role == Role::Owner)
    }
}

async fn play(scene: &Scene, case: usize, steps: &[Step]) -> Result<(), TestCaseError> {
    let ids = ROOMS.map(|(name, _)| format!("{name}-{case}"));
    let mut rooms: [Room; 3] = Default::default();
    for (place, (_, visibility)) in ROOMS.iter().enumerate() {
        let new = scene.new_room("ada", &ids[place], *visibility);
        scene.store.create_room(&new).await.unwrap();
        rooms[place].members.insert("ada", (Role::Owner, 0));
    }
    for step in steps {
        take(scene, &ids, &mut rooms, step).await?;
    }
    for (place, known) in rooms.iter().enumerate() {
        let id = room(&ids[place]);
        let listed = scene.store.members(&id, None, 9).await.unwrap();
        let listed: Vec<_> = listed
            .iter()
            .map(|it| (it.account.id.as_str(), it.role))
            .collect();
        let expected: Vec<_> = known
            .members
            .iter()
            .map(|(name, it)| (*name, it.0))
            .collect();
        prop_assert_eq!(listed, expected);
        for name in PEOPLE {
            let view = scene.view(&ids[place], name).await;
            prop_assert_eq!(view.room.member_count, known.members.len() as i64);
            let standing = known.members.get(name).map(|(role, read)| Standing {
                role: *role,
                unread: known.last_seq - read,
                unread_mentions: 0,
                last_read_seq: *read,
            });
            prop_assert_eq!(view.standing, standing);
        }
        let stands = scene.store.revisions(&[id]).await.unwrap();
        prop_assert_eq!(
            (stands[0].rev, stands[0].access_rev),
            (known.last_seq, known.access_rev)
        );
    }
    Ok(())
}

async fn take(
    scene: &Scene,
    ids: &[String; 3],
    rooms: &mut [Room; 3],
    step: &Step,
) -> Result<(), TestCaseError> {
    match step {
        Step::Join(entries) => {
            let asked = entries.iter().map(|&(who, place)| Entry {
                room: room(&ids[place]),
                user: user(PEOPLE[who]),
                create: true,
                at: Timestamp::now(),
            });
            let entered = scene.store.join(&asked.collect::<Vec<_>>()).await.unwrap();
            for (&(who, place), entered) in entries.iter().zip(&entered) {
                let known = &mut rooms[place];
                let public = ROOMS[place].1 == Visibility::Public;
                if public {
                    let newcomer = (Role::Member, known.last_seq);
                    known.members.entry(PEOPLE[who]).or_insert(newcomer);
                }
                let inside = matches!(entered, Entered::Member(_));
                prop_assert_eq!(inside, known.role(PEOPLE[who]).is_some());
            }
        }
        Step::Add(asked, role) => {
            let Some(premises) = premises(ids, rooms, asked) else {
                return Ok(());
            };
            let now = Timestamp::now();
            let done = scene.store.add_member(&premises, ROLES[*role], now).await;
            let known = &mut rooms[asked.place];
            let name = PEOPLE[asked.subject];
            let fits = asked.moved.is_none() && known.role(name).is_none();
            prop_assert_eq!(summary(&done.unwrap()), if fits { "done" } else { "moved" });
            if fits {
                let newcomer = (ROLES[*role], known.last_seq);
                known.members.insert(name, newcomer);
            }
        }
        Step::SetRole(asked, role) => {
            let Some(premises) = premises(ids, rooms, asked) else {
                return Ok(());
            };
            let done = scene.store.set_role(&premises, ROLES[*role]).await;
            let known = &mut rooms[asked.place];
            let name = PEOPLE[asked.subject];
            let expected = match known.role(name) {
                Some(now) if asked.moved.is_none() => {
                    let stays = now != Role::Owner || ROLES[*role] == Role::Owner;
                    if stays || known.owned_without(name) {
                        known
                            .members
                            .entry(name)
                            .and_modify(|it| it.0 = ROLES[*role]);
                        "done"
                    } else {
                        "last owner"
                    }
                }
                _ => "moved",
            };
            prop_assert_eq!(summary(&done.unwrap()), expected);
        }
        Step::Remove(asked) => {
            let Some(premises) = premises(ids, rooms, asked) else {
                return Ok(());
            };
            let done = scene.store.remove_member(&premises).await;
            let known = &mut rooms[asked.place];
            let name = PEOPLE[asked.subject];
            let expected = match known.role(name) {
                Some(now) if asked.moved.is_none() => {
                    let free = now != Role::Owner || known.members.len() == 1;
                    if free || known.owned_without(name) {
                        known.members.remove(name);
                        known.access_rev += 1;
                        "done"
                    } else {
                        "last owner"
                    }
                }
                _ => "moved",
            };
            prop_assert_eq!(summary(&done.unwrap()), expected);
        }
        Step::Mark(marks) => {
            let asked = marks.iter().map(|&(who, place, seq)| ReadMark {
                room: room(&ids[place]),
                user: user(PEOPLE[who]),
                seq,
            });
            let states = scene
                .store
                .mark_read(&asked.collect::<Vec<_>>())
                .await
                .unwrap();
            let before: Vec<_> = marks
                .iter()
                .map(|&(who, place, _)| rooms[place].members.get(PEOPLE[who]).copied())
                .collect();
            for &(who, place, seq) in marks {
                let last_seq = rooms[place].last_seq;
                let member = rooms[place].members.entry(PEOPLE[who]);
                member.and_modify(|it| it.1 = it.1.max(seq.min(last_seq)));
            }
            let expected = marks.iter().zip(before).map(|(&(who, place, _), before)| {
                let known = &rooms[place];
                known.members.get(PEOPLE[who]).map(|(_, read)| ReadState {
                    last_read_seq: *read,
                    unread: known.last_seq - read,
                    unread_mentions: 0,
                    moved: before.is_some_and(|before| before.1 < *read),
                })
            });
            prop_assert_eq!(states, expected.collect::<Vec<_>>());
        }
        Step::Send(author, place) => {
            let known = &mut rooms[*place];
            if let Some(member) = known.members.get_mut(PEOPLE[*author]) {
                let message = text(PEOPLE[*author], &ids[*place], "hello");
                scene.commit_one(Change::Send(message)).await;
                known.last_seq += 1;
                member.1 = known.last_seq;
            }
        }
    }
    Ok(())
}

/// What holds, but for what is said to have moved; `None` when the actor is no member: nobody can judge by that.
fn premises(ids: &[String; 3], rooms: &[Room; 3], asked: &Asked) -> Option<Premises> {
    let known = &rooms[asked.place];
    let mut premises = Premises {
        room: room(&ids[asked.place]),
        visibility: ROOMS[asked.place].1,
        actor: user(PEOPLE[asked.actor]),
        actor_role: known.role(PEOPLE[asked.actor])?,
        subject: user(PEOPLE[asked.subject]),
        subject_role: known.role(PEOPLE[asked.subject]),
    };
    let another = |role| match role {
        Role::Owner => Role::Member,
        _ => Role::Owner,
    };
    match asked.moved {
        Some(0) => premises.visibility = Visibility::Direct,
        Some(1) => premises.actor_role = another(premises.actor_role),
        Some(_) => {
            premises.subject_role = premises
                .subject_role
                .map_or(Some(Role::Member), |it| Some(another(it)))
        }
        None => {}
    }
    Some(premises)
}

fn summary(change: &MemberChange) -> &'static str {
    match change {
        MemberChange::Done(_) => "done",
        MemberChange::Moved => "moved",
        MemberChange::LastOwner => "last owner",
        MemberChange::NoUser => "no user",
    }
}
