package heard.bench;

import heard.v1.Case;
import heard.v1.CaseEvent;
import heard.v1.CaseEventType;
import heard.v1.CaseStatus;
import heard.v1.Complaint;
import heard.v1.History;
import heard.v1.NextStep;
import heard.v1.Party;
import heard.v1.Playbook;
import heard.v1.Priority;
import heard.v1.PromiseState;
import heard.v1.ReplyLimitState;
import heard.v1.SlaState;
import heard.v1.Stage;
import heard.v1.WorkFlag;
import heard.v1.WorkItem;
import heard.v1.WorkState;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.apache.avro.util.Utf8;

/** The records that a case becomes outside: events, work items, its state. */
final class Outputs {
    private static final long PATIENCE_MS = 48 * 3600 * 1000L;
    private static final int EXCERPT = 160;
    private static final Utf8 MESSAGE = new Utf8("message");
    private static final Utf8 CUSTOMER_ID = new Utf8("customer_id");
    private static final Map<CaseEventType, byte[]> SYMBOLS = new EnumMap<>(CaseEventType.class);

    static {
        for (CaseEventType type : CaseEventType.values()) {
            SYMBOLS.put(type, Text.of(type.name()));
        }
    }

    private final Outbox outbox;
    private final Ids ids;
    private final Codec<Case> cases = new Codec<>(Case.getClassSchema());
    private final Codec<CaseEvent> events = new Codec<>(CaseEvent.getClassSchema());
    private final Codec<WorkItem> work = new Codec<>(WorkItem.getClassSchema());
    private final Codec<Complaint> complaints = new Codec<>(Complaint.getClassSchema());

    Outputs(Outbox outbox, Ids ids) {
        this.outbox = outbox;
        this.ids = ids;
    }

    /** Something happened to a case because of a message. */
    void event(ConversationRow conversation, CaseRow row, CaseEventType type, long at, byte[] message) {
        byte[] id = ids.eventId(row.id, SYMBOLS.get(type), message);
        event(conversation, row, type, at, id, MESSAGE, new Utf8(message));
    }

    /** The case's author turned out to be a customer. */
    void identified(ConversationRow conversation, CaseRow row) {
        CaseEventType type = CaseEventType.IDENTIFIED;
        byte[] customer = row.customerId();
        byte[] membership = Text.of(Integer.toString(row.membership));
        byte[] id = ids.eventId(row.id, SYMBOLS.get(type), customer, membership);
        event(conversation, row, type, row.openedAt, id, CUSTOMER_ID, new Utf8(customer));
    }

    /** The case's work item and its state as it is now. */
    void publish(ConversationRow conversation, CaseRow row) {
        row.workRevision++;
        row.version++;
        byte[] caseId = Ids.text(row.id);
        outbox.emit(Wiring.TO_WORK, caseId, work.encode(item(conversation, row, caseId)));
        outbox.emit(Wiring.TO_CASES, caseId, cases.encode(state(conversation, row, caseId)));
    }

    private void event(
        ConversationRow conversation, CaseRow row, CaseEventType type, long at, byte[] id, Utf8 detail,
        Utf8 value) {
        CaseEvent event = new CaseEvent();
        byte[] caseId = Ids.text(row.id);
        event.event_id = new Utf8(Ids.text(id));
        event.case_id = new Utf8(caseId);
        event.type = type;
        event.at = at;
        event.recorded_at = outbox.now();
        event.stage = Stage.OFFSTAGE;
        event.channel = new Utf8(conversation.channel);
        event.party_key = new Utf8(row.partyKey());
        event.details = Map.of(detail, value);
        outbox.emit(Wiring.TO_EVENTS, caseId, events.encode(event));
    }

    private WorkItem item(ConversationRow conversation, CaseRow row, byte[] caseId) {
        Message.Findings found = row.findings;
        Message.Profile profile = found == null ? null : found.profile();
        WorkItem item = new WorkItem();
        item.work_id = new Utf8(Ids.text(ids.workId(row.id, row.first)));
        item.revision = row.workRevision;
        item.state = WorkState.OPEN;
        item.case_id = new Utf8(caseId);
        item.messages_waiting = row.waiting;
        item.complaint = complaints.decode(row.body, 0);
        item.stage = Stage.OFFSTAGE;
        item.party = new Party();
        item.party.key = new Utf8(row.partyKey());
        if (profile != null) {
            item.party.customer_id = text(profile.customerId());
            item.party.display_name = text(profile.displayName());
            item.party.tier = text(profile.tier());
            item.party.lifetime_value = profile.lifetimeValue();
            item.party.vulnerable = profile.vulnerable();
            item.party.owner = text(profile.owner());
            item.private_channel = text(profile.preferredChannel());
        }
        item.history = new History();
        if (found != null) {
            item.history.complaints_90d = found.complaints();
            item.history.unanswered_90d = found.unanswered();
            item.history.open_cases = found.open();
        }
        item.priority = new Priority(0, List.of());
        item.playbook = Playbook.HOURS;
        item.next_steps = profile == null
            ? List.of(NextStep.ACKNOWLEDGE_NOW, NextStep.VERIFY_CUSTOMER)
            : List.of(NextStep.ACKNOWLEDGE_NOW);
        item.respond_by = row.openedAt + PATIENCE_MS;
        item.linked_cases = List.of();
        item.flags = flags(conversation, row, profile);
        item.first_heard_at = row.openedAt;
        item.routed_at = outbox.now();
        return item;
    }

    private static List<WorkFlag> flags(ConversationRow conversation, CaseRow row, Message.Profile profile) {
        List<WorkFlag> flags = new ArrayList<>(2);
        if (profile == null) {
            flags.add(WorkFlag.UNKNOWN_CUSTOMER);
        }
        if (conversation.firstAuthor != row.author) {
            flags.add(WorkFlag.BYSTANDER);
        }
        if (row.waiting > 1) {
            flags.add(WorkFlag.CHASER);
        }
        if (row.findings == null && !row.asked.isEmpty()) {
            flags.add(WorkFlag.UNRANKED);
        }
        return flags;
    }

    private static Case state(ConversationRow conversation, CaseRow row, byte[] caseId) {
        Message.Profile profile = row.findings == null ? null : row.findings.profile();
        Case state = new Case();
        state.case_id = new Utf8(caseId);
        state.source = new Utf8(conversation.source);
        state.channel = new Utf8(conversation.channel);
        state.stage = Stage.OFFSTAGE;
        state.conversation_id = new Utf8(conversation.conversationId);
        state.bystander = conversation.firstAuthor != row.author;
        state.party_key = new Utf8(row.partyKey());
        state.customer_id = text(row.customerId());
        state.tier = profile == null ? null : text(profile.tier());
        state.brand = text(row.brand);
        state.product = text(row.product);
        state.language = text(row.language);
        state.status = CaseStatus.OPEN;
        state.opened_at = row.openedAt;
        state.last_customer_at = row.lastAt;
        state.customer_messages = row.messages;
        state.waits = 1;
        state.chasers = row.chasers;
        state.sla_acknowledge = SlaState.NONE;
        state.sla_answer = SlaState.NONE;
        state.sla_next = SlaState.NONE;
        state.sla_resolve = SlaState.NONE;
        state.answer_by = row.openedAt + PATIENCE_MS;
        state.waiting_since = row.openedAt;
        state.reply_limit = ReplyLimitState.OK;
        state.promise = PromiseState.NONE;
        state.excerpt = text(row.excerpt);
        state.version = row.version;
        return state;
    }

    /** The first characters of a text, without the blanks around them. */
    static byte[] excerpt(CharSequence text) {
        if (text == null) {
            return new byte[0];
        }
        String trimmed = text.toString().strip();
        if (trimmed.codePointCount(0, trimmed.length()) > EXCERPT) {
            trimmed = trimmed.substring(0, trimmed.offsetByCodePoints(0, EXCERPT)).stripTrailing();
        }
        return Text.of(trimmed);
    }

    private static Utf8 text(byte[] bytes) {
        return bytes == null ? null : new Utf8(bytes);
    }
}
