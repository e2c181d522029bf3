//! Whatever is added is handed out exactly once while nobody abandons a claim, oldest first within each line, and by
//! priority; whatever is settled is gone, and nothing else.

use std::collections::{HashMap, VecDeque};

use belfry::ports::queue::CLAIM_TIMEOUT;
use proptest::prelude::*;

use super::*;

/// What somebody does with the queue.
#[derive(Debug, Clone)]
enum Step {
    Push {
        lines: Vec<Line>,
        there: bool,
    },
    Take(Wish),
    Settle {
        some: Vec<prop::sample::Index>,
        there: bool,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let lines = prop::collection::vec(prop::sample::select(&Line::ALL[..]), 0..30);
    let wish = prop_oneof![
        (1..12_usize).prop_map(Wish::Messages),
        (1..12_usize, 0..6_usize).prop_map(|(max, low)| Wish::Jobs { max, low }),
    ];
    let some = prop::collection::vec(any::<prop::sample::Index>(), 0..20);
    prop_oneof![
        2 => (lines, any::<bool>()).prop_map(|(lines, there)| Step::Push { lines, there }),
        3 => wish.prop_map(Step::Take),
        2 => (some, any::<bool>()).prop_map(|(some, there)| Step::Settle { some, there }),
    ]
}

/// What should be in the queue.
#[derive(Default)]
struct Model {
    waiting: HashMap<Line, VecDeque<Ticket>>,
    added: u128,
    claims: Vec<Claim>,
    /// Calls for jobs, and how many of them began with another priority than the highest.
    calls: usize,
    began_otherwise: usize,
}

impl Model {
    fn push(&mut self, line: Line) -> Ticket {
        self.added += 1;
        let ticket = match line {
            Line::Messages => message(self.added),
            Line::Jobs(priority) => with(priority, self.added),
        };
        self.waiting
            .entry(line)
            .or_default()
            .push_back(ticket.clone());
        ticket
    }

    fn expected(&self, order: &[Line], wish: Wish) -> Vec<Ticket> {
        let (max, low) = match wish {
            Wish::Messages(max) => (max, 0),
            Wish::Jobs { max, low } => (max, low),
        };
        let mut expected = Vec::new();
        for line in order {
            let room = match line {
                Line::Jobs(Priority::Low) => low.min(max - expected.len()),
                _ => max - expected.len(),
            };
            let waiting = self.waiting.get(line).into_iter().flatten();
            expected.extend(waiting.take(room).cloned());
        }
        expected
    }

    /// Checks what a worker got, and takes it out.
    fn take(&mut self, wish: Wish, claimed: &[Claimed]) {
        let [high, normal, low] = Priority::ALL.map(Line::Jobs);
        let taken = jobs(claimed);
        self.claims.extend(claims(claimed));
        match wish {
            Wish::Messages(_) => assert_eq!(taken, self.expected(&[Line::Messages], wish)),
            Wish::Jobs { .. } => {
                let usual = taken == self.expected(&[high, normal, low], wish);
                let others = [[normal, high, low], [low, high, normal]];
                assert!(
                    usual || others.iter().any(|it| taken == self.expected(it, wish)),
                    "{taken:?} came for {wish:?}"
                );
                self.calls += 1;
                self.began_otherwise += usize::from(!usual);
                assert!(self.began_otherwise <= self.calls / 4 + 2);
            }
        }
        for ticket in &taken {
            let first = self
                .waiting
                .get_mut(&ticket.line)
                .and_then(VecDeque::pop_front);
            assert_eq!(first.as_ref(), Some(ticket));
        }
    }

    fn len(&self) -> u64 {
        let waiting: usize = self.waiting.values().map(VecDeque::len).sum();
        (waiting + self.claims.len()) as u64
    }
}

async fn holds(queues: Queues, steps: &[Step]) {
    swept(&queues.here).await;
    let mut model = Model::default();
    for step in steps {
        match step {
            Step::Push { lines, there } => {
                let tickets: Vec<Ticket> = lines.iter().map(|line| model.push(*line)).collect();
                let queue = if *there { &queues.there } else { &queues.here };
                queue.push(&tickets).await.unwrap();
            }
            Step::Take(wish) => {
                let taken = queues
                    .here
                    .take("ada", *wish, Duration::ZERO)
                    .await
                    .unwrap();
                assert!(!taken.reborn);
                model.take(*wish, &taken.tickets);
            }
            Step::Settle { some, there } => {
                let mut claims = Vec::new();
                for index in some {
                    if !model.claims.is_empty() {
                        claims.push(model.claims.swap_remove(index.index(model.claims.len())));
                    }
                }
                let queue = if *there { &queues.there } else { &queues.here };
                queue.settle(&claims).await.unwrap();
            }
        }
        assert_eq!(count(&queues.there).await, model.len());
    }
    for wish in [ANY, Wish::Messages(1_000)] {
        let rest = queues.here.take("ada", wish, Duration::ZERO).await.unwrap();
        model.take(wish, &rest.tickets);
    }
    assert_eq!(model.len(), model.claims.len() as u64, "not all came");
    queues.here.settle(&model.claims).await.unwrap();
    assert_eq!(count(&queues.there).await, 0);
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn each_comes_once_and_in_order_in_memory(steps in prop::collection::vec(step(), 1..60)) {
        runtime().block_on(holds(memory(CLAIM_TIMEOUT), &steps));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn each_comes_once_and_in_order_on_redis(steps in prop::collection::vec(step(), 1..60)) {
        if let Some(corner) = Corner::open() {
            runtime().block_on(async {
                holds(on_redis(&corner, CLAIM_TIMEOUT).await, &steps).await;
            });
        }
    }
}
