//! What a record must be to be used. Each check says what is wrong, and holds no personal data.

use crate::config::rules::RuleSettings;
use crate::model::{Complaint, ConversationRef, Customer, Millis, Response, Survey, SurveyAbout, Update};
use crate::processor::Rejection;

/// Bytes of an id, a source, a conversation id.
const MAX_ID_BYTES: usize = 1024;
/// Other conversations that one response may answer.
const MAX_ANSWERS: usize = 100;
/// Bytes of text beyond which a message is no message.
const MAX_TEXT_BYTES: usize = 512 * 1024;

/// Checks a customer's message.
pub fn complaint(complaint: &Complaint, settings: &RuleSettings, logged: Millis) -> Result<(), Rejection> {
    name("id", &complaint.id)?;
    name("source", &complaint.source)?;
    complaint
        .conversation_id
        .as_deref()
        .map_or(Ok(()), |id| name("conversation_id", id))?;
    channel(settings, &complaint.channel)?;
    time(settings, complaint.occurred_at, logged)?;
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
    channel(settings, &response.channel)?;
    time(settings, response.occurred_at, logged)?;
    text(response.text.as_deref().map(String::as_str))?;
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
    channel(settings, &update.channel)?;
    time(settings, update.occurred_at, logged)?;
    not_negative("audience", update.audience)?;
    not_negative("reshares", update.reshares)
}

/// Checks a customer's record.
pub fn customer(customer: &Customer, settings: &RuleSettings, logged: Millis) -> Result<(), Rejection> {
    name("customer_id", &customer.customer_id)?;
    customer
        .merged_into
        .as_deref()
        .map_or(Ok(()), |id| name("merged_into", id))?;
    time(settings, customer.updated_at, logged)?;
    within("lifetime_value", customer.lifetime_value, f64::MIN, f64::MAX)
}

/// Checks a customer's answer to a survey, normalised: an identifier that names nobody names nobody.
pub fn survey(survey: &Survey, settings: &RuleSettings, logged: Millis) -> Result<(), Rejection> {
    name("id", &survey.id)?;
    name("source", &survey.source)?;
    survey
        .conversation_id
        .as_deref()
        .map_or(Ok(()), |id| name("conversation_id", id))?;
    survey
        .channel
        .as_deref()
        .map_or(Ok(()), |name| channel(settings, name))?;
    time(settings, survey.occurred_at, logged)?;
    text(survey.comment.as_deref().map(String::as_str))?;
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

fn name(field: &str, value: &str) -> Result<(), Rejection> {
    match value.len() {
        0 => Err(Rejection::new("empty_field", format!("{field} is empty"))),
        1..=MAX_ID_BYTES => Ok(()),
        bytes => {
            let detail = format!("{field} has {bytes} bytes, at most {MAX_ID_BYTES} are allowed");
            Err(Rejection::new("field_too_long", detail))
        }
    }
}

fn channel(settings: &RuleSettings, channel: &str) -> Result<(), Rejection> {
    if settings.channel(channel).is_some() {
        return Ok(());
    }
    let detail = "the record's channel is not in the configuration: add a [channels.<name>] with its stage";
    Err(Rejection::new("unknown_channel", detail))
}

fn time(settings: &RuleSettings, at: Millis, logged: Millis) -> Result<(), Rejection> {
    if settings.limits.plausible(at, logged) {
        return Ok(());
    }
    let detail = format!(
        "event time {} ms cannot be: the log got the record at {} ms",
        at.0, logged.0
    );
    Err(Rejection::new("absurd_time", detail))
}

fn text(text: Option<&str>) -> Result<(), Rejection> {
    match text.map(str::len) {
        Some(bytes) if bytes > MAX_TEXT_BYTES => Err(Rejection::new(
            "text_too_long",
            format!("the text has {bytes} bytes, at most {MAX_TEXT_BYTES} are taken for a message"),
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
        let cases: [(Spoil, Option<&str>); 12] = [
            (|_| {}, None),
            (|c| c.id = "".into(), Some("empty_field")),
            (|c| c.source = "x".repeat(1025).into(), Some("field_too_long")),
            (|c| c.conversation_id = Some("".into()), Some("empty_field")),
            (|c| c.channel = "pigeon".into(), Some("unknown_channel")),
            (|c| c.occurred_at = Millis(i64::MAX), Some("absurd_time")),
            (|c| c.occurred_at = Millis(-1), Some("absurd_time")),
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
        let cases: [(Spoil, Option<&str>); 23] = [
            (|_| {}, None),
            (|s| s.id = "".into(), Some("empty_field")),
            (|s| s.source = "".into(), Some("empty_field")),
            (|s| s.conversation_id = Some("".into()), Some("empty_field")),
            (|s| s.channel = Some("pigeon".into()), Some("unknown_channel")),
            (|s| s.channel = None, Some("no_channel")),
            (|s| s.occurred_at = Millis(i64::MAX), Some("absurd_time")),
            (
                |s| s.comment = Some(Sensitive("x".repeat(1 << 20))),
                Some("text_too_long"),
            ),
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
