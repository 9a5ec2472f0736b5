//! What may happen to a person over several channels, and what becomes of what they were promised: a
//! function each, with the rule of DESIGN.md 5 that it shows.

use super::scene::Scene;
use crate::model::{Status, SurveyScale};

/// Rule 9: nobody answers in private, so the customer tells everybody.
pub(super) fn gave_up(scene: &mut Scene<'_, '_>) {
    scene.learnt(-90, |_| {});
    scene.complains(0);
    let minute = scene.patience() + 30;
    scene.elsewhere("social");
    scene.complains(minute);
    let soon = scene.of_level(40);
    scene.answers(minute + soon);
}

/// Rule 9: there was an answer in private, and no solution.
pub(super) fn unsolved(scene: &mut Scene<'_, '_>) {
    scene.learnt(-90, |_| {});
    scene.complains(0);
    let minute = scene.of_level(50);
    scene.answers(minute);
    let later = minute + 24 * 60;
    scene.elsewhere("review");
    scene.complains(later);
    let soon = scene.of_level(40);
    scene.answers(later + soon);
}

/// Rule 9: told in private and in public at once; nobody is late, so nothing escalates.
pub(super) fn parallel(scene: &mut Scene<'_, '_>) {
    scene.learnt(-90, |_| {});
    scene.complains(0);
    let minute = scene.of_level(60);
    scene.answers(minute);
    scene.elsewhere("social");
    scene.complains(10);
    let minute = 10 + scene.of_level(60);
    scene.answers(minute);
}

/// Rule 9: invited to a private channel, the customer goes there.
pub(super) fn went_private(scene: &mut Scene<'_, '_>) {
    scene.learnt(-90, |_| {});
    scene.complains(0);
    let minute = scene.of_level(30);
    scene.replies(minute, scene.language.invited, |reply| {
        reply.invites_to = Some("email".into());
    });
    scene.elsewhere("email");
    scene.complains(minute + 40);
    let soon = scene.of_level(50);
    scene.answers(minute + 40 + soon);
    scene.becomes(minute + 50 + soon, Status::Resolved);
}

/// Rule 9: nobody answers in public, so the customer calls.
pub(super) fn called_instead(scene: &mut Scene<'_, '_>) {
    scene.learnt(-90, |_| {});
    scene.complains(0);
    let minute = scene.of_level(70);
    scene.elsewhere("phone");
    scene.complains(minute);
    let soon = scene.of_level(60);
    scene.answers(minute + soon);
}

/// Rule 9: told in public to call, where the customer waits already.
pub(super) fn sent_back(scene: &mut Scene<'_, '_>) {
    scene.learnt(-90, |_| {});
    scene.complains(0);
    scene.elsewhere("social");
    scene.complains(15);
    scene.replies(25, scene.language.invited, |reply| {
        reply.invites_to = Some("phone".into());
    });
}

/// Rule 10: the same complaint on five sites within minutes, and nobody answers on any.
pub(super) fn five_sites(scene: &mut Scene<'_, '_>) {
    scene.learnt(-90, |_| {});
    scene.of_the_airline();
    let text = scene.language.flights[0];
    scene.complains_that(0, text);
    for (minute, channel) in [(3, "forum"), (6, "social"), (9, "email"), (12, "messaging")] {
        scene.elsewhere(channel);
        scene.complains_that(minute, text);
    }
}

/// Rule 16: solved by the first answer, and then a quiet week.
pub(super) fn first_contact(scene: &mut Scene<'_, '_>) {
    scene.complains(0);
    let minute = scene.of_level(20);
    scene.replies(minute, scene.language.solved, |reply| {
        reply.status = Some(Status::Resolved)
    });
    scene.scores(minute + 24 * 60, 5.0, SurveyScale::Csat1To5);
}

/// Rule 18: some days after it was solved, somebody asks whether it stayed so.
pub(super) fn looked_after(scene: &mut Scene<'_, '_>) {
    scene.complains(0);
    let minute = scene.of_level(60);
    scene.answers(minute);
    scene.becomes(minute + 30, Status::Resolved);
    scene.answers(minute + 30 + 3 * 24 * 60 + 45);
}

/// Rule 21: a promise, and the answer in time; then what was solved stays so (rules 16 and 18).
pub(super) fn promise_kept(scene: &mut Scene<'_, '_>) {
    scene.complains(0);
    let minute = scene.of_level(40);
    promises(scene, minute, minute + 24 * 60);
    scene.answers(minute + 10 * 60);
    scene.becomes(minute + 10 * 60 + 5, Status::Resolved);
}

/// Rule 21: a promise, and nothing after it.
pub(super) fn promise_broken(scene: &mut Scene<'_, '_>) {
    scene.complains(0);
    let minute = scene.of_level(40);
    promises(scene, minute, minute + 12 * 60);
}

fn promises(scene: &mut Scene<'_, '_>, minute: i64, by: i64) {
    let until = scene.at(by);
    scene.replies(minute, scene.language.answers[0], |reply| {
        reply.promised_by = Some(until);
    });
}

/// Rule 17: another team goes on, and the customer tells it all again.
pub(super) fn transferred(scene: &mut Scene<'_, '_>) {
    scene.complains(0);
    let minute = scene.of_level(40);
    scene.answers(minute);
    scene.asks_again(minute + 60);
    scene.replies(minute + 120, scene.language.answers[0], |reply| {
        reply.team = Some("claims".into());
    });
}
