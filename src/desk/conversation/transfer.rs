//! Transfers: the customer has to do with somebody else (rule 17).

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use smol_str::SmolStr;

use super::fold::Mark;

/// Transfers of one case that are remembered one by one; all are counted.
const REMEMBERED: usize = 16;

/// Who replied last, and how often that changed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Handling {
    /// The last human reply: its team, if it said so.
    team: Option<SmolStr>,
    /// The channel of the last human reply, if it was another conversation's.
    elsewhere: Option<SmolStr>,
    /// The person of the last human reply that named one.
    pub agent: Option<SmolStr>,
    /// A person has replied.
    replied: bool,
    /// Human replies by another team (both known), or from another channel, than the one before.
    pub transfers: u32,
    /// The latest of them.
    pub marks: SmallVec<[Mark; 0]>,
}

impl Handling {
    /// A person replies. `elsewhere` is the channel of a reply that was said in another conversation.
    pub fn reply(
        &mut self,
        mark: &Mark,
        team: Option<&SmolStr>,
        agent: Option<&SmolStr>,
        elsewhere: Option<&SmolStr>,
    ) {
        let other_team = matches!((&self.team, team), (Some(before), Some(now)) if before != now);
        let other_channel = self.elsewhere.as_ref() != elsewhere;
        if self.replied && (other_team || other_channel) {
            self.transfers += 1;
            if self.marks.len() == REMEMBERED {
                self.marks.remove(0);
            }
            self.marks.push(mark.clone());
        }
        self.replied = true;
        self.team = team.cloned();
        self.elsewhere = elsewhere.cloned();
        self.agent = agent.cloned().or(self.agent.take());
    }
}

#[cfg(test)]
mod tests {
    use super::{Handling, Mark};
    use crate::model::Millis;

    #[test]
    fn who_replies_next() {
        type Reply = (Option<&'static str>, Option<&'static str>);
        const A: Reply = (Some("care"), None);
        const B: Reply = (Some("claims"), None);
        const NOBODY: Reply = (None, None);
        const MAIL: Reply = (Some("care"), Some("email"));
        //   replies (team, other channel)   transfers
        for (replies, transfers) in [
            (&[A][..], 0),
            (&[A, A], 0),
            (&[A, B], 1),
            (&[A, B, A], 2),
            (&[A, NOBODY, B], 0), // both must be known
            (&[NOBODY, A], 0),
            (&[A, MAIL], 1), // the same team, from another channel
            (&[A, MAIL, MAIL, A], 2),
        ] {
            let mut handling = Handling::default();
            for (n, (team, elsewhere)) in replies.iter().enumerate() {
                let mark = Mark {
                    at: Millis(n as i64),
                    id: format!("r{n}").into(),
                };
                let of = |text: &Option<&str>| text.map(Into::into);
                handling.reply(&mark, of(team).as_ref(), None, of(elsewhere).as_ref());
            }
            assert_eq!(handling.transfers, transfers, "{replies:?}");
            assert_eq!(handling.marks.len(), transfers as usize);
        }
    }

    #[test]
    fn the_last_person_named_is_the_owner() {
        let mut handling = Handling::default();
        let mark = Mark {
            at: Millis(1),
            id: "r".into(),
        };
        handling.reply(&mark, None, Some(&"ann".into()), None);
        handling.reply(&mark, None, None, None);
        assert_eq!(handling.agent.as_deref(), Some("ann"));
    }
}
