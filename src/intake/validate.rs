//! What a record must be to be used. Each check says what is wrong, and holds no personal data.

use super::bounds::{NAME, TEXT};
use crate::config::rules::RuleSettings;
use crate::desk::forgetting::is_hidden;
use crate::model::{Complaint, ConversationRef, Customer, Millis, Response, Survey, SurveyAbout, Update};
use crate::processor::Rejection;

/// Other conversations that one response may answer.
const MAX_ANSWERS: usize = 100;

/// Checks a customer's message.
pub fn complaint(complaint: &Complaint, settings: &RuleSettings, logged: Millis) -> Result<(), Rejection> {
    name("id", &complaint.id)?;
    name("source", &complaint.source)?;
    maybe("conversation_id", complaint.conversation_id.as_deref())?;
    maybe("in_reply_to", complaint.in_reply_to.as_deref())?;
    channel(settings, &complaint.channel)?;
    time(settings, "occurred_at", complaint.occurred_at, logged)?;
    edit_time(settings, complaint.edited_at, logged)?;
    text(complaint.text.as_deref().map(String::as_str))?;
    not_negative("revision", Some(complaint.revision))?;
    not_negative("audience", complaint.audience)?;
    not_negative("reshares", complaint.reshares)?;
    within("rating", complaint.rating, 1.0, 5.0)?;
    within("sentiment", complaint.sentiment, -1.0, 1.0)
}

/// Checks a company's message.
pub fn response(response: &Response, settings: &RuleSettings, logged: Millis) -> Result<(), Rejection> {
    name("id", &response.id)?;
    name("source", &response.source)?;
    name("conversation_id", &response.conversation_id)?;
    maybe("in_reply_to", response.in_reply_to.as_deref())?;
    maybe("invites_to", response.invites_to.as_deref())?;
    channel(settings, &response.channel)?;
    time(settings, "occurred_at", response.occurred_at, logged)?;
    edit_time(settings, response.edited_at, logged)?;
    answers(settings, &response.answers)?;
    not_negative("revision", Some(response.revision))
}

/// Checks what a response answers elsewhere.
fn answers(settings: &RuleSettings, answers: &[ConversationRef]) -> Result<(), Rejection> {
    if answers.len() > MAX_ANSWERS {
        let detail = format!(
            "answers has {} entries, at most {MAX_ANSWERS} are allowed",
            answers.len()
        );
        return Err(Rejection::new("too_many", detail));
    }
    answers.iter().try_for_each(|other| {
        name("answers.source", &other.source)?;
        name("answers.conversation_id", &other.conversation_id)?;
        channel(settings, &other.channel)
    })
}

/// Checks an update.
pub fn update(update: &Update, settings: &RuleSettings, logged: Millis) -> Result<(), Rejection> {
    name("id", &update.id)?;
    name("source", &update.source)?;
    name("conversation_id", &update.conversation_id)?;
    maybe("in_reply_to", update.in_reply_to.as_deref())?;
    maybe("external_case_id", update.external_case_id.as_deref())?;
    channel(settings, &update.channel)?;
    time(settings, "occurred_at", update.occurred_at, logged)?;
    not_negative("audience", update.audience)?;
    not_negative("reshares", update.reshares)
}

/// Checks a customer's record.
pub fn customer(customer: &Customer, settings: &RuleSettings, logged: Millis) -> Result<(), Rejection> {
    name("customer_id", &customer.customer_id)?;
    maybe("merged_into", customer.merged_into.as_deref())?;
    time(settings, "updated_at", customer.updated_at, logged)?;
    within("lifetime_value", customer.lifetime_value, f64::MIN, f64::MAX)
}

/// Checks what a customer wrote in a survey.
pub fn comment(survey: &Survey) -> Result<(), Rejection> {
    text(survey.comment.as_deref().map(String::as_str))
}

/// Checks a customer's answer to a survey, normalised: an identifier that names nobody names nobody.
pub fn survey(survey: &Survey, settings: &RuleSettings, logged: Millis) -> Result<(), Rejection> {
    name("id", &survey.id)?;
    name("source", &survey.source)?;
    maybe("conversation_id", survey.conversation_id.as_deref())?;
    survey
        .channel
        .as_deref()
        .map_or(Ok(()), |name| channel(settings, name))?;
    time(settings, "occurred_at", survey.occurred_at, logged)?;
    let (least, most) = survey.scale.bounds();
    within("score", Some(survey.score), least, most)?;
    if survey.conversation_id.is_some() && survey.channel.is_none() {
        let detail = "the survey names a conversation without its channel";
        return Err(Rejection::new("no_channel", detail));
    }
    let names_a_case = survey.about == SurveyAbout::Case && survey.conversation_id.is_some();
    let mut people = survey.customer.iter();
    if names_a_case || people.any(|person| !person.identifiers.is_empty()) {
        return Ok(());
    }
    let detail = match survey.about {
        SurveyAbout::Case => "the survey names neither a conversation nor a customer's identifier",
        SurveyAbout::Relationship => "a survey of the relationship must name a customer's identifier",
    };
    Err(Rejection::new("no_customer", detail))
}

/// Checks a name that must be there. None of an input can be what is left of one that was hidden.
fn name(field: &str, value: &str) -> Result<(), Rejection> {
    match value.len() {
        0 => Err(Rejection::new("empty_field", format!("{field} is empty"))),
        bytes if bytes > NAME.bytes => {
            let detail = format!("{field} has {bytes} bytes, at most {} are allowed", NAME.bytes);
            Err(Rejection::new("field_too_long", detail))
        }
        _ if is_hidden(value) => Err(Rejection::new(
            "reserved_name",
            format!(
                "{field} is what heard leaves of a name when a person is forgotten: nothing else may be called so"
            ),
        )),
        _ => Ok(()),
    }
}

/// Checks a name that may be missing.
fn maybe(field: &str, value: Option<&str>) -> Result<(), Rejection> {
    value.map_or(Ok(()), |value| name(field, value))
}

fn channel(settings: &RuleSettings, channel: &str) -> Result<(), Rejection> {
    if settings.channel(channel).is_some() {
        return Ok(());
    }
    // A name that could be one may be told; anything else may be anything.
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let named = match (1..=40).contains(&channel.len()) && channel.chars().all(is_plain) {
        true => format!("the channel \"{channel}\""),
        false => "the record's channel".to_owned(),
    };
    let detail = format!("{named} is not in the configuration: add a [channels.<name>] with its stage");
    Err(Rejection::new("unknown_channel", detail))
}

/// Rule 23: a time long ago, or more ahead of the log than clocks differ, is a mistake: seconds taken for
/// milliseconds, a broken clock.
fn time(settings: &RuleSettings, field: &str, at: Millis, logged: Millis) -> Result<(), Rejection> {
    let limits = &settings.limits;
    if at < limits.oldest_time {
        let oldest = moment(limits.oldest_time);
        let detail = format!(
            "{field} is {}, before {oldest}: seconds taken for milliseconds?",
            moment(at)
        );
        return Err(Rejection::new("time_too_old", detail));
    }
    if at > logged.plus(limits.max_ahead.ms()) {
        let detail = format!(
            "{field} is {}, too far ahead of {}, when the log got the record: a broken clock, or microseconds?",
            moment(at),
            moment(logged)
        );
        return Err(Rejection::new("time_too_far_ahead", detail));
    }
    Ok(())
}

fn edit_time(settings: &RuleSettings, at: Option<Millis>, logged: Millis) -> Result<(), Rejection> {
    at.map_or(Ok(()), |at| time(settings, "edited_at", at, logged))
}

/// A time as people read it.
fn moment(at: Millis) -> String {
    match jiff::Timestamp::from_millisecond(at.0) {
        Ok(time) => time.to_string(),
        Err(_) => format!("{} ms", at.0),
    }
}

/// Checks what somebody wrote.
pub fn text(text: Option<&str>) -> Result<(), Rejection> {
    match text.map(str::len) {
        Some(bytes) if bytes > TEXT.bytes => Err(Rejection::new(
            "text_too_long",
            format!(
                "the text has {bytes} bytes, at most {} are taken for a message",
                TEXT.bytes
            ),
        )),
        _ => Ok(()),
    }
}

fn not_negative(field: &str, value: Option<i64>) -> Result<(), Rejection> {
    match value {
        Some(value) if value < 0 => Err(Rejection::new(
            "out_of_range",
            format!("{field} is {value}, it cannot be negative"),
        )),
        _ => Ok(()),
    }
}

fn within(field: &str, value: Option<f64>, least: f64, most: f64) -> Result<(), Rejection> {
    match value {
        Some(value) if !(least..=most).contains(&value) => {
            let detail = format!("{field} is {value}, it must be from {least} to {most}");
            Err(Rejection::new("out_of_range", detail))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::{complaint, survey};
    use crate::config::rules::RuleSettings;
    use crate::model::{Complaint, Identifier, Millis, Person, Sensitive, Survey, SurveyAbout, SurveyScale};

    #[test]
    fn what_a_complaint_must_be() {
        const NOW: i64 = 1_700_000_000_000;
        let good = || Complaint {
            id: "1".into(),
            source: "shop".into(),
            channel: "email".into(),
            occurred_at: Millis(NOW),
            ..Complaint::default()
        };
        type Spoil = fn(&mut Complaint);
        //   given a good complaint, but             then
        let cases: [(Spoil, Option<&str>); 24] = [
            (|_| {}, None),
            (|c| c.id = "".into(), Some("empty_field")),
            (|c| c.source = "x".repeat(1025).into(), Some("field_too_long")),
            (|c| c.conversation_id = Some("".into()), Some("empty_field")),
            (|c| c.channel = "pigeon".into(), Some("unknown_channel")),
            (|c| c.occurred_at = Millis(i64::MAX), Some("time_too_far_ahead")),
            (|c| c.occurred_at = Millis(-1), Some("time_too_old")),
            // CASES 27: seconds.
            (|c| c.occurred_at = Millis(1_772_442_600), Some("time_too_old")),
            (|c| c.occurred_at = Millis(946_684_799_999), Some("time_too_old")),
            (|c| c.occurred_at = Millis(946_684_800_000), None),
            (|c| c.occurred_at = Millis(NOW + 86_400_000), None),
            (
                |c| c.occurred_at = Millis(NOW + 86_400_001),
                Some("time_too_far_ahead"),
            ),
            (
                |c| c.occurred_at = Millis(4_070_908_800_000),
                Some("time_too_far_ahead"),
            ), // 2099
            (
                |c| c.edited_at = Some(Millis(1_772_442_600)),
                Some("time_too_old"),
            ),
            (
                |c| c.edited_at = Some(Millis(i64::MAX)),
                Some("time_too_far_ahead"),
            ),
            // CASES 30 and 31.
            (|c| c.id = "forgotten:0123456789abcdef".into(), None),
            (
                |c| c.id = "⟨forgotten⟩0123456789abcdef".into(),
                Some("reserved_name"),
            ),
            (
                |c| c.in_reply_to = Some("⟨forgotten⟩".into()),
                Some("reserved_name"),
            ),
            (
                |c| c.in_reply_to = Some("x".repeat(1025).into()),
                Some("field_too_long"),
            ),
            (
                |c| c.text = Some(Sensitive("x".repeat(1 << 20))),
                Some("text_too_long"),
            ),
            (|c| c.rating = Some(f64::NAN), Some("out_of_range")),
            (|c| c.rating = Some(5.0), None),
            (|c| c.sentiment = Some(-1.5), Some("out_of_range")),
            (|c| c.audience = Some(-1), Some("out_of_range")),
        ];
        for (i, (spoil, code)) in cases.into_iter().enumerate() {
            let mut spoilt = good();
            spoil(&mut spoilt);
            let result = complaint(&spoilt, &RuleSettings::default(), Millis(NOW));
            assert_eq!(result.err().map(|rejection| rejection.code), code, "case {i}");
        }
    }

    #[test]
    fn what_a_survey_must_be() {
        const NOW: i64 = 1_700_000_000_000;
        let good = || Survey {
            id: "1".into(),
            source: "shop".into(),
            customer: Some(Person {
                display_name: None,
                identifiers: vec![Identifier {
                    kind: "email".into(),
                    value: Sensitive("a@b".into()),
                    realm: None,
                }],
            }),
            channel: Some("chat".into()),
            conversation_id: Some("c".into()),
            score: 7.0,
            occurred_at: Millis(NOW),
            ..Survey::default()
        };
        fn scored(survey: &mut Survey, score: f64, scale: SurveyScale) {
            (survey.score, survey.scale) = (score, scale);
        }
        use SurveyScale::{Csat1To5, Nps0To10, Stars1To5};
        type Spoil = fn(&mut Survey);
        //   given a good survey, but                 then
        let cases: [(Spoil, Option<&str>); 22] = [
            (|_| {}, None),
            (|s| s.id = "".into(), Some("empty_field")),
            (|s| s.source = "".into(), Some("empty_field")),
            (|s| s.conversation_id = Some("".into()), Some("empty_field")),
            (|s| s.channel = Some("pigeon".into()), Some("unknown_channel")),
            (|s| s.channel = None, Some("no_channel")),
            (|s| s.occurred_at = Millis(i64::MAX), Some("time_too_far_ahead")),
            (|s| scored(s, f64::NAN, Nps0To10), Some("out_of_range")),
            (|s| scored(s, f64::INFINITY, Nps0To10), Some("out_of_range")),
            (|s| scored(s, -1.0, Nps0To10), Some("out_of_range")),
            (|s| scored(s, 0.0, Nps0To10), None),
            (|s| scored(s, 10.0, Nps0To10), None),
            (|s| scored(s, 11.0, Nps0To10), Some("out_of_range")),
            (|s| scored(s, 0.0, Stars1To5), Some("out_of_range")),
            (|s| scored(s, 5.0, Stars1To5), None),
            (|s| scored(s, 0.9, Csat1To5), Some("out_of_range")),
            (|s| scored(s, 6.0, Csat1To5), Some("out_of_range")),
            (|s| s.customer = None, None), // the conversation is enough
            (|s| (s.conversation_id, s.channel) = (None, None), None), // so is the customer
            (
                |s| (s.conversation_id, s.customer) = (None, None),
                Some("no_customer"),
            ),
            (
                |s| (s.conversation_id, s.customer) = (None, Some(Person::default())),
                Some("no_customer"),
            ),
            (
                |s| (s.about, s.customer) = (SurveyAbout::Relationship, None),
                Some("no_customer"),
            ),
        ];
        for (i, (spoil, code)) in cases.into_iter().enumerate() {
            let mut spoilt = good();
            spoil(&mut spoilt);
            let result = survey(&spoilt, &RuleSettings::default(), Millis(NOW));
            assert_eq!(result.err().map(|rejection| rejection.code), code, "case {i}");
        }
    }
}
