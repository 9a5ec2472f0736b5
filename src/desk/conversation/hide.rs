//! What a case says of an author who is forgotten, and what is left of it: of facts, of folds, of who it was.
//! Pure. What facts come to after they are hidden is what the fold is after it is hidden.

use std::sync::Arc;

use smallvec::SmallVec;
use smol_str::SmolStr;

use super::excerpt::Excerpt;
use super::fact::{Addressee, Author, CustomerSaid, Fact, Said};
use super::fold::{Fold, Mark};
use super::who::{Party, Who};
use crate::desk::forgetting::{PARTY, hidden};
use crate::desk::keys::Keys;
use crate::desk::message::{Findings, Profile};
use crate::desk::score::latest;

/// Whether a fact is of the case of this author: said by them, or to them.
pub(super) fn is_of(fact: &Fact, author: Author) -> bool {
    match &fact.said {
        Said::Customer(said) => said.author == author,
        _ => fact.case == author,
    }
}

/// Hides what a fact of this author's case says of them, in each of its versions. `means_them` tells whether it was
/// said to them, or only fell to them for want of anybody else: that may change.
pub(super) fn hide(keys: &Keys, fact: &mut Fact, author: Author, means_them: impl Fn(&Addressee) -> bool) {
    fact.id = hidden(keys, &fact.id);
    hide_said(keys, &mut fact.said, author, &means_them);
    for version in fact.others_mut() {
        version.identifiers = Vec::new();
        hide_said(keys, &mut version.said, author, &means_them);
    }
}

/// Hides versions of a message that do not stand any more: those of this author's that are so.
pub(super) fn hide_versions(
    keys: &Keys,
    fact: &mut Fact,
    author: Author,
    is_so: impl Fn(&CustomerSaid) -> bool,
) {
    for version in fact.others_mut() {
        let is_it = matches!(&version.said, Said::Customer(said) if said.author == author && is_so(said));
        if is_it {
            version.identifiers = Vec::new();
            hide_said(keys, &mut version.said, author, &|_| false);
        }
    }
}

fn hide_said(keys: &Keys, said: &mut Said, author: Author, means_them: &impl Fn(&Addressee) -> bool) {
    if let Some(to) = said.addressee_mut() {
        if means_them(to) {
            *to = Addressee {
                author: Some(author),
                ..Addressee::default()
            };
        } else if let Some(target) = &mut to.reply_to {
            *target = hidden(keys, target);
        }
    }
    match said {
        Said::Customer(said) => {
            said.reply_to
                .iter_mut()
                .for_each(|target| *target = hidden(keys, target));
            said.excerpt = Excerpt::default();
            said.sketch = None;
            said.about.location = None;
            said.mentions = SmallVec::new();
        }
        Said::Company(said) => said.answers.clear(),
        Said::Changed(change) => {
            change.external_case_id = None;
            change.remedy = None;
            change.about.location = None;
        }
        Said::Surveyed(_) => {}
    }
}

/// Hides what a fold says of its author: what it would come to from facts that are hidden.
pub(super) fn hide_fold(keys: &Keys, fold: &mut Fold) {
    let Fold {
        opened,
        clock,
        acknowledged,
        answered,
        bot_claim,
        resolved,
        let_go,
        pending,
        open,
        last_wait,
        praise,
        journey,
        promises,
        handling,
        followed_up,
        scores,
        unanswered,
        ..
    } = fold;
    let moments = [clock, acknowledged, resolved, let_go, pending, followed_up];
    let waits = [open, last_wait, praise].into_iter().flatten();
    let marks = [opened]
        .into_iter()
        .chain(moments.into_iter().flatten())
        .chain(
            answered
                .iter_mut()
                .chain(bot_claim)
                .map(|answer| &mut answer.mark),
        )
        .chain(waits.flat_map(|wait| [&mut wait.first, &mut wait.latest]))
        .chain(promises.marks_mut())
        .chain(&mut handling.marks);
    for Mark { id, .. } in marks {
        *id = hidden(keys, id);
    }
    for id in unanswered.ids_mut() {
        *id = hidden(keys, id);
    }
    for invitation in &mut journey.invitations {
        invitation.message = hidden(keys, &invitation.message);
    }
    scores.rename(|id| hidden(keys, id));
    fold.excerpt = Excerpt::default();
    fold.told.location = None;
    fold.set.location = None;
    fold.external_case_id = None;
    fold.remedy = None;
    fold.mentions = SmallVec::new();
}

/// Who it was: nobody. What the case is judged by stays: the tier, and how other cases stood to it.
pub(super) fn forgotten_who(keys: &Keys, who: &Who) -> Who {
    let membership = who.membership + 1;
    let findings = who.findings.as_deref().map(|found| {
        let mut links = found.links.clone();
        for bounce in &mut links.bounces {
            bounce.message = hidden(keys, &bounce.message);
        }
        // Only the one that is shown is left.
        let mut surveys: SmallVec<[_; 0]> = latest(&found.surveys).cloned().into_iter().collect();
        for scored in &mut surveys {
            scored.id = hidden(keys, &scored.id);
        }
        let tier = found.profile.as_ref().and_then(|profile| profile.tier.clone());
        Arc::new(Findings {
            membership,
            profile: tier.map(|tier| Profile {
                tier: Some(tier),
                ..Profile::default()
            }),
            links,
            surveys,
            ..found.clone()
        })
    });
    Who {
        party: Some(Party {
            key: SmolStr::new_static(PARTY),
            customer_id: None,
            settled: true,
        }),
        membership,
        findings,
        ..Who::default()
    }
}
