package heard.bench;

import heard.v1.CaseEventType;
import heard.v1.Complaint;
import heard.v1.Identifier;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.List;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;

/** A conversation: the messages of one thread, and the cases in it. The only writer of outputs. */
final class Conversations {
    /** The strongest kind of identifier first; an author in email is named by their address. */
    private static final List<String> KINDS =
        List.of("customer_id", "email", "phone", "account", "handle", "device");
    private static final byte[] NATIVE = Text.of("email");

    private final KeyValueStore<byte[], byte[]> rows;
    private final Outbox outbox;
    private final Keys keys;
    /** How long the first work item of a case waits for findings. */
    private final long rankingWaitMs;
    private final Ids ids = new Ids();
    private final Outputs outputs;
    private final Codec<Complaint> complaints = new Codec<>(Complaint.getClassSchema());
    private final Pack pack = new Pack();
    /** Cases whose first work item waits for findings, in the order of their deadlines. */
    private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();

    private record Waiting(long until, byte[] conversation, long author) {}

    Conversations(KeyValueStore<byte[], byte[]> rows, Outbox outbox, Keys keys, long rankingWaitMs) {
        this.rows = rows;
        this.outbox = outbox;
        this.keys = keys;
        this.rankingWaitMs = rankingWaitMs;
        outputs = new Outputs(outbox, ids);
    }

    /** Finds, after a start, the cases that wait for findings. */
    void restore() {
        try (KeyValueIterator<byte[], byte[]> all = rows.all()) {
            while (all.hasNext()) {
                KeyValue<byte[], byte[]> each = all.next();
                for (CaseRow row : ConversationRow.read(each.value).cases) {
                    if (row.rankBy > 0) {
                        waiting.add(new Waiting(row.rankBy, each.key, row.author));
                    }
                }
            }
        }
    }

    /** A customer's message. */
    void said(byte[] hash, byte[] datum) {
        Complaint complaint = complaints.decode(datum, 0);
        byte[] bytes = rows.get(hash);
        ConversationRow conversation = bytes == null ? new ConversationRow() : ConversationRow.read(bytes);
        byte[] messageId = Keys.bytes(complaint.id);
        long message = keys.author(messageId);
        if (conversation.hasSeen(message)) {
            return; // a duplicate
        }
        conversation.see(message);
        byte[] authorKey = authorKey(complaint.author.identifiers);
        long author = keys.author(authorKey);
        if (bytes == null) {
            conversation.source = Keys.bytes(complaint.source);
            conversation.channel = Keys.bytes(complaint.channel);
            conversation.conversationId = Keys.bytes(complaint.conversation_id);
            conversation.firstAuthor = author;
        }
        CaseRow row = conversation.of(author);
        boolean opens = row == null;
        if (opens) {
            row = open(conversation, complaint, messageId, author, authorKey);
            outputs.event(conversation, row, CaseEventType.OPENED, row.openedAt, messageId);
        } else {
            row.chasers++;
        }
        row.lastAt = Math.max(row.lastAt, complaint.occurred_at);
        row.messages++;
        row.waiting++;
        row.body = datum;
        if (!opens) {
            outputs.event(conversation, row, CaseEventType.CUSTOMER_MESSAGE, complaint.occurred_at, messageId);
        }
        if (opens && !row.asked.isEmpty()) {
            row.rankBy = outbox.now() + rankingWaitMs;
            waiting.add(new Waiting(row.rankBy, hash, author));
            for (CaseRow.Asked each : row.asked) {
                new Message.Ask(hash, author).write(outbox.pack);
                outbox.mail(Keys.IDENTIFIER, each.hash);
            }
        } else if (row.rankBy == 0) {
            outputs.publish(conversation, row);
        }
        rows.put(hash, conversation.write(pack));
    }

    /** An identifier has answered. When all have, the case joins its party. */
    void owner(byte[] hash, Message.Owner answer) {
        ConversationRow conversation = ConversationRow.read(rows.get(hash));
        CaseRow row = conversation.of(answer.author());
        long stamp = 0;
        boolean all = true;
        for (CaseRow.Asked each : row.asked) {
            if (Arrays.equals(each.hash, answer.identifier())) {
                if (each.number >= answer.number()) {
                    return;
                }
                each.number = answer.number();
                each.owner = answer.customerId();
            }
            all &= each.number > 0;
            stamp += each.number;
        }
        if (stamp <= row.stamp) {
            return;
        }
        if (all) {
            note(hash, row, decide(row.asked), stamp, true);
        }
        // A single answer need not be kept: it comes back with the findings, stamped.
        if (row.asked.size() > 1) {
            rows.put(hash, conversation.write(pack));
        }
    }

    /** The party has found out what it knows. */
    void findings(byte[] hash, Message.Findings findings) {
        ConversationRow conversation = ConversationRow.read(rows.get(hash));
        CaseRow row = conversation.of(findings.author());
        Message.Findings before = row.findings;
        boolean same = before != null && Arrays.equals(before.partyKey(), findings.partyKey());
        if (findings.stamp() < row.stamp || same && findings.number() <= before.number()) {
            return;
        }
        row.stamp = findings.stamp();
        row.findings = findings;
        row.rankBy = 0;
        if (!same) {
            row.membership++;
            if (before != null) {
                note(hash, row, before.partyKey(), findings.stamp(), false);
            }
            if (findings.profile() != null) {
                outputs.identified(conversation, row);
            }
        }
        outputs.publish(conversation, row);
        rows.put(hash, conversation.write(pack));
    }

    /** Time has come: work items that waited too long for findings go out unranked. */
    void wake(long now) {
        while (!waiting.isEmpty() && waiting.peek().until <= now) {
            Waiting late = waiting.poll();
            ConversationRow conversation = ConversationRow.read(rows.get(late.conversation));
            CaseRow row = conversation.of(late.author);
            if (row.rankBy > 0) {
                row.rankBy = 0;
                outputs.publish(conversation, row);
                rows.put(late.conversation, conversation.write(pack));
            }
        }
    }

    private CaseRow open(
        ConversationRow conversation, Complaint complaint, byte[] messageId, long author, byte[] authorKey) {
        CaseRow row = new CaseRow();
        row.author = author;
        row.id = ids.caseId(conversation.source, conversation.channel, conversation.conversationId, authorKey);
        row.openedAt = complaint.occurred_at;
        row.lastAt = complaint.occurred_at;
        row.first = messageId;
        row.brand = Text.orNull(complaint.brand);
        row.product = Text.orNull(complaint.product);
        row.language = Text.orNull(complaint.language);
        row.excerpt = Outputs.excerpt(complaint.text);
        for (Identifier identifier : complaint.author.identifiers) {
            CaseRow.Asked asked = new CaseRow.Asked();
            asked.kind = Keys.bytes(identifier.kind);
            asked.realm = Text.orNull(identifier.realm);
            asked.value = Keys.bytes(identifier.value);
            asked.hash = keys.identifier(asked.kind, asked.realm, asked.value);
            row.asked.add(asked);
        }
        conversation.cases.add(row);
        return row;
    }

    private void note(byte[] hash, CaseRow row, byte[] partyKey, long stamp, boolean member) {
        new Message.Note(hash, row.author, partyKey, stamp, member, row.openedAt, true, false)
            .write(outbox.pack);
        outbox.mail(Keys.PARTY, keys.party(partyKey));
    }

    /** The owner of the strongest identifier that has one, else that identifier. */
    private static byte[] decide(List<CaseRow.Asked> asked) {
        CaseRow.Asked strongest = null;
        CaseRow.Asked claimed = null;
        for (CaseRow.Asked each : asked) {
            if (strongest == null || strength(each.kind) < strength(strongest.kind)) {
                strongest = each;
            }
            if (each.owner != null && (claimed == null || strength(each.kind) < strength(claimed.kind))) {
                claimed = each;
            }
        }
        return claimed != null
            ? Text.join(Text.CUSTOMER, claimed.owner)
            : Text.pair(strongest.kind, strongest.value);
    }

    private static int strength(byte[] kind) {
        int at = KINDS.indexOf(new String(kind, java.nio.charset.StandardCharsets.UTF_8));
        return at < 0 ? KINDS.size() : at;
    }

    private static byte[] authorKey(List<Identifier> identifiers) {
        if (identifiers.isEmpty()) {
            return Text.UNKNOWN;
        }
        Identifier best = identifiers.get(0);
        for (Identifier each : identifiers) {
            if (Arrays.equals(Keys.bytes(each.kind), NATIVE)) {
                best = each;
                break;
            }
        }
        return Text.pair(Keys.bytes(best.kind), Keys.bytes(best.value));
    }
}
