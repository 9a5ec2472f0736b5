//! What only shows over many people, and what customers say when they are asked: a function each, with the
//! rule of DESIGN.md 5 that it shows.

use super::scene::Scene;
use crate::model::{Status, SurveyScale};

/// Those who are answered on the day of the strike, and as many who are not: enough to stand out where cases
/// come in bunches on other days, too.
const STRUCK: i64 = 50;

/// Rules 12, 13 and 14: a strike. Within minutes many ask at once, half of them are never answered, and all
/// are asked later how likely they recommend the airline. It is on a Thursday, and somebody asks on Monday,
/// too: what is usual at an hour must have been seen before.
pub(super) fn strike(scene: &mut Scene<'_, '_>) {
    scene.of_the_airline();
    scene.complains(-90);
    scene.answers(-85);
    scene.days_later(3);
    for n in 0..2 * STRUCK {
        scene.stranger();
        let minute = n / 6;
        scene.complains_that(minute, scene.language.flights[1]);
        let is_answered = n % 2 == 0;
        if is_answered {
            let soon = scene.between(2, 9);
            scene.answers(minute + soon);
        }
        let score = if is_answered {
            scene.between(6, 11)
        } else {
            scene.between(0, 9)
        };
        scene.scores(minute + 48 * 60, score as f64, SurveyScale::Nps0To10);
    }
}

/// Rule 10: a dozen people whom nobody knows post the same words.
pub(super) fn campaign(scene: &mut Scene<'_, '_>) {
    scene.of_the_airline();
    let text = scene.language.flights[0];
    for n in 0..12 {
        if n > 0 {
            scene.stranger();
        }
        scene.complains_that(n * 7, text);
    }
    let minute = 12 * 7 + scene.of_level(50);
    scene.answers(minute);
}

/// Rule 22: nobody in the company looks after this inbox.
pub(super) fn unread(scene: &mut Scene<'_, '_>) {
    scene.complains(0);
    scene.asks_again(24 * 60);
}

/// Rules 12 and 20: somebody who would not have recommended the company does so once they were helped.
pub(super) fn turned(scene: &mut Scene<'_, '_>) {
    scene.learnt(-90, |_| {});
    scene.recommends(-60, 2.0);
    scene.complains(0);
    scene.scores(20 * 60, 3.0, SurveyScale::Nps0To10);
    scene.elsewhere("messaging");
    let minute = 24 * 60;
    scene.complains(minute);
    let minute = minute + scene.of_level(30);
    scene.answers(minute);
    scene.becomes(minute + 20, Status::Resolved);
    scene.scores(minute + 24 * 60, 10.0, SurveyScale::Nps0To10);
}

/// Rule 12: two stars at first, which tell how bad it is; five once it is solved, which is advocacy.
pub(super) fn appeased(scene: &mut Scene<'_, '_>) {
    let review = scene.complains(0);
    let minute = scene.of_level(40);
    scene.answers(minute);
    scene.revises(minute + 24 * 60, &review, |said| said.rating = Some(5.0));
}
