//! A record arrives: a duplicate, the next message of its case, or one that makes all be folded anew.

use std::sync::Arc;

use super::Actor;
use super::case::CaseRow;
use super::events::News;
use super::fact::{Addressee, Author, Class, Fact, Mention, Said};
use super::fold::Fold;
use super::forget::is_or_becomes;
use super::ledger::{self, Head};
use super::order::Turn;
use super::record;
use super::settle::Change;
use super::speaker;
use super::version::join;
use crate::desk::figures::{Counted, FORGOTTEN_LATE, RecordKind, SURVEYS, SURVEYS_KNOWN, SURVEYS_REVISED};
use crate::desk::forgetting::is_hidden;
use crate::desk::keys::{Keys, part};
use crate::desk::row::Row;
use crate::model::{CaseId, Complaint, Identifier, Millis, Response};
use crate::processor::{Corrupt, Figure, Rejection};

/// A record on its way into the conversation: its fact, and what facts do not keep.
pub(super) struct Arrival<'m> {
    pub source: &'m str,
    pub channel: &'m str,
    pub conversation_id: &'m str,
    pub fact: Fact,
    pub complaint: Option<&'m Arc<Complaint>>,
    pub response: Option<&'m Response>,
    /// What came from an input, to be counted by channel.
    pub kind: Option<RecordKind>,
}

impl Actor<'_, '_> {
    pub(super) fn arrive(&mut self, mut arrival: Arrival<'_>) -> Result<(), Rejection> {
        let mut head = match self.read_head()? {
            Some(head) => Arc::unwrap_or_clone(head),
            None => Head {
                source: arrival.source.into(),
                channel: arrival.channel.into(),
                conversation_id: arrival.conversation_id.into(),
                ..Head::default()
            },
        };
        self.rules(&head)?;
        let past = head.retired.as_ref().map(|retired| retired.until);
        arrival.fact.late = past.is_some_and(|until| arrival.fact.at <= until);
        if head.forgotten && self.is_dropped(&head, &mut arrival)? {
            self.effects.count(FORGOTTEN_LATE, 1);
            return Ok(self.leave_name(head, arrival.fact)?);
        }
        if arrival.complaint.is_some() && *head.conversation_id != *arrival.conversation_id {
            head.conversation_id = arrival.conversation_id.into(); // somebody speaks again whom it may name
        }
        let known = self.known(&head, &mut arrival.fact)?;
        if known.is_empty() {
            if self.is_gone(&head, &arrival.fact)? {
                return self.revise_gone(&head, &arrival);
            }
            self.count_taken(&arrival);
            self.tell_answered(&arrival, &known);
            if head.tail.len() >= ledger::BLOCK {
                self.complete(&mut head.tail)?; // it may be sealed
            }
            if self.is_in_order(&head, &mut arrival.fact)? {
                return self.extend(&mut head, arrival);
            }
            if self.insert(&mut head, &mut arrival)? {
                return Ok(());
            }
            self.complete(std::slice::from_mut(&mut arrival.fact))?;
            let now = vec![(arrival.fact.clone(), Vec::new())];
            return self.refold(&mut head, arrival, &known, now);
        }
        if self.is_of_forgotten(&head, &arrival.fact, &known)? {
            self.effects.count(FORGOTTEN_LATE, 1);
            return Ok(());
        }
        self.revise(head, arrival, known)
    }

    /// The facts of the message that one is of which has come. Of a forgotten author's message only the hash of its id is
    /// left: more of it is called by that. What somebody else has written under its id is another message.
    fn known(&mut self, head: &Head, fact: &mut Fact) -> Result<Vec<Fact>, Corrupt> {
        let (keys, class) = (*self.desk.keys(), fact.said.class());
        let mut known = ledger::find(&keys, self.state, self.key, head, class, &fact.id)?;
        let is_left = |known: &Fact| is_hidden(&known.id);
        if !known.iter().any(is_left) {
            return Ok(known);
        }
        let is_same = |known: &Fact| match (known.customer_said(), fact.customer_said()) {
            (Some(_), Some(came)) => {
                let mut authors = known.versions_said().filter_map(|said| match said {
                    Said::Customer(said) => Some(said.author),
                    _ => None,
                });
                came.mentions.is_empty() || authors.any(|author| is_or_becomes(&keys, author, came.author))
            }
            _ => true,
        };
        match known.iter().find(|known| is_left(known) && is_same(known)) {
            Some(left) => {
                let id = left.id.clone();
                known.retain(|known| is_left(known) && is_same(known));
                fact.id = id;
            }
            None => {
                let taken = known.iter().map(Fact::twin).max();
                known.retain(|known| !is_left(known));
                if known.is_empty() {
                    fact.number_twin(taken.unwrap_or_default().saturating_add(1));
                }
            }
        }
        Ok(known)
    }

    /// Rule 1: one more version of a message that is known, or of a message whose id is; or one of them again.
    fn revise(
        &mut self,
        mut head: Head,
        mut arrival: Arrival<'_>,
        mut known: Vec<Fact>,
    ) -> Result<(), Rejection> {
        // What stands may give way: then the text that says how it began is at hand no more.
        self.complete(&mut known)?;
        self.complete(std::slice::from_mut(&mut arrival.fact))?;
        let mut all = Vec::with_capacity(known.len());
        for fact in &known {
            all.push((fact.clone(), self.identifiers_of(fact)?));
        }
        let given = arrival
            .complaint
            .map(|complaint| complaint.author.identifiers.clone());
        let came = (arrival.fact.clone(), given.unwrap_or_default());
        let Some(joined) = join(all, came, &self.desk.settings().secret) else {
            self.count_duplicate(&arrival);
            return Ok(());
        };
        if joined.is_known {
            self.count_duplicate(&arrival);
        } else if joined.is_conflict {
            self.count_record(&arrival, Counted::Conflict, SURVEYS_REVISED);
        } else {
            self.count_taken(&arrival);
        }
        self.tell_answered(&arrival, &known);
        if head.tail.len() >= ledger::BLOCK {
            self.complete(&mut head.tail)?;
        }
        let past = head.retired.as_ref().map(|retired| retired.until);
        let mut now = joined.facts;
        for (fact, _) in &mut now {
            fact.late = past.is_some_and(|until| fact.at <= until);
        }
        self.refold(&mut head, arrival, &known, now)
    }

    /// The identifiers of the author of a message that stands, as far as their case has them.
    fn identifiers_of(&mut self, fact: &Fact) -> Result<Vec<Identifier>, Corrupt> {
        let Said::Customer(said) = &fact.said else {
            return Ok(Vec::new());
        };
        let Some(row) = self.case_of(said.author)? else {
            return Ok(Vec::new());
        };
        let asked = row.who.asked.iter();
        let own = asked.filter(|asked| said.mentions.contains(&asked.mention));
        Ok(own.map(|asked| asked.identifier.clone()).collect())
    }

    pub(super) fn count_taken(&mut self, arrival: &Arrival<'_>) {
        self.count_record(arrival, Counted::Taken, SURVEYS);
    }

    pub(super) fn count_duplicate(&mut self, arrival: &Arrival<'_>) {
        self.count_record(arrival, Counted::Duplicate, SURVEYS_KNOWN);
    }

    pub(super) fn count_record(
        &mut self,
        arrival: &Arrival<'_>,
        outcome: fn(RecordKind) -> Counted,
        of_surveys: Figure,
    ) {
        if matches!(arrival.fact.said, Said::Surveyed(_)) {
            self.effects.count(of_surveys, 1);
        }
        let figures = self.desk.figures().channel(arrival.channel);
        if let (Some(figures), Some(kind)) = (figures, arrival.kind) {
            self.effects.count(figures.records(outcome(kind)), 1);
        }
    }

    /// Whether a fact can only add to the end: later than all others ([`super::order`]), and not what an earlier
    /// response was looking for. Then it is put at its place.
    pub(super) fn is_in_order(&mut self, head: &Head, fact: &mut Fact) -> Result<bool, Corrupt> {
        if fact.deleted {
            return Ok(false);
        }
        match head.latest {
            Some(latest) if fact.at <= latest => {
                if !self.is_last_of_latest(head, latest, fact)? {
                    return Ok(false);
                }
            }
            _ => fact.put(fact.at, Turn::first(fact.said.class())),
        }
        // The first to speak: a survey that names nobody is about them.
        if head.first_author == 0 && !head.is_new() && fact.customer().is_some() {
            return Ok(false);
        }
        if let Some(said) = fact.customer()
            && self.tells_who(head, said)?
        {
            return Ok(false);
        }
        Ok(!self.is_looked_for(head, fact)?)
    }

    /// Whether an earlier response was looking for this message or its author.
    pub(super) fn is_looked_for(&mut self, head: &Head, fact: &Fact) -> Result<bool, Corrupt> {
        if head.unmet {
            for name in names(self.desk.keys(), fact) {
                if self.state.get(&self.row(part::UNMET, name))?.is_some() {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// The message that a fact replies to, if it stands.
    pub(super) fn target(&mut self, head: &Head, fact: &Fact) -> Result<Option<Fact>, Corrupt> {
        let Some(id) = fact.said.reply_to() else {
            return Ok(None);
        };
        for class in [Class::Customer, Class::Company] {
            let found = ledger::find(self.desk.keys(), self.state, self.key, head, class, id)?;
            // Of several people's messages of one id it is the first.
            let standing = found.into_iter().filter(|found| !found.deleted);
            if let Some(found) = standing.min_by_key(Fact::seniority) {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// Whether a fact is of the same moment as the latest that are known, and comes after all of these.
    fn is_last_of_latest(&mut self, head: &Head, latest: Millis, fact: &mut Fact) -> Result<bool, Corrupt> {
        let Some(moment) = head.latest_moment().filter(|_| !head.forgotten) else {
            return Ok(false);
        };
        let names_it = |other: &&Fact| other.said.reply_to() == Some(&fact.id);
        if moment.iter().any(names_it) || fact.said.reply_to() == Some(&fact.id) {
            return Ok(false);
        }
        fact.follow(self.target(head, fact)?.as_ref());
        Ok(fact.at == latest && moment.iter().all(|other| other.place() < fact.place()))
    }

    /// Remembers that a response names something that is not known.
    pub(super) fn miss(&mut self, head: &mut Head, name: u64) -> Result<(), Corrupt> {
        head.unmet = true;
        let row = self.row(part::UNMET, name);
        if self.state.get(&row)?.is_none() {
            self.effects.store(row, Row::Unmet { by_past: false });
        }
        Ok(())
    }

    /// The short way: a message in order.
    pub(super) fn extend(&mut self, head: &mut Head, arrival: Arrival<'_>) -> Result<(), Rejection> {
        let Arrival {
            mut fact, complaint, ..
        } = arrival;
        match &fact.said {
            Said::Customer(said) => {
                fact.case = self.speaker(head, &fact, said)?;
                if head.first_author == 0 {
                    head.first_author = fact.case;
                }
                head.last_author = fact.case;
                let identifiers = complaint.map_or(&[][..], |c| &c.author.identifiers);
                self.alias(said.author, identifiers)?;
            }
            Said::Company(_) | Said::Changed(_) => {
                fact.case = match fact.said.addressee() {
                    Some(to) => self.addressed(head, to)?.unwrap_or(head.last_author),
                    None => head.last_author,
                };
            }
            Said::Surveyed(survey) => {
                fact.case = self.addressed(head, &survey.to)?.unwrap_or(head.first_author);
            }
        }
        let author = fact.case;
        let asks = matches!(&fact.said, Said::Customer(said) if said.author == author);
        if self.is_theirs(head, &fact)? {
            self.hide_late(&mut fact);
        }
        let is_first = head.is_new();
        match head.latest {
            Some(latest) if latest == fact.at => head.at_latest += 1,
            _ => (head.latest, head.at_latest) = (Some(fact.at), 1),
        }
        let recent = self.append(head, fact.clone());
        let before = if author == 0 || is_first {
            None
        } else {
            self.read_case(author)?
        };
        let fold_before = before.as_ref().and_then(|row| row.fold.clone());
        // Said to nobody: kept, in case its case comes to be.
        let row = before.or_else(|| Some(self.new_case(head, author, complaint?)));
        if let Some(mut row) = row {
            let rules = self.rules_for(head, &row)?;
            let mut closed = Vec::new();
            row.rebase(head);
            row.keep_past(head);
            match (&mut row.fold, &fact.said) {
                (Some(fold), _) => Arc::make_mut(fold).push(&fact, rules, &mut closed),
                (None, Said::Customer(said)) => {
                    row.fold = Some(Arc::new(Fold::open(&fact, said, rules, &mut closed)));
                }
                (None, _) => {}
            }
            self.settle(
                head,
                Change {
                    before: fold_before,
                    rules_before: None,
                    row,
                    closed_before: Vec::new(),
                    closed,
                    news: &[News::Gained(&fact)],
                    complaint,
                    is_whole: true,
                    asks,
                    bodies: &[],
                    facts: &recent,
                },
            )?;
        }
        self.keep_head(head);
        Ok(())
    }

    /// Stores the head after a fact was added.
    pub(super) fn keep_head(&mut self, head: &mut Head) {
        let wait = self.desk.settings().retire_after.ms();
        let now = self.cx.now;
        let latest = head.latest;
        head.retire_at
            .get_or_insert_with(|| latest.map_or(now, |latest| latest.max(now)).plus(wait));
        self.put_head(Arc::new(std::mem::take(head)));
    }

    /// Rule 3, for a message in order: everyone it could mean is known by now. `None` if it means nobody
    /// who is.
    pub(super) fn addressed(&mut self, head: &mut Head, to: &Addressee) -> Result<Option<Author>, Corrupt> {
        if let Some(target) = &to.reply_to {
            for class in [Class::Customer, Class::Company] {
                let known = ledger::find(self.desk.keys(), self.state, self.key, head, class, target)?;
                // Of several people's messages of one id it is the first.
                let standing = known.iter().filter(|fact| !fact.deleted);
                match standing.min_by_key(|fact| fact.seniority()) {
                    Some(fact) => {
                        if fact.case != 0 {
                            return Ok(Some(fact.case));
                        }
                        break;
                    }
                    None => self.miss(head, ledger::name(self.desk.keys(), class, target))?,
                }
            }
        }
        if let Some(author) = to.author {
            if let Some(case) = self.case_with(head, author)? {
                return Ok(Some(case));
            }
            self.miss(head, author)?;
        }
        for &(mention, author) in &to.mentions {
            if let Some(known) = self.mentioned(head, mention, author)? {
                if !self.is_known(mention, author)? {
                    self.miss(head, mention)?; // they are called so elsewhere
                }
                return Ok(Some(known));
            }
            self.miss(head, mention)?;
            self.miss(head, author)?;
        }
        Ok(None)
    }

    /// Whose an identifier is here: the first one's who was given with it.
    fn mentioned(
        &mut self,
        head: &Head,
        mention: Mention,
        author: Author,
    ) -> Result<Option<Author>, Corrupt> {
        if let Some(Row::Alias(known)) = self.state.get(&self.row(part::ALIAS, mention))? {
            return Ok(Some(head.case_of(*known)));
        }
        // An identifier that is its author's key needs no row; and who was forgotten has none.
        self.case_with(head, author)
    }

    /// The case in which is what an author says, if they have said something that stands.
    fn case_with(&mut self, head: &Head, author: Author) -> Result<Option<Author>, Corrupt> {
        let case = head.case_of(author);
        Ok((case != author || self.has_case(author)?).then_some(case))
    }

    /// Remembers whose these identifiers are, for responses that name them.
    pub(super) fn alias(&mut self, author: Author, identifiers: &[Identifier]) -> Result<(), Corrupt> {
        let keys = self.desk.keys();
        for identifier in identifiers {
            let own = record::author_of(keys, identifier);
            if own == author {
                continue;
            }
            let mention = record::mention(keys, identifier);
            if !self.is_known(mention, own)? {
                self.effects
                    .store(self.row(part::ALIAS, mention), Row::Alias(author));
            }
        }
        Ok(())
    }

    /// Whether somebody was given with an identifier here, which would be the key of `own`: they themselves
    /// perhaps, but not if theirs is of another realm, which no key says.
    fn is_known(&mut self, mention: Mention, own: Author) -> Result<bool, Corrupt> {
        if self.state.get(&self.row(part::ALIAS, mention))?.is_some() {
            return Ok(true);
        }
        let Some(case) = self.case_of(own)? else {
            return Ok(false);
        };
        let is_left = case.forgotten.is_some() && case.fold.is_some();
        Ok(is_left || case.own_mentions().contains(&mention))
    }

    pub(super) fn new_case(&self, head: &Head, author: Author, complaint: &Complaint) -> CaseRow {
        let key = record::message_key(self.desk.settings(), complaint);
        let key = self.name_of(key, author);
        CaseRow::new(
            author,
            CaseId::new(&head.source, &head.channel, &head.conversation_id, &key),
            &head.channel,
        )
    }

    /// The case of the author of a message that names nobody.
    pub(super) fn nameless_case(&self, head: &Head, author: Author, id: &str) -> CaseRow {
        let key = record::nameless_key(id);
        let case_id = CaseId::new(&head.source, &head.channel, &head.conversation_id, &key);
        CaseRow::new(author, case_id, &head.channel)
    }
}

/// The names by which responses may have looked for a message: its own, its author's, those of its
/// author's identifiers.
pub(super) fn names<'f>(keys: &Keys, fact: &'f Fact) -> impl Iterator<Item = u64> + use<'f> {
    let (author, mentions): (_, &[Mention]) = match &fact.said {
        Said::Customer(said) => (Some(said.author), &said.mentions),
        _ => (None, &[]),
    };
    let name = ledger::name(keys, fact.said.class(), &fact.id);
    [name].into_iter().chain(author).chain(mentions.iter().copied())
}

/// The names of the messages and people that a fact may mean: what to look for, and to go on looking for until
/// it is known.
pub(super) fn wanted<'f>(keys: &Keys, fact: &'f Fact) -> impl Iterator<Item = u64> + use<'f> {
    let keys = *keys;
    let begun = speaker::goes_on_from(&keys, fact).into_iter();
    let begun = begun.map(move |id| ledger::name(&keys, Class::Customer, id));
    let meant = fact.said.addressee().into_iter();
    begun.chain(meant.flat_map(move |to| meant_by(&keys, to)))
}

fn meant_by<'f>(keys: &Keys, to: &'f Addressee) -> impl Iterator<Item = u64> + use<'f> {
    let keys = *keys;
    let target = to.reply_to.iter();
    let messages = target.flat_map(|id| [Class::Customer, Class::Company].map(|class| (class, id)));
    let messages = messages.map(move |(class, id)| ledger::name(&keys, class, id));
    let mentions = to
        .mentions
        .iter()
        .flat_map(|(mention, author)| [*mention, *author]);
    messages.chain(to.author).chain(mentions)
}
