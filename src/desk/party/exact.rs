//! What a party of many finds is what it would find if it looked at all of its members, and whoever has to be told
//! of a change is marked: random parties, from seeds.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use super::bearing::{is_case, is_compared};
use super::index::{Book, due};
use super::links::Links;
use super::members::{self, Member};
use super::near::{Near, near};
use super::panel::Known;
use super::place::Place;
use super::spread::Changed;
use super::surveys;
use super::worth::worth_looking_at;
use crate::config::rules::{HashSecret, PanelRules};
use crate::desk::message::{CaseRef, Findings, Standing};
use crate::desk::row::Row;
use crate::desk::score::{Score, Scored};
use crate::desk::summary::{Invitation, Summary};
use crate::desk::survey::Answer;
use crate::desk::{Effects, keys};
use crate::model::{CaseId, Millis, SurveyAbout, SurveyScale};
use crate::processor::{ActorKey, Corrupt, Effect, RowKey, State};
use crate::text::Sketch;

const HOUR: i64 = 3600 * 1000;
const PARTY: ActorKey = ActorKey {
    kind: keys::kind::PARTY,
    hash: 1,
};

#[derive(Default)]
struct Rows(BTreeMap<RowKey, Row>);

impl State<Row> for Rows {
    fn get(&mut self, key: &RowKey) -> Result<Option<&Row>, Corrupt> {
        Ok(self.0.get(key))
    }
}

/// Closes a book and opens it again, so that it is read from rows.
fn turn(book: Book, rows: &mut Rows) -> Book {
    let mut effects = Effects::default();
    let index = book.close(&mut effects);
    for effect in effects.drain() {
        match effect {
            Effect::Store {
                row,
                value: Some(value),
            } => _ = rows.0.insert(row, value),
            Effect::Store { row, value: None } => _ = rows.0.remove(&row),
            _ => {}
        }
    }
    Book::open(PARTY, index)
}

/// Numbers from a seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % sides
    }

    fn one_in(&mut self, sides: u64) -> bool {
        self.below(sides) == 0
    }

    fn after(&mut self, at: Millis, hours: u64) -> Millis {
        at.plus(self.below(hours) as i64 * HOUR)
    }

    fn maybe_after(&mut self, sides: u64, at: Millis, hours: u64) -> Option<Millis> {
        self.one_in(sides).then(|| self.after(at, hours))
    }

    fn scored(&mut self, n: u64, at: Millis) -> Scored {
        Scored {
            at,
            id: format!("s{n}").into(),
            revision: 0,
            score: Score {
                value: self.below(11) as f64,
                scale: SurveyScale::Nps0To10,
            },
        }
    }

    /// A case, or now and then a survey; `span`: hours within which all open.
    fn member(&mut self, n: u64, span: u64) -> Member {
        let case_id = CaseId::new("s", "c", &n.to_string(), "a");
        let at = Millis(self.below(span) as i64 * HOUR);
        let is_survey = self.one_in(12);
        let channel = ["social", "email", "phone"][self.below(3) as usize];
        let mut summary = Summary {
            opened_at: at,
            public: channel == "social",
            open: !self.one_in(3),
            handled: self.one_in(2),
            was_unanswered: self.one_in(4),
            unanswered_from: self.maybe_after(2, at, 72),
            answered_at: self.maybe_after(3, at, 72),
            waits_since: self.maybe_after(2, at, 2),
            matter: [
                None,
                None,
                [None, Some("x".into()), Some("y".into())][self.below(3) as usize].clone(),
            ],
            scores: (0..self.below(15).saturating_sub(12))
                .map(|nth| self.scored(n, at.plus((1 + nth as i64) * HOUR)))
                .collect(),
            audience: self.one_in(9).then_some(20_000),
            ..Summary::nothing(case_id, channel.into())
        };
        if self.one_in(4) {
            let closed = self.after(at, 100);
            summary.journey.was_resolved(closed, self.after(closed, 100));
        }
        if !summary.open {
            summary.resolved_at = Some(self.after(at, 300));
            summary.first_resolved_at = summary.resolved_at;
        }
        if self.one_in(5) {
            summary.journey.invited(Invitation {
                at: self.after(at, 200),
                message: "r".into(),
                channel: ["email", "phone"][self.below(2) as usize].into(),
            });
        }
        if self.one_in(2) {
            let text = "the same words, of more than forty characters in all, said in ".to_owned();
            let text = text + ["a letter", "one call that took an hour", "a post"][self.below(3) as usize];
            summary.begins_with = Sketch::of(&text, &HashSecret::TRIAL).map(Arc::new);
        }
        let standing = if self.one_in(10) {
            Standing::Gone
        } else {
            Standing::Member
        };
        if standing == Standing::Gone || is_survey {
            let case_id = if is_survey { CaseId::default() } else { case_id };
            summary = Summary::nothing(case_id, "".into());
        }
        let scored = self.scored(n, at);
        Member {
            case: CaseRef {
                conversation: n.into(),
                author: u64::from(!is_survey),
            },
            membership: 1,
            number: 1,
            standing,
            settled: false,
            summary,
            survey: is_survey.then_some(Answer {
                scored,
                about: SurveyAbout::Case,
            }),
            told: 0,
            told_history: 0,
        }
    }
}

/// A party of so many members, which came in any order, some of them twice.
fn party(dice: &mut Dice, rows: &mut Rows, span: u64) -> (Book, Vec<Member>) {
    let mut book = turn(Book::new(PARTY), rows);
    let mut all: Vec<Member> = Vec::new();
    let many = 20 + dice.below(150);
    let in_order = dice.below(3);
    let mut coming: Vec<Member> = (0..many).map(|n| dice.member(n, span)).collect();
    match in_order {
        0 => coming.sort_by_key(Place::of),
        1 => coming.sort_by_key(|member| std::cmp::Reverse(Place::of(member))),
        _ => {}
    }
    for member in coming {
        if dice.one_in(8) && !all.is_empty() {
            let gone = all.swap_remove(dice.below(all.len() as u64) as usize);
            book.remove(Place::of(&gone), rows).expect("it is there");
        }
        book.put(member.clone(), rows).expect("it is put");
        all.push(member);
        book = turn(book, rows);
    }
    (book, all)
}

fn found(of: &Member, near: &Near<'_>) -> Findings {
    Findings {
        author: 0,
        membership: 0,
        number: 0,
        profile: None,
        tier_then: None,
        history: near.history,
        links: Links::of(of, &near.others),
        surveys: surveys::of(of, &near.others),
        compared: near.is_compared,
    }
}

/// What is found by looking at all members.
fn by_looking_at_all(of: &Member, all: &[Member]) -> Findings {
    let near = Near {
        others: Cow::Borrowed(all),
        is_compared: is_compared(of, all),
        history: members::history(of, all),
    };
    found(of, &near)
}

const SPANS: [u64; 4] = [60, 24 * 20, 24 * 120, 24 * 400];

#[test]
fn what_is_found_in_spans_is_what_is_found_in_all() {
    for seed in 0..120 {
        let (mut dice, mut rows) = (Dice(seed), Rows::default());
        let (book, all) = party(&mut dice, &mut rows, SPANS[seed as usize % SPANS.len()]);
        for member in all.iter().filter(|member| is_case(member)) {
            let near = near(member, &book, &mut rows).expect("rows can be read");
            assert_eq!(
                found(member, &near),
                by_looking_at_all(member, &all),
                "seed {seed}"
            );
        }
    }
}

#[test]
fn whoever_has_to_be_told_of_a_change_is_marked() {
    for seed in 0..400 {
        let (mut dice, mut rows) = (Dice(1000 + seed), Rows::default());
        let span = SPANS[seed as usize % SPANS.len()];
        let (mut book, mut all) = party(&mut dice, &mut rows, span);
        for member in &mut all {
            if is_case(member) {
                let told = by_looking_at_all(member, &all_but_told(&book, &mut rows));
                (member.told, member.told_history) = (told.digest(), told.history_digest());
                book.note_told(member, &mut rows).expect("it is there");
            }
        }
        book = turn(book, &mut rows);
        // One changes a little or altogether, or is new.
        let n = dice.below(all.len() as u64 + 5) as usize;
        let before = all.get(n).cloned();
        let name = before
            .as_ref()
            .map_or(5000 + seed, |known| known.case.conversation as u64);
        let mut now = dice.member(name, span);
        if let Some(known) = &before {
            (now.told, now.told_history) = (known.told, known.told_history);
            if known.survey.is_some() != now.survey.is_some() {
                continue;
            }
            if is_case(known) && is_case(&now) && dice.one_in(2) {
                now.summary = Summary {
                    opened_at: known.summary.opened_at,
                    channel: known.summary.channel.clone(),
                    public: known.summary.public,
                    ..now.summary
                };
            }
        }
        let sums = book.sums();
        if let Some(known) = &before {
            book.remove(Place::of(known), &mut rows).expect("it is there");
            all.remove(n);
        }
        book.put(now.clone(), &mut rows).expect("it is put");
        Changed::new(before.as_ref(), &now, &sums, &book)
            .mark(&mut book, &mut rows)
            .expect("rows can be read");
        all.push(now.clone());
        book = turn(book, &mut rows);
        let (mut to_all, mut to_handled) = (HashSet::new(), HashSet::new());
        while let Some(page) = book.take_due(&mut rows).expect("rows can be read") {
            for member in book.members(&page, &mut rows).expect("rows can be read") {
                if page.due & due::FINDINGS != 0 {
                    to_all.insert(member.case);
                } else if member.summary.handled {
                    to_handled.insert(member.case);
                }
            }
        }
        for member in all
            .iter()
            .filter(|member| is_case(member) && member.case != now.case)
        {
            let (case, is) = (member.case, by_looking_at_all(member, &all));
            if is.digest() != member.told {
                assert!(
                    to_all.contains(&case),
                    "seed {seed}: {case:?} after {before:?} became {now:?}"
                );
            } else if member.summary.handled && is.history_digest() != member.told_history {
                let is_marked = to_all.contains(&case) || to_handled.contains(&case);
                assert!(
                    is_marked,
                    "seed {seed}: history of {case:?} after {before:?} became {now:?}"
                );
            }
        }
    }
}

/// All members, read from their pages.
fn all_but_told(book: &Book, rows: &mut Rows) -> Vec<Member> {
    let all = Place::before(Millis(i64::MIN))..Place::END;
    let pages = book.pages_in(&all, |_, _| true, rows).expect("rows can be read");
    let members = pages
        .iter()
        .map(|page| book.members(page, rows).expect("rows can be read").to_vec());
    members.collect::<Vec<_>>().concat()
}

#[test]
fn whom_it_is_worth_asking_shows_in_a_few_members() {
    for seed in 0..200 {
        let (mut dice, mut rows) = (Dice(2000 + seed), Rows::default());
        let (book, all) = party(&mut dice, &mut rows, SPANS[seed as usize % SPANS.len()]);
        let lifetime_value = dice.one_in(2).then_some(50_000.0);
        let few = worth_looking_at(&book, lifetime_value.is_some(), &mut rows).expect("rows can be read");
        let candidates = |members: &[Member]| {
            let known = Known {
                members,
                lifetime_value,
            };
            known.candidates(&PanelRules::default())
        };
        assert_eq!(candidates(&few), candidates(&all), "seed {seed}");
    }
}
