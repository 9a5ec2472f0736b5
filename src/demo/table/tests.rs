use unicode_width::UnicodeWidthStr;

use super::table;
use crate::demo::overview::Overview;
use crate::demo::story::START;
use crate::model::{
    Case, CaseEvent, CaseEventType, CaseId, Complaint, Details, Intent, Millis, Person, Stage, WorkId,
    WorkItem,
};

/// Minutes after the story's beginning.
fn at(minute: i64) -> Millis {
    START.plus(minute * 60_000)
}

fn said(id: &str, minute: i64, channel: &str, name: &str, text: &str) -> Complaint {
    Complaint {
        id: id.into(),
        channel: channel.into(),
        author: Person {
            display_name: Some(name.into()),
            identifiers: Vec::new(),
        },
        text: Some(text.into()),
        occurred_at: at(minute),
        ..Complaint::default()
    }
}

/// An overview of a few people, most of whom wait.
pub(in crate::demo) fn overview() -> Overview {
    let people = [
        (
            "1",
            500,
            620,
            "chat",
            Stage::Offstage,
            "Maude Pennyworth",
            "You charged me twice for the same seat.",
        ),
        (
            "2",
            300,
            780,
            "social",
            Stage::Onstage,
            "ليلى الحدّاد",
            "حقيبتي مفقودة منذ ثلاثة أيام ولا أحد يعرف مكانها.",
        ),
        (
            "3",
            10,
            1450,
            "forum",
            Stage::Onstage,
            "נועה ברקאי",
            "המנורה הגיעה שבורה והקופסה הייתה פתוחה.",
        ),
        (
            "4",
            600,
            720,
            "messaging",
            Stage::Offstage,
            "شیرین فرهادپور",
            "هنوز منتظر پاسخ هستم.",
        ),
        (
            "5",
            610,
            2050,
            "email",
            Stage::Offstage,
            "Óscar Villafañe",
            "Sigo esperando una respuesta.",
        ),
    ];
    let mut overview = Overview::default();
    for (id, minute, due, channel, stage, name, text) in people {
        let complaint = said(id, minute, channel, name, text);
        overview.said(&complaint);
        let case_id = CaseId::new("", channel, id, name);
        overview.case(
            case_id,
            Some(Case {
                case_id,
                channel: channel.into(),
                stage,
                ..Case::default()
            }),
        );
        overview.event(&CaseEvent {
            case_id,
            kind: CaseEventType::Opened,
            at: at(minute),
            channel: channel.into(),
            stage,
            details: Details::from([("message", id)]),
            ..CaseEvent::default()
        });
        overview.work(WorkItem {
            work_id: WorkId::new(case_id, id),
            case_id,
            messages_waiting: 1,
            stage,
            respond_by: at(due),
            complaint: complaint.into(),
            ..WorkItem::default()
        });
    }
    let answered = said(
        "6",
        640,
        "phone",
        "Rogelio Pinzón",
        "Me han cobrado dos veces el mismo asiento.",
    );
    overview.said(&answered);
    let case_id = CaseId::new("", "phone", "6", "");
    overview.case(
        case_id,
        Some(Case {
            case_id,
            waits: 1,
            answered_at: Some(at(652)),
            first_response_ms: Some(12 * 60_000),
            ..Case::default()
        }),
    );
    for (kind, minute) in [(CaseEventType::Opened, 640), (CaseEventType::Answered, 652)] {
        overview.event(&CaseEvent {
            case_id,
            kind,
            at: at(minute),
            channel: "phone".into(),
            details: Details::from([("message", "6")]),
            ..CaseEvent::default()
        });
    }
    overview
}

/// As it is drawn, with marks in place of the invisible isolates.
fn drawn(width: usize, height: usize) -> String {
    drawn_with(None, width, height)
}

fn drawn_with(notice: Option<&str>, width: usize, height: usize) -> String {
    let lines = table(notice, &overview(), at(660), width, height);
    assert!(lines.len() <= height, "{} lines of {height}", lines.len());
    for line in &lines {
        assert!(
            line.width() <= width,
            "{} columns of {width}: {line}",
            line.width()
        );
        assert_eq!(
            line.matches('\u{2068}').count(),
            line.matches('\u{2069}').count(),
            "{line}"
        );
    }
    lines.join("\n").replace('\u{2068}', "<").replace('\u{2069}', ">")
}

#[test]
fn on_a_wide_terminal() {
    insta::assert_snapshot!(drawn(120, 24));
}

#[test]
fn on_a_usual_terminal() {
    insta::assert_snapshot!(drawn(80, 24));
}

#[test]
fn with_a_notice_below_its_head() {
    let notice = "metrics and health at http://127.0.0.1:9464/metrics, /healthz, /readyz";
    insta::assert_snapshot!(drawn_with(Some(notice), 80, 16));
}

#[test]
fn on_a_narrow_terminal() {
    insta::assert_snapshot!(drawn(40, 20));
}

#[test]
fn on_a_terminal_of_60_columns() {
    insta::assert_snapshot!(drawn(60, 22));
}

/// CASES 46.
#[test]
fn who_is_late_is_told_by_how_much_and_the_order_is_said() {
    let drawn = drawn(80, 24);
    for part in [
        "Who waits: whose answer is due first, first.",
        "late by 40 min",
        "in 1 h 00",
        "in 2 h 00",
    ] {
        assert!(drawn.contains(part), "{part} is not in:\n{drawn}");
    }
    assert!(!drawn.contains("LATE"), "{drawn}");
}

#[test]
fn on_a_low_terminal_the_others_are_counted() {
    insta::assert_snapshot!(drawn(80, 11));
}

#[test]
fn it_fits_every_terminal() {
    for width in [33, 34, 60, 75, 76, 77, 200] {
        for height in 0..30 {
            drawn(width, height);
            drawn_with(
                Some("metrics and health at http://127.0.0.1:9464/metrics"),
                width,
                height,
            );
        }
    }
}

#[test]
fn nobody_waits_before_the_first_and_praise_waits_for_nothing() {
    let mut overview = Overview::default();
    let praise = Complaint {
        intent: Some(Intent::Praise),
        ..said("1", 0, "social", "Gwen Hollis", "Well done.")
    };
    overview.work(WorkItem {
        complaint: praise.into(),
        ..WorkItem::default()
    });
    let lines = table(None, &overview, at(0), 80, 24);
    assert!(lines.iter().any(|line| line == "Nobody waits."), "{lines:?}");
}
