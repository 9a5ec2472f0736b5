//! How long each text of a record may be, in one table: what is longer is refused, shortened, cut or left out. So no row and
//! no output grows beyond what a topic takes, whatever comes in.

use sha1::{Digest as _, Sha1};
use smallvec::SmallVec;
use smol_str::{SmolStr, format_smolstr};

use crate::model::{
    Attachment, Complaint, Customer, Identifier, Person, Response, Sensitive, Survey, Update,
};

/// What stands at the end of a text that was cut.
const CUT: &str = " […]";

/// The attribute of a complaint that names the fields that were cut or left out. Attributes that begin so are heard's
/// own; those of an input are left out.
const OWN: &str = "heard.";
const TELLS: &str = "heard.cut";

/// What becomes of a text that is too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// The record is a dead letter.
    Refused,
    /// Its beginning and a digest of all of it stand for it, wherever it is named: the same for all, and no other's.
    Shortened,
    /// It is cut, with a mark at its end.
    Cut,
    /// It is left out: its beginning is good for nothing.
    LeftOut,
}

/// The bound of a field.
#[derive(Clone, Copy, Debug)]
pub struct Bound {
    /// The field, or several of a kind.
    pub fields: &'static str,
    /// Bytes, at most.
    pub bytes: usize,
    /// What becomes of what is longer.
    pub over: Over,
}

const fn bound(fields: &'static str, bytes: usize, over: Over) -> Bound {
    Bound { fields, bytes, over }
}

/// Names of messages and of where they are: whoever speaks is heard, however long these are.
const MESSAGE: Bound = bound(
    "id, source, conversation_id, in_reply_to, answers",
    1024,
    Over::Shortened,
);
/// How much of such a name stays before its digest.
const BEGINNING: usize = 64;
/// Names of customers, of channels and of other systems' records.
pub const NAME: Bound = bound(
    "customer_id, merged_into, external_case_id, invites_to",
    1024,
    Over::Refused,
);
/// The text of a message, beyond which it is none. Within that it is cut at `limits.max_text_bytes`.
pub const TEXT: Bound = bound("text, comment", 960 * 1024, Over::Refused);
/// What a case is about, in words of the company's.
const ABOUT: Bound = bound("brand, product, issue, root_cause", 256, Over::Cut);
/// Who looks after it.
const STAFF: Bound = bound("agent, team, owner, via, tier, display_name", 256, Over::Cut);
/// Words of a line or two.
const LINE: Bound = bound(
    "location, order_ref, remedy_sought, remedy_granted",
    1024,
    Over::Cut,
);
/// Short codes.
const CODE: Bound = bound(
    "language, preferred_language, preferred_channel",
    64,
    Over::LeftOut,
);
/// Where something is.
const URL: Bound = bound("url", 4096, Over::LeftOut);
/// What somebody is recognised by.
const IDENTIFIER: Bound = bound("identifier: value", 512, Over::LeftOut);
/// Of what kind, and where it is valid.
const REALM: Bound = bound("identifier: kind, realm", 128, Over::LeftOut);
/// Things sent along, each.
const ATTACHMENT: Bound = bound("attachment: url and media_type", 4096, Over::LeftOut);
/// Attributes, each with its name.
const ATTRIBUTE: Bound = bound("attribute: name and value", 4096, Over::LeftOut);
/// All attributes together: those first by name are kept.
const ATTRIBUTES: Bound = bound("attributes", 32 * 1024, Over::LeftOut);

/// All of them.
pub const ALL: [&Bound; 13] = [
    &MESSAGE,
    &NAME,
    &TEXT,
    &ABOUT,
    &STAFF,
    &LINE,
    &CODE,
    &URL,
    &IDENTIFIER,
    &REALM,
    &ATTACHMENT,
    &ATTRIBUTE,
    &ATTRIBUTES,
];

/// Attachments of a message that are kept.
pub const MAX_ATTACHMENTS: usize = 32;

/// Keeps a text within `bytes`, cut at a character, with a mark.
pub fn text(text: &mut Option<Sensitive<String>>, bytes: usize) {
    if let Some(text) = text.as_mut().filter(|text| text.len() > bytes) {
        let end = text.floor_char_boundary(bytes);
        text.truncate(end);
        text.push_str(CUT);
    }
}

/// Keeps a customer's message within bounds, and notes in its attributes what was too long.
pub fn complaint(complaint: &mut Complaint) {
    let mut over = TooLong::default();
    over.name(&mut complaint.id, "id");
    over.name(&mut complaint.source, "source");
    over.maybe(&mut complaint.conversation_id, "conversation_id");
    over.maybe(&mut complaint.in_reply_to, "in_reply_to");
    over.short(&mut complaint.brand, "brand", &ABOUT);
    over.short(&mut complaint.product, "product", &ABOUT);
    over.short(&mut complaint.issue, "issue", &ABOUT);
    over.short(&mut complaint.via, "via", &STAFF);
    over.sensitive(&mut complaint.location, "location", &LINE);
    over.sensitive(&mut complaint.order_ref, "order_ref", &LINE);
    over.sensitive(&mut complaint.remedy_sought, "remedy_sought", &LINE);
    over.short(&mut complaint.language, "language", &CODE);
    over.sensitive(&mut complaint.url, "url", &URL);
    over.person(&mut complaint.author);
    over.attachments(&mut complaint.attachments);
    if !complaint.attributes.is_empty() {
        let mut left = ATTRIBUTES.bytes;
        let before = complaint.attributes.len();
        complaint.attributes.retain(|name, value| {
            let bytes = name.len() + value.len();
            let fits = bytes <= ATTRIBUTE.bytes && bytes <= left && !name.starts_with(OWN);
            left -= if fits { bytes } else { 0 };
            fits
        });
        over.note(complaint.attributes.len() < before, "attributes");
    }
    if !over.0.is_empty() {
        complaint.attributes.insert(TELLS.to_owned(), over.0.join(","));
    }
}

/// Keeps a company's message within bounds. What it says no rule reads: that need not travel.
pub fn response(response: &mut Response) {
    let mut over = TooLong::default();
    over.name(&mut response.id, "id");
    over.name(&mut response.source, "source");
    over.name(&mut response.conversation_id, "conversation_id");
    over.maybe(&mut response.in_reply_to, "in_reply_to");
    for other in &mut response.answers {
        over.name(&mut other.source, "answers");
        over.name(&mut other.conversation_id, "answers");
    }
    over.short(&mut response.brand, "brand", &ABOUT);
    over.short(&mut response.agent, "agent", &STAFF);
    over.short(&mut response.team, "team", &STAFF);
    over.short(&mut response.via, "via", &STAFF);
    response
        .customer
        .iter_mut()
        .for_each(|customer| over.person(customer));
    response.text = None;
    response.attributes.clear();
}

/// Keeps an update within bounds, and leaves out what no rule reads.
pub fn update(update: &mut Update) {
    let mut over = TooLong::default();
    over.name(&mut update.id, "id");
    over.name(&mut update.source, "source");
    over.name(&mut update.conversation_id, "conversation_id");
    over.maybe(&mut update.in_reply_to, "in_reply_to");
    over.short(&mut update.owner, "owner", &STAFF);
    over.short(&mut update.team, "team", &STAFF);
    over.short(&mut update.brand, "brand", &ABOUT);
    over.short(&mut update.product, "product", &ABOUT);
    over.short(&mut update.issue, "issue", &ABOUT);
    over.short(&mut update.root_cause, "root_cause", &ABOUT);
    over.sensitive(&mut update.remedy_granted, "remedy_granted", &LINE);
    update
        .customer
        .iter_mut()
        .for_each(|customer| over.person(customer));
    update.attributes.clear();
}

/// Keeps a customer's record within bounds, and leaves out what no rule reads.
pub fn customer(customer: &mut Customer) {
    let mut over = TooLong::default();
    over.sensitive(&mut customer.display_name, "display_name", &STAFF);
    over.short(&mut customer.tier, "tier", &STAFF);
    over.short(&mut customer.owner, "owner", &STAFF);
    over.short(&mut customer.preferred_language, "preferred_language", &CODE);
    over.short(&mut customer.preferred_channel, "preferred_channel", &CODE);
    over.identifiers(&mut customer.identifiers);
    customer.attributes.clear();
}

/// Keeps a survey within bounds, and leaves out what no rule reads.
pub fn survey(survey: &mut Survey) {
    let mut over = TooLong::default();
    over.name(&mut survey.id, "id");
    over.name(&mut survey.source, "source");
    over.maybe(&mut survey.conversation_id, "conversation_id");
    survey
        .customer
        .iter_mut()
        .for_each(|customer| over.person(customer));
    survey.comment = None;
}

/// The fields that were too long.
#[derive(Default)]
struct TooLong(SmallVec<[&'static str; 4]>);

impl TooLong {
    fn note(&mut self, is_over: bool, field: &'static str) {
        if is_over && !self.0.contains(&field) {
            self.0.push(field);
        }
    }

    fn name(&mut self, name: &mut SmolStr, field: &'static str) {
        if name.len() > MESSAGE.bytes {
            let beginning = &name[..name.floor_char_boundary(BEGINNING)];
            let digest: [u8; 20] = Sha1::digest(name.as_bytes()).into();
            let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
            *name = format_smolstr!("{beginning}…{digest}");
            self.note(true, field);
        }
    }

    fn maybe(&mut self, name: &mut Option<SmolStr>, field: &'static str) {
        name.iter_mut().for_each(|name| self.name(name, field));
    }

    fn short(&mut self, text: &mut Option<SmolStr>, field: &'static str, bound: &Bound) {
        let Some(long) = text.as_mut().filter(|text| text.len() > bound.bytes) else {
            return;
        };
        match bound.over {
            Over::Cut => *long = cut(long, bound.bytes),
            Over::LeftOut | Over::Refused | Over::Shortened => *text = None,
        }
        self.note(true, field);
    }

    fn sensitive(&mut self, text: &mut Option<Sensitive<SmolStr>>, field: &'static str, bound: &Bound) {
        if text.as_ref().is_some_and(|text| text.len() > bound.bytes) {
            let mut bare = text.take().map(Sensitive::into_inner);
            self.short(&mut bare, field, bound);
            *text = bare.map(Sensitive);
        }
    }

    fn person(&mut self, person: &mut Person) {
        self.sensitive(&mut person.display_name, "display_name", &STAFF);
        self.identifiers(&mut person.identifiers);
    }

    fn identifiers(&mut self, list: &mut Vec<Identifier>) {
        let before = list.len();
        list.retain(|Identifier { kind, value, realm }| {
            let realm = realm.as_ref().map_or(0, SmolStr::len);
            value.len() <= IDENTIFIER.bytes && kind.len().max(realm) <= REALM.bytes
        });
        self.note(list.len() < before, "identifiers");
    }

    fn attachments(&mut self, list: &mut Vec<Attachment>) {
        let before = list.len();
        list.retain(|attachment| attachment.url.len() + attachment.media_type.len() <= ATTACHMENT.bytes);
        list.truncate(MAX_ATTACHMENTS);
        self.note(list.len() < before, "attachments");
    }
}

/// The beginning of a text, with a mark, in no more than `bytes`.
fn cut(text: &str, bytes: usize) -> SmolStr {
    let end = text.floor_char_boundary(bytes.saturating_sub(CUT.len()));
    [&text[..end], CUT].concat().into()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// CASES 31.
    #[test]
    fn nothing_of_a_message_is_longer_than_its_bound() {
        let long = || SmolStr::from("é".repeat(250_000));
        let identifier = |kind: &str, value: SmolStr| Identifier {
            kind: kind.into(),
            value: Sensitive(value),
            realm: None,
        };
        let attachment = |url: SmolStr| Attachment {
            url: Sensitive(url),
            media_type: "image/png".into(),
        };
        let mut given = Complaint {
            via: Some(long()),
            author: Person {
                display_name: Some(Sensitive(long())),
                identifiers: vec![identifier("handle", long()), identifier("handle", "ann".into())],
            },
            url: Some(Sensitive(long())),
            brand: Some(long()),
            product: Some(long()),
            issue: Some(long()),
            location: Some(Sensitive(long())),
            order_ref: Some(Sensitive(long())),
            language: Some(long()),
            remedy_sought: Some(Sensitive(long())),
            attachments: vec![attachment(long()); 3],
            attributes: Sensitive(
                (0..100_000)
                    .map(|n| (format!("a{n}"), "v".repeat(50)))
                    .chain([
                        ("long".to_owned(), long().to_string()),
                        ("heard.cut".to_owned(), "mine".to_owned()),
                    ])
                    .collect::<BTreeMap<_, _>>(),
            ),
            ..Complaint::default()
        };
        given
            .attachments
            .extend(vec![attachment("https://a.example".into()); 40]);
        complaint(&mut given);
        assert_eq!(given.author.identifiers, [identifier("handle", "ann".into())]);
        assert_eq!(
            given.attachments,
            vec![attachment("https://a.example".into()); MAX_ATTACHMENTS]
        );
        assert_eq!((&given.url, &given.language), (&None, &None));
        for text in [&given.brand, &given.product, &given.issue, &given.via] {
            let text = text.as_deref().expect("its beginning stays");
            assert!(text.len() <= 256 && text.ends_with("é […]"), "{text}");
        }
        assert!(
            given
                .location
                .as_ref()
                .is_some_and(|location| location.len() <= 1024)
        );
        let told = given.attributes.get("heard.cut").map(String::as_str);
        let all = "brand,product,issue,via,location,order_ref,remedy_sought,language,url,display_name,identifiers,\
                   attachments,attributes";
        assert_eq!(told, Some(all));
        assert!(serde_json::to_string(&given).expect("JSON").len() < 100_000);
    }

    /// V8: a message of a long name is heard, and answers find it.
    #[test]
    fn a_long_name_is_the_same_shorter_one_wherever_it_is_named() {
        let long = |end: &str| SmolStr::from("ü".repeat(450_000) + end);
        let mut said = Complaint {
            id: long("1"),
            conversation_id: Some(long("c")),
            in_reply_to: Some(long("0")),
            ..Complaint::default()
        };
        complaint(&mut said);
        let mut replied = Response {
            id: long("2"),
            conversation_id: long("c"),
            in_reply_to: Some(long("1")),
            ..Response::default()
        };
        response(&mut replied);
        assert_eq!(said.conversation_id.as_ref(), Some(&replied.conversation_id));
        assert_eq!(replied.in_reply_to.as_ref(), Some(&said.id));
        let names = [Some(&said.id), said.in_reply_to.as_ref(), Some(&replied.id)];
        let all: std::collections::BTreeSet<_> = names.into_iter().flatten().collect();
        assert_eq!(all.len(), 3, "each is its own");
        assert!(
            all.iter().all(|name| name.starts_with("üü") && name.len() < 128),
            "{all:?}"
        );
        let told = said.attributes.get("heard.cut").map(String::as_str);
        assert_eq!(told, Some("id,conversation_id,in_reply_to"));
        let mut short = said.clone();
        complaint(&mut short);
        assert_eq!(
            (&short.id, &short.conversation_id),
            (&said.id, &said.conversation_id)
        );
    }

    #[test]
    fn what_is_within_its_bounds_stays_as_it_is() {
        let given = Complaint {
            brand: Some("b".repeat(256).into()),
            url: Some(Sensitive("u".repeat(4096).into())),
            attributes: Sensitive([("a".to_owned(), "b".to_owned())].into()),
            ..Complaint::default()
        };
        let mut kept = given.clone();
        complaint(&mut kept);
        assert_eq!(kept, given);
    }

    #[test]
    fn a_long_text_is_cut_at_a_character() {
        let mut long = Some(Sensitive("אבגד".to_owned()));
        text(&mut long, 5);
        assert_eq!(long.as_deref().map(String::as_str), Some("אב […]"));
        let mut short = Some(Sensitive("abc".to_owned()));
        text(&mut short, 3);
        assert_eq!(short.as_deref().map(String::as_str), Some("abc"));
    }

    #[test]
    fn the_page_has_every_bound() {
        let page = include_str!("../../docs/inputs.md");
        for bound in ALL {
            let over = match bound.over {
                Over::Refused => "refused",
                Over::Shortened => "shortened",
                Over::Cut => "cut",
                Over::LeftOut => "left out",
            };
            let row = format!("| {} | {} | {over} |", bound.fields, bound.bytes);
            assert!(page.contains(&row), "docs/inputs.md lacks: {row}");
        }
    }
}
