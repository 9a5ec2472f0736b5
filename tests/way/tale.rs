//! A tale: lines that may arrive in any order, and what must come of them each time.

use heard::model::{Case, CaseId, Identifier};
use smol_str::SmolStr;

use crate::story::{Line, Story, permutations, with_tiers};

/// When all tales are looked at, in minutes.
pub const END: i64 = 1000;

/// Lines, and the party under which all their cases end.
pub struct Tale {
    /// Its name.
    pub name: &'static str,
    /// What is told, in any order.
    pub lines: Vec<Line>,
    /// The party in the end.
    pub party: &'static str,
}

impl Tale {
    /// What the desk alone makes of it, in the order written.
    pub fn expected(&self) -> Vec<Case> {
        let story = Story::told(with_tiers(), self.lines.clone()).until(END);
        sorted(
            story
                .cases()
                .into_values()
                .map(|case| without(case, ""))
                .collect(),
        )
    }
}

/// A tale in one order, with names of its own.
pub struct Telling<'a> {
    /// What is told.
    pub tale: &'a Tale,
    /// What its names end in: four digits.
    pub tag: String,
    /// The lines as they arrive.
    pub lines: Vec<Line>,
}

/// Every tale in every order.
pub fn tellings(tales: &[Tale]) -> Vec<Telling<'_>> {
    let orders = tales.iter().flat_map(|tale| {
        let orders = permutations(&tale.lines).into_iter();
        orders.map(move |lines| (tale, lines))
    });
    let tell = |(number, (tale, lines)): (usize, (_, Vec<Line>))| {
        let tag = format!("{:04}", number + 1);
        let lines = lines.into_iter().map(|line| tagged(line, &tag)).collect();
        Telling { tale, tag, lines }
    };
    orders.enumerate().map(tell).collect()
}

impl Telling<'_> {
    /// Those of its cases, as they would be without its tag; the version is left out.
    pub fn cases<'a>(&self, all: impl IntoIterator<Item = &'a Case>) -> Vec<Case> {
        let all = all.into_iter();
        let own = all.filter(|case| case.conversation_id.ends_with(&self.tag));
        sorted(own.map(|case| without(case.clone(), &self.tag)).collect())
    }
}

/// The line with the tag in everything that names a conversation, a customer or a person.
fn tagged(mut line: Line, tag: &str) -> Line {
    let person = |identifiers: &mut Vec<Identifier>| {
        for identifier in identifiers {
            let at = identifier.value.find('@').unwrap_or(identifier.value.len());
            let (name, rest) = identifier.value.split_at(at);
            identifier.value.0 = format!("{name}{tag}{rest}").into();
        }
    };
    let add = |name: &mut SmolStr| *name = format!("{name}{tag}").into();
    match &mut line {
        Line::Says(record) => {
            if let Some(conversation) = &mut record.conversation_id {
                add(conversation);
            }
            person(&mut record.author.identifiers);
        }
        Line::Replies(record) => {
            add(&mut record.conversation_id);
            if let Some(customer) = &mut record.customer {
                person(&mut customer.identifiers);
            }
        }
        Line::Becomes(record) => add(&mut record.conversation_id),
        Line::Customer(record) => {
            add(&mut record.customer_id);
            if let Some(target) = &mut record.merged_into {
                add(target);
            }
            person(&mut record.identifiers);
        }
        Line::Dropped(..) | Line::Forgets(..) | Line::ForgetsCustomer(..) => {
            panic!("these journeys forget nobody")
        }
        Line::Survey(record) => {
            // One survey is one actor: its id names it.
            add(&mut record.id);
            if let Some(conversation) = &mut record.conversation_id {
                add(conversation);
            }
            if let Some(customer) = &mut record.customer {
                person(&mut customer.identifiers);
            }
        }
    }
    line
}

/// The case without the tag, and without what differs with it or with arrival order.
fn without(case: Case, tag: &str) -> Case {
    let plain = |text: SmolStr| SmolStr::from(text.replace(tag, ""));
    Case {
        case_id: CaseId::default(),
        version: 0,
        conversation_id: plain(case.conversation_id),
        party_key: plain(case.party_key),
        customer_id: case.customer_id.map(plain),
        ..case
    }
}

fn sorted(mut cases: Vec<Case>) -> Vec<Case> {
    cases.sort_by(|a, b| (&a.channel, a.opened_at).cmp(&(&b.channel, b.opened_at)));
    cases
}
