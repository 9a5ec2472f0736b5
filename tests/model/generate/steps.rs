//! Steps: what may happen, before it has a place, a time and an id.

use std::fmt;

use heard::model::{Intent, ResponseKind, Status, SurveyScale, Visibility};
use proptest::prelude::*;
use proptest::sample::select;

use super::people::{CARRIED, LONG_MATTER, LONGER_MATTER, MATTER, SAME_MATTER};
use super::time::{Absurd, Gap, When, gap, slow, when};
use crate::rules::{DAY, HOUR, MS, SECOND};

/// What a step is, before it has a place, a time and an id.
#[derive(Clone, Debug)]
pub(super) enum Deed {
    Say(Say),
    Reply(Reply),
    Change(Change),
    Know(Know),
    Ask(Ask),
}

#[derive(Clone, Debug)]
pub(super) struct Step {
    /// Always, until a failing journey is shrunk: then what it does without goes, and the others stay where
    /// they are.
    pub(super) is_told: bool,
    pub(super) when: When,
    pub(super) place: usize,
    pub(super) who: usize,
    pub(super) deed: Deed,
    pub(super) arrival: u8,
    pub(super) again: Option<u8>,
    /// How long after it happened the log has it.
    pub(super) skew: i64,
    /// What is wrong with its time, if anything is.
    pub(super) absurd: Option<Absurd>,
}

#[derive(Clone, Debug)]
pub(super) struct Say {
    pub(super) id: usize,
    /// A customer's or the company's message that it replies to.
    pub(super) to: Option<(bool, usize)>,
    pub(super) own_conversation: bool,
    pub(super) intent: Option<Intent>,
    pub(super) automatic: bool,
    pub(super) visibility: Option<Visibility>,
    pub(super) rating: Option<f64>,
    pub(super) sentiment: Option<f64>,
    pub(super) words: &'static str,
    pub(super) about: About,
    pub(super) revised: Revised,
}

/// What a record is about.
#[derive(Clone, Debug)]
pub(super) struct About {
    pub(super) brand: Option<&'static str>,
    pub(super) issue: Option<&'static str>,
    pub(super) audience: Option<i64>,
}

/// What a further step with the same id is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Revised {
    Edited,
    SaidAtAnotherTime,
    Deleted,
    /// Something else under the same revision, which says when it was edited, or does not.
    Conflicting {
        says_when: bool,
    },
    /// The message of whoever the step names, under the same id and revision.
    Stranger,
}

#[derive(Clone, Debug)]
pub(super) struct Reply {
    pub(super) id: usize,
    pub(super) kind: ResponseKind,
    pub(super) status: Option<Status>,
    pub(super) to: Option<(bool, usize)>,
    pub(super) names: bool,
    pub(super) answers: Option<usize>,
    pub(super) visibility: Option<Visibility>,
    pub(super) invites_to: Option<usize>,
    pub(super) promises: Option<Gap>,
    /// By how much the company's clock is slow.
    pub(super) slow: i64,
    pub(super) agent: Option<&'static str>,
    pub(super) team: Option<&'static str>,
    pub(super) revised: Revised,
}

#[derive(Clone, Debug)]
pub(super) struct Change {
    pub(super) id: usize,
    /// A message that it is about.
    pub(super) to: Option<(bool, usize)>,
    pub(super) names: bool,
    pub(super) status: Option<Status>,
    pub(super) owner: Option<&'static str>,
    pub(super) team: Option<&'static str>,
    pub(super) confirmed: Option<bool>,
    pub(super) cause: Option<&'static str>,
    pub(super) about: About,
}

#[derive(Clone, Debug)]
pub(super) struct Know {
    pub(super) customer: usize,
    pub(super) carries: Vec<usize>,
    pub(super) merged_into: Option<usize>,
    pub(super) tier: Option<&'static str>,
    pub(super) vulnerable: bool,
    pub(super) value: Option<f64>,
}

#[derive(Clone, Debug)]
pub(super) struct Ask {
    pub(super) id: usize,
    pub(super) conversation: bool,
    pub(super) names: bool,
    pub(super) relationship: bool,
    pub(super) scale: SurveyScale,
    pub(super) score: usize,
}

/// One of these, at most.
pub(super) fn maybe<T: Clone + fmt::Debug + 'static>(
    some: &[T],
) -> impl Strategy<Value = Option<T>> + use<T> {
    prop::option::weighted(0.25, select(some.to_vec()))
}

pub(super) fn about() -> impl Strategy<Value = About> {
    (
        maybe(&["north", "south"]),
        maybe(&["parcel", "bill"]),
        maybe(&[9, 10, 5000]),
    )
        .prop_map(|(brand, issue, audience)| About {
            brand,
            issue,
            audience,
        })
}

pub(super) fn visibility() -> impl Strategy<Value = Option<Visibility>> {
    maybe(&[Visibility::Private, Visibility::Public])
}

pub(super) fn revised() -> impl Strategy<Value = Revised> {
    prop_oneof![
        4 => Just(Revised::Edited),
        2 => Just(Revised::SaidAtAnotherTime),
        2 => Just(Revised::Deleted),
        2 => any::<bool>().prop_map(|says_when| Revised::Conflicting { says_when }),
        1 => Just(Revised::Stranger),
    ]
}

pub(super) fn status() -> impl Strategy<Value = Option<Status>> {
    let all = [
        Status::Resolved,
        Status::Pending,
        Status::Reopened,
        Status::LetGo,
        Status::Resolved,
    ];
    prop::option::weighted(0.4, select(all.to_vec()))
}

pub(super) fn say() -> impl Strategy<Value = Deed> {
    let intent = maybe(&[Intent::Thanks, Intent::Praise, Intent::Complaint, Intent::Thanks]);
    let words = prop_oneof![
        6 => Just(""),
        1 => Just(" my lawyer"),
        1 => Just(" my son is in hospital"),
        1 => Just(" i am leaving"),
        1 => Just(" you idiots"),
        2 => Just(MATTER),
        1 => Just(SAME_MATTER),
        1 => Just(LONG_MATTER),
        1 => Just(LONGER_MATTER),
    ];
    let said = (
        0..6_usize,
        prop::bool::weighted(0.1),
        intent,
        prop::bool::weighted(0.1),
        visibility(),
        prop::option::weighted(0.2, (any::<bool>(), 0..6_usize)),
    );
    let told = (
        maybe(&[1.0, 2.0, 5.0]),
        maybe(&[-1.0, -0.25, 0.5]),
        words,
        about(),
        revised(),
    );
    (said, told).prop_map(|(said, told)| {
        let (id, own_conversation, intent, automatic, visibility, to) = said;
        let (rating, sentiment, words, about, revised) = told;
        Deed::Say(Say {
            id,
            to,
            own_conversation,
            intent,
            automatic,
            visibility,
            rating,
            sentiment,
            words,
            about,
            revised,
        })
    })
}

pub(super) fn reply() -> impl Strategy<Value = Deed> {
    use ResponseKind::{AutoAck, Bot, Community, Human, Note, Unknown};
    let kind = prop_oneof![
        6 => Just(Human),
        3 => Just(Bot),
        1 => select(vec![AutoAck, Note, Community, Unknown])
    ];
    let to = prop::option::weighted(0.3, (any::<bool>(), 0..6_usize));
    let aimed = (
        0..8_usize,
        kind,
        status(),
        to,
        prop::bool::weighted(0.2),
        maybe(&[0_usize, 1, 2]),
    );
    let promises = prop::option::weighted(0.15, gap());
    let invites = maybe(&[0_usize, 1, 2, 3]);
    let rest = (
        visibility(),
        invites,
        promises,
        (maybe(&["care", "claims"]), maybe(&["ada", "bea"])),
        revised(),
        slow(),
    );
    (aimed, rest).prop_map(|(aimed, rest)| {
        let (id, kind, status, to, names, answers) = aimed;
        let (visibility, invites_to, promises, (team, agent), revised, slow) = rest;
        Deed::Reply(Reply {
            id,
            kind,
            status,
            to,
            names,
            answers,
            visibility,
            invites_to,
            promises,
            slow,
            agent,
            team,
            revised,
        })
    })
}

pub(super) fn change() -> impl Strategy<Value = Deed> {
    let decided = (
        0..8_usize,
        prop::option::weighted(0.3, (any::<bool>(), 0..6_usize)),
        prop::bool::weighted(0.2),
        prop::option::weighted(0.8, status()),
    );
    let told = (
        maybe(&["olga", "omar"]),
        maybe(&["care", "claims"]),
        maybe(&[true, false]),
        maybe(&["rain"]),
    );
    (decided, told, about()).prop_map(
        |((id, to, names, status), (owner, team, confirmed, cause), about)| {
            Deed::Change(Change {
                id,
                to,
                names,
                status: status.flatten(),
                owner,
                team,
                confirmed,
                cause,
                about,
            })
        },
    )
}

pub(super) fn know() -> impl Strategy<Value = Deed> {
    let carries = prop::collection::vec(0..CARRIED.len(), 0..4);
    let merged_into = prop::option::weighted(0.3, 0..4_usize);
    let profile = (
        maybe(&["gold", "GOLD", "silver"]),
        any::<bool>(),
        maybe(&[99.0, 1000.0]),
    );
    (0..3_usize, carries, merged_into, profile).prop_map(
        |(customer, carries, merged_into, (tier, vulnerable, value))| {
            Deed::Know(Know {
                customer,
                carries,
                merged_into,
                tier,
                vulnerable,
                value,
            })
        },
    )
}

pub(super) fn ask() -> impl Strategy<Value = Deed> {
    use SurveyScale::{Csat1To5, Nps0To10, Stars1To5};
    let scale = select(vec![Nps0To10, Stars1To5, Csat1To5]);
    (
        0..20_usize,
        any::<bool>(),
        any::<bool>(),
        prop::bool::weighted(0.2),
        scale,
        0..11_usize,
    )
        .prop_map(|(id, conversation, names, relationship, scale, score)| {
            Deed::Ask(Ask {
                id,
                conversation,
                names,
                relationship,
                scale,
                score,
            })
        })
}

/// Boxed, since a journey has many: they would take up more of the stack than tests have.
pub(super) fn step() -> BoxedStrategy<Step> {
    step_of(prop_oneof![6 => say(), 5 => reply(), 2 => change(), 2 => know(), 1 => ask()])
}

fn step_of(deed: impl Strategy<Value = Deed> + 'static) -> BoxedStrategy<Step> {
    let skew = prop_oneof![8 => Just(0), 1 => Just(SECOND), 1 => Just(-HOUR), 1 => Just(DAY)];
    let wrong = prop_oneof![
        Just(Absurd::InSeconds),
        select(vec![DAY + MS, 30_000 * DAY]).prop_map(Absurd::Ahead)
    ];
    let absurd = prop::option::weighted(0.01, wrong);
    let told = (
        any::<u8>(),
        prop::option::weighted(0.2, any::<u8>()),
        skew,
        absurd,
    );
    let is_told = prop::bool::weighted(1.0);
    let wherever = (when(), 0..8_usize, 0..8_usize);
    (is_told, wherever, deed, told)
        .prop_map(
            |(is_told, (when, place, who), deed, (arrival, again, skew, absurd))| Step {
                is_told,
                when,
                place,
                who,
                deed,
                arrival,
                again,
                skew,
                absurd,
            },
        )
        .boxed()
}

/// A customer's message.
pub(super) fn late_step() -> BoxedStrategy<Step> {
    step_of(say())
}
