//! Every order of what people and CodePipeline can do with a few releases: the gate lets through what it must, and
//! nothing else (I21-I23).
//!
//! All sequences are walked, and those that lead to the same place are walked on together: what a sequence of eight steps
//! out of twelve leads to is looked at for each of the 12⁸, in the time that the distinct places take.

mod judge;
mod model;

use std::collections::HashMap;

use judge::Judge;
use model::{Model, STEPS, STEPS_OF_TWO, Step};

/// How many people must approve, and what can happen.
struct Setting {
    needed: usize,
    steps: &'static [Step],
}

const DEPTH: u32 = 8;

#[test]
fn i21_i22_i23_in_every_order_of_eight_steps_what_passes_was_approved_and_what_was_approved_passes() {
    walk(&Setting { needed: 1, steps: &STEPS });
}

#[test]
fn i21_i22_i23_the_same_where_two_of_two_are_needed() {
    walk(&Setting { needed: 2, steps: &STEPS_OF_TWO });
}

fn walk(&Setting { needed, steps }: &Setting) {
    let mut judge = Judge::new(needed);
    let mut places = HashMap::from([(Model::new(needed), 1_u64)]);
    for _ in 1..DEPTH {
        let mut next = HashMap::new();
        for (place, orders) in places {
            for step in steps {
                *next.entry(place.clone().after(*step, &mut judge)).or_insert(0) += orders;
            }
        }
        places = next;
    }
    let mut orders = 0;
    for (place, ways) in &places {
        for step in steps {
            place.clone().after(*step, &mut judge);
            orders += ways;
        }
    }
    assert_eq!(orders, u64::try_from(steps.len()).expect("few").pow(DEPTH), "every order was walked");
    // A walk on which nothing ever passes, or is ever denied, shows nothing.
    let told = judge.told();
    assert!(told.iter().all(|(_, count)| *count > 0), "{told:?}");
    println!(
        "{orders} orders, {} places before the last step, the gate was asked {} questions: {told:?}",
        places.len(),
        judge.asked()
    );
}
