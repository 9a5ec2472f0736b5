//! A conversation being told. Times are minutes since its beginning.

use smol_str::{SmolStr, format_smolstr};

use super::dice::Dice;
use super::people::Someone;
use super::situations::Situation;
use super::words::{LANGUAGES, Language};
use super::{Line, Record, WEEK};
use crate::config::RuleSettings;
use crate::config::rules::Span;
use crate::demo::enterprise::{BRANDS, Brand, source};
use crate::model::{
    Complaint, ConversationRef, Customer, Intent, Millis, Response, ResponseKind, Status, Survey,
    SurveyAbout, SurveyScale, Update,
};

/// A minute, in milliseconds.
const MINUTE: i64 = 60_000;

/// People of one week; each week has numbers of its own.
const PEOPLE_A_WEEK: u32 = 10_000;

/// Tells one scene after the other.
pub(super) struct Teller<'r> {
    dice: Dice,
    week: u32,
    rules: &'r RuleSettings,
    people: u32,
    scenes: u32,
    /// What was told so far, not in order.
    pub lines: Vec<Line>,
}

impl<'r> Teller<'r> {
    /// Who tells a week by these rules.
    pub fn new(dice: Dice, week: u32, rules: &'r RuleSettings) -> Self {
        Self {
            dice,
            week,
            rules,
            people: 0,
            scenes: 0,
            lines: Vec::new(),
        }
    }

    /// Tells a situation for the `time`th time in the week that begins then. Channels and languages
    /// take turns, so that no week is without one.
    pub fn tell(&mut self, situation: &Situation, time: u32, begin: Millis) {
        let channel = situation.channels[time as usize % situation.channels.len()];
        let language = LANGUAGES[self.scenes as usize % LANGUAGES.len()];
        let brand = &BRANDS[usize::from(self.dice.chance(5))];
        // Whole days of the week, less what the situation takes, and an hour of the day.
        let days = WEEK / (24 * 60 * MINUTE) - i64::from(situation.days);
        let minute = self.dice.between(0, days) * 24 * 60 + self.dice.between(6 * 60, 21 * 60);
        self.scenes += 1;
        let who = self.someone(language);
        let mut scene = Scene {
            channel,
            language,
            brand,
            begin: begin.plus(minute * MINUTE),
            conversation: format_smolstr!("w{}-{}-{}", self.week, situation.name, time),
            threads: 0,
            messages: 0,
            who,
            teller: self,
        };
        if situation.crm && scene.teller.dice.chance(7) {
            scene.learnt(-90, |_| {});
        }
        (situation.tell)(&mut scene);
    }

    fn someone(&mut self, language: &Language) -> Someone {
        self.people += 1;
        let index = self.people as usize / LANGUAGES.len() + self.week as usize;
        Someone::new(self.week * PEOPLE_A_WEEK + self.people, language, index)
    }
}

/// A conversation, and who speaks in it.
pub(super) struct Scene<'t, 'r> {
    teller: &'t mut Teller<'r>,
    channel: &'static str,
    brand: &'static Brand,
    begin: Millis,
    conversation: SmolStr,
    threads: u32,
    messages: u32,
    /// What is spoken.
    pub language: &'static Language,
    /// The customer.
    pub who: Someone,
}

impl Scene<'_, '_> {
    /// Minutes within which the company means to answer here; `percent` of them.
    pub fn of_level(&self, percent: i64) -> i64 {
        let rules = self.teller.rules.channel(self.channel);
        minutes(rules.and_then(|rules| rules.levels.usual.answer)) * percent / 100
    }

    /// Minutes after which the customer counts as unanswered here.
    pub fn patience(&self) -> i64 {
        minutes(
            self.teller
                .rules
                .channel(self.channel)
                .map(|rules| rules.patience),
        )
    }

    /// A number in this range, by chance.
    pub fn between(&mut self, from: i64, to: i64) -> i64 {
        self.teller.dice.between(from, to)
    }

    /// The customer complains about something; the message's id.
    pub fn complains(&mut self, minute: i64) -> SmolStr {
        let airline = self.brand.name == BRANDS[0].name;
        let matters = if airline {
            self.language.flights
        } else {
            self.language.orders
        };
        let text = *self.teller.dice.pick(matters);
        self.complains_that(minute, text)
    }

    /// The customer complains in these words; the message's id.
    pub fn complains_that(&mut self, minute: i64, text: &str) -> SmolStr {
        let audience = self.is_public().then(|| self.between(40, 40_000));
        let id = self.says(minute, text, |said| {
            said.intent = Some(Intent::Complaint);
            said.audience = audience;
        });
        // Most email gets a receipt by itself.
        if self.channel == "email" && self.teller.dice.chance(8) {
            self.receipt(minute + 1);
        }
        id
    }

    /// A program says that the message has come.
    pub fn receipt(&mut self, minute: i64) {
        let text = self.language.receipt;
        self.replies(minute, text, |reply| reply.kind = ResponseKind::AutoAck);
    }

    /// The customer asks again.
    pub fn asks_again(&mut self, minute: i64) {
        let text = *self.teller.dice.pick(self.language.chasers);
        self.says(minute, text, |_| {});
    }

    /// The customer says this; the message's id.
    pub fn says(&mut self, minute: i64, text: &str, shape: impl FnOnce(&mut Complaint)) -> SmolStr {
        let mut said = Complaint {
            id: self.next_id(),
            source: source(self.channel).into(),
            channel: self.channel.into(),
            conversation_id: Some(self.conversation.clone()),
            author: self.who.seen_in(self.channel),
            text: Some(text.into()),
            language: Some(self.language.code.into()),
            occurred_at: self.at(minute),
            brand: Some(self.brand.name.into()),
            rating: (self.channel == "review").then_some(2.0),
            ..Complaint::default()
        };
        shape(&mut said);
        let id = said.id.clone();
        self.add(minute, Record::Complaint(Box::new(said)));
        id
    }

    /// Replaces a message that was said before by what `shape` makes of it.
    pub fn revises(&mut self, minute: i64, id: &SmolStr, shape: impl FnOnce(&mut Complaint)) {
        let said = self.teller.lines.iter().find_map(|line| match &line.record {
            Record::Complaint(said) if said.id == *id => Some(said.clone()),
            _ => None,
        });
        let Some(mut said) = said else { return };
        said.revision += 1;
        said.edited_at = Some(self.at(minute));
        shape(&mut said);
        self.add(minute, Record::Complaint(said));
    }

    /// A person of the company answers.
    pub fn answers(&mut self, minute: i64) {
        let text = *self.teller.dice.pick(self.language.answers);
        self.replies(minute, text, |_| {});
    }

    /// The company says this.
    pub fn replies(&mut self, minute: i64, text: &str, shape: impl FnOnce(&mut Response)) {
        self.replies_late(minute, minute, text, shape);
    }

    /// The company says this, and it comes to be known later.
    pub fn replies_late(&mut self, minute: i64, known: i64, text: &str, shape: impl FnOnce(&mut Response)) {
        let mut reply = Response {
            id: self.next_id(),
            source: source(self.channel).into(),
            channel: self.channel.into(),
            conversation_id: self.conversation.clone(),
            agent: Some((*self.teller.dice.pick(self.brand.agents)).into()),
            team: Some(self.brand.team.into()),
            kind: ResponseKind::Human,
            text: Some(text.into()),
            occurred_at: self.at(minute),
            ..Response::default()
        };
        shape(&mut reply);
        if matches!(reply.kind, ResponseKind::Bot | ResponseKind::AutoAck) {
            (reply.agent, reply.team) = (None, None);
        }
        self.add(known, Record::Response(Box::new(reply)));
    }

    /// An agent sets a status, without a word.
    pub fn becomes(&mut self, minute: i64, status: Status) {
        let update = Update {
            id: self.next_id(),
            source: source(self.channel).into(),
            channel: self.channel.into(),
            conversation_id: self.conversation.clone(),
            occurred_at: self.at(minute),
            status: Some(status),
            team: Some(self.brand.team.into()),
            ..Update::default()
        };
        self.add(minute, Record::Update(Box::new(update)));
    }

    /// Asked about this conversation, the customer gives a score.
    pub fn scores(&mut self, minute: i64, score: f64, scale: SurveyScale) {
        let survey = Survey {
            source: source(self.channel).into(),
            channel: Some(self.channel.into()),
            conversation_id: Some(self.conversation.clone()),
            customer: Some(self.who.seen_in(self.channel)),
            ..self.survey(minute, score, scale)
        };
        self.add(minute, Record::Survey(Box::new(survey)));
    }

    /// Asked about the company, the customer says how likely it is that they recommend it.
    pub fn recommends(&mut self, minute: i64, score: f64) {
        let survey = Survey {
            about: SurveyAbout::Relationship,
            customer: Some(self.who.seen_in("email")),
            ..self.survey(minute, score, SurveyScale::Nps0To10)
        };
        self.add(minute, Record::Survey(Box::new(survey)));
    }

    fn survey(&mut self, minute: i64, score: f64, scale: SurveyScale) -> Survey {
        Survey {
            id: self.next_id(),
            source: "panel.example".into(),
            score,
            scale,
            occurred_at: self.at(minute),
            ..Survey::default()
        }
    }

    /// The CRM learns who the customer is, and what `shape` makes of that.
    pub fn learnt(&mut self, minute: i64, shape: impl FnOnce(&mut Customer)) {
        let mut customer = self.who.customer(self.at(minute));
        shape(&mut customer);
        self.add(minute, Record::Customer(Box::new(customer)));
    }

    /// Somebody else, who speaks the same language, takes the word; who had it before.
    pub fn another(&mut self) -> Someone {
        let other = self.teller.someone(self.language);
        std::mem::replace(&mut self.who, other)
    }

    /// Somebody else, in a conversation of their own.
    pub fn stranger(&mut self) {
        self.another();
        self.threads += 1;
        let begun = self
            .conversation
            .split_once("--")
            .map_or(&*self.conversation, |(begun, _)| begun);
        self.conversation = format_smolstr!("{begun}--{}", self.threads);
    }

    /// It happens so many days later.
    pub fn days_later(&mut self, days: i64) {
        self.begin = self.at(days * 24 * 60);
    }

    /// It is about the airline.
    pub fn of_the_airline(&mut self) {
        self.brand = &BRANDS[0];
    }

    /// The same brand and people, elsewhere; where they were before.
    pub fn elsewhere(&mut self, channel: &'static str) -> ConversationRef {
        let left = ConversationRef {
            source: source(self.channel).into(),
            channel: self.channel.into(),
            conversation_id: self.conversation.clone(),
        };
        self.channel = channel;
        self.conversation = format_smolstr!("{}-{channel}", self.conversation);
        left
    }

    /// The last record is delivered once more, so many minutes into the scene.
    pub fn repeats(&mut self, minute: i64) {
        if let Some(line) = self.teller.lines.last() {
            let record = line.record.clone();
            self.add(minute, record);
        }
    }

    fn is_public(&self) -> bool {
        matches!(self.channel, "social" | "review" | "forum")
    }

    fn next_id(&mut self) -> SmolStr {
        self.messages += 1;
        format_smolstr!("{}-{}", self.conversation, self.messages)
    }

    /// The moment so many minutes into the scene.
    pub fn at(&self, minute: i64) -> Millis {
        self.begin.plus(minute * MINUTE)
    }

    fn add(&mut self, minute: i64, record: Record) {
        let arrives = self.at(minute);
        self.teller.lines.push(Line { arrives, record });
    }
}

fn minutes(span: Option<Span>) -> i64 {
    span.map_or(60, |span| span.ms() / MINUTE)
}
