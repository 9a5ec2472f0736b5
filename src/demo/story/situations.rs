//! What may happen to a complaint, a function each, with the rule of DESIGN.md 5 that it shows.
//!
//! A later rule gets a function here and a line in [`SITUATIONS`]; nothing else has to change.

use super::journeys;
use super::scene::Scene;
use super::voices;
use crate::model::{Intent, ResponseKind, Status, Visibility};

/// Something that may happen.
pub(super) struct Situation {
    /// Names its conversations.
    pub name: &'static str,
    /// Where it may happen; each in turn.
    pub channels: &'static [&'static str],
    /// How often in a week.
    pub times: u32,
    /// Whole days of the week that must be left for it.
    pub days: u32,
    /// Whether most of its people are customers that the CRM knows.
    pub crm: bool,
    /// Tells it.
    pub tell: fn(&mut Scene<'_, '_>),
}

const ALL: &[&str] = &["chat", "social", "email", "messaging", "phone", "review", "forum"];
const ONSTAGE: &[&str] = &["social", "forum", "review"];
const OFFSTAGE: &[&str] = &["chat", "email", "messaging", "phone"];
const WRITTEN: &[&str] = &["messaging", "social", "forum"];
const BOTS: &[&str] = &["chat", "messaging"];

/// Everything that may happen.
pub(super) const SITUATIONS: &[Situation] = &[
    situation("quick", ALL, 21, 3, quick_answer),
    situation("acknowledged", WRITTEN, 6, 3, acknowledged_first),
    situation("slow", ALL, 9, 5, slow_answer),
    situation("never", ALL, 7, 4, never_answered),
    situation("chased", ALL, 7, 4, asked_again),
    situation("solved", OFFSTAGE, 12, 4, solved),
    situation("bot", BOTS, 4, 3, bot_uncontested),
    situation("contested", BOTS, 3, 3, bot_contested),
    situation("by-email", &["social", "forum"], 3, 3, answered_by_email),
    situation("bystander", ONSTAGE, 4, 4, bystander),
    situation("deflected", &["social"], 2, 3, only_invited),
    situation("praise", ONSTAGE, 4, 2, praise),
    situation("away", &["email"], 2, 3, out_of_office),
    situation("let-go", &["social", "forum"], 2, 2, let_go),
    situation("late", OFFSTAGE, 4, 4, late_reply),
    situation("pending", &["email", "messaging"], 4, 5, pending),
    situation("reopened", OFFSTAGE, 4, 5, reopened),
    situation("twice", ONSTAGE, 4, 4, reply_limit_reached),
    situation("thrice", &["social"], 2, 4, reply_limit_exceeded),
    situation("split", &["social"], 2, 3, split_post),
    situation("repeated", OFFSTAGE, 2, 3, delivered_twice),
    situation("edited", ONSTAGE, 3, 3, edited),
    situation("deleted", ONSTAGE, 3, 3, deleted),
    journey(
        "gave-up",
        &["phone", "chat", "messaging"],
        3,
        4,
        journeys::gave_up,
    ),
    journey("unsolved", &["email", "chat"], 2, 5, journeys::unsolved),
    journey("parallel", &["email", "chat"], 2, 3, journeys::parallel),
    journey("went-private", &["social", "forum"], 2, 4, journeys::went_private),
    journey("called", &["social", "review"], 2, 3, journeys::called_instead),
    journey("sent-back", &["phone"], 1, 3, journeys::sent_back),
    journey("five-sites", &["review"], 1, 4, journeys::five_sites),
    situation("first-contact", &["chat", "email"], 2, 7, journeys::first_contact),
    situation(
        "looked-after",
        &["email", "messaging"],
        2,
        6,
        journeys::looked_after,
    ),
    situation("promise", &["email", "phone"], 3, 6, journeys::promise_kept),
    situation("broken", &["email", "messaging"], 2, 3, journeys::promise_broken),
    situation("passed-on", &["chat", "email"], 2, 4, journeys::transferred),
    journey("turned", &["email", "chat"], 2, 4, voices::turned),
    situation("appeased", &["review"], 2, 4, voices::appeased),
    journey("strike", &["chat"], 1, 6, voices::strike),
    journey("campaign", &["social"], 1, 3, voices::campaign),
    situation("unread", &["direct"], 3, 5, voices::unread),
    Situation {
        crm: false,
        ..situation("known-late", &["email", "social"], 3, 3, known_late)
    },
    Situation {
        crm: false,
        ..situation("shared-phone", &["phone"], 1, 2, shared_phone)
    },
    Situation {
        crm: false,
        ..situation("merged", &["email"], 1, 3, merged)
    },
];

const fn situation(
    name: &'static str,
    channels: &'static [&'static str],
    times: u32,
    days: u32,
    tell: fn(&mut Scene<'_, '_>),
) -> Situation {
    Situation {
        name,
        channels,
        times,
        days,
        crm: true,
        tell,
    }
}

/// A situation whose customer the CRM learns to know in it.
const fn journey(
    name: &'static str,
    channels: &'static [&'static str],
    times: u32,
    days: u32,
    tell: fn(&mut Scene<'_, '_>),
) -> Situation {
    Situation {
        crm: false,
        ..situation(name, channels, times, days, tell)
    }
}

/// Rules 2 and 3: a person answers well within the service level. Thanks open no clock.
fn quick_answer(scene: &mut Scene<'_, '_>) {
    scene.complains(0);
    let minute = scene.between(scene.of_level(10), scene.of_level(80));
    scene.answers(minute);
    if scene.between(0, 3) == 0 {
        scene.says(minute + 10, scene.language.thanks, |said| {
            said.intent = Some(Intent::Thanks);
        });
    }
}

/// Rule 3: a receipt acknowledges, and answers nothing; the answer comes from a person.
fn acknowledged_first(scene: &mut Scene<'_, '_>) {
    scene.complains(0);
    scene.receipt(1);
    let minute = scene.between(scene.of_level(20), scene.of_level(90));
    scene.answers(minute);
}

/// Rules 5 and 7: an answer after the service level, half the time even after the customer counted as
/// unanswered. That stays so: no response is a response.
fn slow_answer(scene: &mut Scene<'_, '_>) {
    scene.complains(0);
    let soon = scene.of_level(120);
    let minute = scene.between(soon, soon.max(scene.patience() * 3 / 2) + 10);
    scene.answers(minute);
}

/// Rule 7: nobody ever answers.
fn never_answered(scene: &mut Scene<'_, '_>) {
    scene.complains(0);
    if scene.between(0, 2) == 0 {
        let minute = scene.patience() / 2;
        scene.asks_again(minute);
    }
}

/// Rule 4: one wait of several messages has one clock, from its first message.
fn asked_again(scene: &mut Scene<'_, '_>) {
    scene.complains(0);
    let level = scene.of_level(100);
    scene.asks_again(level / 3);
    scene.asks_again(level * 2 / 3);
    let minute = scene.between(level * 3 / 4, level * 5 / 4);
    scene.answers(minute);
}

/// Rule 4: answered, then solved; the resolution counts from the beginning.
fn solved(scene: &mut Scene<'_, '_>) {
    scene.complains(0);
    let minute = scene.between(scene.of_level(10), scene.of_level(90));
    scene.answers(minute);
    let minute = minute + scene.between(20, 30 * 60);
    scene.replies(minute, scene.language.solved, |reply| {
        reply.status = Some(Status::Resolved)
    });
}

/// Rule 3: a program solves it, and for a day the customer does not object: that is an answer.
fn bot_uncontested(scene: &mut Scene<'_, '_>) {
    scene.complains(0);
    solved_by_bot(scene);
}

/// Rule 3: a program says that it is solved, the customer objects: that was no answer.
fn bot_contested(scene: &mut Scene<'_, '_>) {
    scene.complains(0);
    solved_by_bot(scene);
    scene.says(4, scene.language.unsolved, |_| {});
    let minute = 4 + scene.between(2, 40);
    scene.answers(minute);
}

fn solved_by_bot(scene: &mut Scene<'_, '_>) {
    scene.replies(1, scene.language.bot, |reply| {
        reply.kind = ResponseKind::Bot;
        reply.status = Some(Status::Resolved);
    });
}

/// Rule 3: a public post is answered by an email that names it. Nobody in public has seen an answer.
fn answered_by_email(scene: &mut Scene<'_, '_>) {
    scene.complains(0);
    let minute = scene.between(scene.of_level(20), scene.of_level(90));
    let post = scene.elsewhere("email");
    let text = scene.language.answers[0];
    scene.replies(minute, text, |reply| reply.answers = vec![post]);
}

/// Rule 2: somebody else speaks up in the same thread and has a case of their own. The company answers
/// the first and overlooks the other.
fn bystander(scene: &mut Scene<'_, '_>) {
    let post = scene.complains(0);
    let first = scene.another();
    let minute = scene.between(5, scene.of_level(50));
    scene.says(minute, scene.language.bystander, |said| {
        said.in_reply_to = Some(post.clone())
    });
    scene.who = first;
    let minute = scene.between(scene.of_level(60), scene.of_level(90));
    let text = scene.language.answers[0];
    scene.replies(minute, text, |reply| reply.in_reply_to = Some(post));
}

/// Rule 3: the only reply invites elsewhere: answered, and deflected.
fn only_invited(scene: &mut Scene<'_, '_>) {
    scene.complains(0);
    let minute = scene.between(scene.of_level(10), scene.of_level(90));
    scene.replies(minute, scene.language.invited, |reply| {
        reply.invites_to = Some("direct".into())
    });
}

/// Rule 2: praise opens no clock. Half of it is thanked for.
fn praise(scene: &mut Scene<'_, '_>) {
    scene.says(0, scene.language.praise, |said| {
        said.intent = Some(Intent::Praise);
        said.rating = said.rating.and(Some(5.0));
    });
    if scene.between(0, 2) == 0 {
        let minute = scene.of_level(50);
        scene.answers(minute);
    }
}

/// Rule 4: an automatic message after the answer opens nothing again.
fn out_of_office(scene: &mut Scene<'_, '_>) {
    scene.complains(0);
    let minute = scene.between(60, 600);
    scene.replies(minute, scene.language.solved, |reply| {
        reply.status = Some(Status::Resolved)
    });
    scene.says(minute + 1, scene.language.out_of_office, |said| {
        said.automatic = true
    });
}

/// Rule 11: nothing but insults; a person decides to let it go, and that is on record.
fn let_go(scene: &mut Scene<'_, '_>) {
    scene.says(0, scene.language.insult, |said| said.intent = Some(Intent::Other));
    let minute = scene.between(20, 200);
    scene.becomes(minute, Status::LetGo);
}

/// Rule 5: the answer was in time, but the tool delivers it late. The breach that was told is retracted.
fn late_reply(scene: &mut Scene<'_, '_>) {
    scene.complains(0);
    let minute = scene.of_level(70);
    let known = scene.of_level(170) + 30;
    let text = scene.language.answers[0];
    scene.replies_late(minute, known, text, |_| {});
}

/// Rule 4: while the company waits for the customer, the time to a solution stands still.
fn pending(scene: &mut Scene<'_, '_>) {
    scene.complains(0);
    let asked = scene.between(scene.of_level(10), scene.of_level(60));
    scene.replies(asked, scene.language.asked, |reply| {
        reply.status = Some(Status::Pending)
    });
    let told = asked + scene.between(10 * 60, 24 * 60);
    scene.says(told, scene.language.told, |_| {});
    let minute = told + scene.between(20, 100);
    scene.replies(minute, scene.language.solved, |reply| {
        reply.status = Some(Status::Resolved)
    });
}

/// Rule 4: solved, and not solved after all: a new cycle begins, the first response stays what it was.
fn reopened(scene: &mut Scene<'_, '_>) {
    solved(scene);
    let again = 3 * 24 * 60;
    scene.says(again, scene.language.unsolved, |_| {});
    let minute = again + scene.between(5, 15);
    scene.answers(minute);
}

/// Rule 8: two public replies, and the limit is reached; it goes on in private.
fn reply_limit_reached(scene: &mut Scene<'_, '_>) {
    scene.complains(0);
    let minute = scene.between(scene.of_level(10), scene.of_level(40));
    scene.answers(minute);
    scene.asks_again(minute + 30);
    scene.replies(minute + 90, scene.language.invited, |reply| {
        reply.invites_to = Some("direct".into())
    });
}

/// Rule 8: a discussion in public, past the limit; a private reply is not counted.
fn reply_limit_exceeded(scene: &mut Scene<'_, '_>) {
    scene.complains(0);
    for round in 0..4 {
        scene.answers(30 + round * 60);
        scene.says(50 + round * 60, scene.language.unsolved, |_| {});
    }
    let text = scene.language.solved;
    scene.replies(300, text, |reply| reply.visibility = Some(Visibility::Private));
}

/// Rule 8: an answer too long for one post is one reply in two.
fn split_post(scene: &mut Scene<'_, '_>) {
    scene.complains(0);
    let minute = scene.between(20, scene.of_level(60));
    scene.answers(minute);
    scene.answers(minute + 1);
}

/// Rule 1: the same record, delivered twice, counts once.
fn delivered_twice(scene: &mut Scene<'_, '_>) {
    scene.complains(0);
    scene.repeats(2);
    let minute = scene.between(3, 8);
    scene.answers(minute);
    scene.repeats(minute + 5);
}

/// Rule 1: an edited message is the same message.
fn edited(scene: &mut Scene<'_, '_>) {
    let post = scene.complains(0);
    let more = scene.language.chasers[1];
    scene.revises(20, &post, |said| {
        let text = said.text.take().map(|text| text.into_inner()).unwrap_or_default();
        said.text = Some(format!("{text} {more}").into());
    });
    let minute = scene.between(30, scene.of_level(80));
    scene.answers(minute);
}

/// Rule 1: a deleted message is taken out, and with it the case, if it was the only one.
fn deleted(scene: &mut Scene<'_, '_>) {
    let post = scene.complains(0);
    scene.revises(45, &post, |said| said.deleted = true);
}

/// Identity: the CRM learns who it is only after the complaint.
fn known_late(scene: &mut Scene<'_, '_>) {
    scene.complains(0);
    scene.learnt(180, |_| {});
    let minute = scene.of_level(70);
    scene.answers(minute);
}

/// Identity: two customers carry one telephone number. It is the first one's, and the conflict is told.
fn shared_phone(scene: &mut Scene<'_, '_>) {
    scene.learnt(-120, |_| {});
    let first = scene.another();
    scene.who.telephone = first.telephone;
    scene.learnt(-60, |_| {});
    scene.complains(0);
    let minute = scene.of_level(50);
    scene.answers(minute);
}

/// Identity: two records turn out to be one customer; the reply still goes where the complaint came from.
fn merged(scene: &mut Scene<'_, '_>) {
    scene.learnt(-120, |_| {});
    let before = scene.another();
    let id = scene.who.customer_id();
    scene.learnt(-100, |_| {});
    scene.who = before;
    scene.complains(0);
    scene.learnt(200, |customer| customer.merged_into = Some(id));
    let minute = scene.of_level(60);
    scene.answers(minute);
}
