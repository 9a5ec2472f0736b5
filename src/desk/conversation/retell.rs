//! A case read whole from the rows of its conversation, for whoever explains it: its facts in their order, what they
//! come to, and how that is judged at any time. All of it by the functions by which the conversation itself works.

use super::attribution::Elders;
use super::case::CaseRow;
use super::fact::{Author, Fact};
use super::fold::Fold;
use super::kin::Joined;
use super::ledger::{Head, Ledger};
use super::level::Level;
use super::publish;
use super::refold::{attribute_all, note_speakers};
use super::view::{Judged, View, Yardstick};
use super::wait::Wait;
use super::who::Party;
use super::work::Brief;
use crate::config::rules::{ChannelRules, LevelSet, Span};
use crate::desk::row::Row;
use crate::desk::{Desk, State, keys};
use crate::model::{Case, Millis};
use crate::processor::{ActorKey, Corrupt};

/// A case, with all that was said in its conversation.
#[derive(Debug)]
pub struct Retold<'d> {
    /// Whose it is.
    pub author: Author,
    /// All facts of the conversation in their order, each with the case it belongs to.
    pub facts: Vec<Fact>,
    /// What those of the case come to.
    pub fold: Fold,
    /// Its waits that are over, in their order.
    pub closed: Vec<Wait>,
    head: Head,
    row: CaseRow,
    desk: &'d Desk,
    rules: &'d ChannelRules,
}

impl<'d> Retold<'d> {
    /// The case of an author in a conversation; `None` if there is no such case. What only its party can tell is taken
    /// from its record: who that is, and the tier whose levels hold. `with` are authors who are one customer with this
    /// one.
    ///
    /// # Errors
    ///
    /// State that cannot be read.
    pub fn read(
        desk: &'d Desk,
        state: &mut State<'_>,
        conversation: ActorKey,
        record: &Case,
        author: Author,
        with: &[Author],
    ) -> Result<Option<Self>, Corrupt> {
        let mut head = match state.get(&keys::head(conversation))? {
            Some(Row::Conversation(row)) => Head::clone(&row.head),
            _ => return Ok(None),
        };
        let Some(rules) = desk.settings().channel(&head.channel) else {
            return Ok(None);
        };
        let rules = rules.for_tier(record.tier.as_deref());
        let mut facts = Ledger::read(state, conversation, &head)?.facts().to_vec();
        let joined = Joined {
            customer: 0,
            authors: [author].into_iter().chain(with.iter().copied()).collect(),
        };
        let elders = Elders::default();
        attribute_all(desk.keys(), &mut facts, &[joined], &elders);
        note_speakers(&mut head, &facts, &elders);
        let mut closed = Vec::new();
        let own = facts.iter().filter(|fact| fact.case == author);
        let Some(fold) = Fold::of(own, rules, &mut closed) else {
            return Ok(None);
        };
        let mut row = CaseRow::new(author, record.case_id, &head.channel);
        row.who.party = Some(Party {
            key: record.party_key.clone(),
            customer_id: record.customer_id.clone(),
            settled: false,
        });
        Ok(Some(Self {
            author,
            facts,
            fold,
            closed,
            head,
            row,
            desk,
            rules,
        }))
    }

    /// Its facts, those that were taken out too.
    pub fn own(&self) -> impl Iterator<Item = &Fact> {
        self.facts.iter().filter(|fact| {
            let said = fact.customer_said().filter(|_| fact.deleted);
            fact.case == self.author || said.is_some_and(|said| said.author == self.author)
        })
    }

    /// The case as of `now`, with each of its waits.
    pub fn view(&self, now: Millis) -> View {
        View::of(&self.fold, &self.closed, self.yardstick(), now)
    }

    /// What its record says as of `now`, but for what only its party can tell: it has no findings.
    pub fn record(&self, now: Millis) -> Case {
        let view = View::of(&self.fold, &[], self.yardstick(), now);
        let brief = Brief {
            head: &self.head,
            row: &self.row,
            fold: &self.fold,
            view: &view,
            rules: self.rules,
            weights: &self.desk.settings().priority,
            wall: now,
        };
        publish::record(&brief, 0)
    }

    /// The level of a clock: its set, and how long it allows.
    pub fn level(&self, clock: &Judged) -> Option<(&'d LevelSet, Span)> {
        let set = self.rules.levels.in_force(clock.from);
        let span = match clock.level {
            Level::Acknowledge => set.acknowledge,
            Level::Answer => set.answer,
            Level::Next => set.next,
            Level::Resolve => set.resolve,
        };
        Some((set, span?))
    }

    /// The levels' own time that is credited to a clock, milliseconds (rule 4).
    pub fn credit(&self, clock: &Judged) -> i64 {
        match clock.level {
            Level::Resolve => self.fold.credit_ms,
            _ => 0,
        }
    }

    /// When a clock came to be at risk, or will.
    pub fn at_risk_since(&self, clock: &Judged) -> Option<Millis> {
        let (set, span) = self.level(clock)?;
        let share = self.desk.settings().at_risk;
        Some(set.at_risk(span, share, clock.from, self.credit(clock)))
    }

    /// The rules by which it is judged.
    pub fn rules(&self) -> &'d ChannelRules {
        self.rules
    }

    fn yardstick(&self) -> Yardstick<'d> {
        Yardstick {
            rules: self.rules,
            share: self.desk.settings().at_risk,
            again: None,
        }
    }
}
