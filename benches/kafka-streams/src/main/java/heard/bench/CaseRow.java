package heard.bench;

import java.util.ArrayList;
import java.util.List;

/** A case, in the row of its conversation. Texts are bytes; {@code null} is none. */
final class CaseRow {
    /** The short hash of its author. */
    long author;
    byte[] id;
    long openedAt;
    long lastAt;
    int messages;
    int chasers;
    /** Messages of the open wait, and the id of its first. */
    int waiting;
    byte[] first;
    long version;
    long workRevision;
    /** Until when the first work item waits for findings; zero: it does not. */
    long rankBy;
    byte[] brand;
    byte[] product;
    byte[] language;
    byte[] excerpt;
    final List<Asked> asked = new ArrayList<>(1);
    /** How much is known of the author; rises with each answer. */
    long stamp;
    /** Rises with each change of party. */
    int membership;
    Message.Findings findings;
    /** The latest message of the open wait, whole: an Avro datum. */
    byte[] body;

    /** An identifier of the author and what it has answered. */
    static final class Asked {
        byte[] kind;
        byte[] realm;
        byte[] value;
        byte[] hash;
        long number;
        byte[] owner;
    }

    byte[] partyKey() {
        return findings == null ? Text.UNKNOWN : findings.partyKey();
    }

    byte[] customerId() {
        return findings == null || findings.profile() == null ? null : findings.profile().customerId();
    }

    void write(Pack to) {
        to.fixed(author).raw(id).number(openedAt).number(lastAt - openedAt).number(messages).number(chasers)
            .number(waiting).bytes(first).number(version).number(workRevision).number(rankBy).bytes(brand)
            .bytes(product).bytes(language).bytes(excerpt).number(asked.size());
        for (Asked each : asked) {
            to.bytes(each.kind).bytes(each.realm).bytes(each.value).raw(each.hash).number(each.number)
                .bytes(each.owner);
        }
        to.number(stamp).number(membership).flag(findings != null);
        if (findings != null) {
            findings.pack(to);
        }
        to.bytes(body);
    }

    static CaseRow read(Unpack from) {
        CaseRow row = new CaseRow();
        row.author = from.fixed();
        row.id = from.raw(Ids.SIZE);
        row.openedAt = from.number();
        row.lastAt = row.openedAt + from.number();
        row.messages = from.count();
        row.chasers = from.count();
        row.waiting = from.count();
        row.first = from.bytes();
        row.version = from.number();
        row.workRevision = from.number();
        row.rankBy = from.number();
        row.brand = from.bytes();
        row.product = from.bytes();
        row.language = from.bytes();
        row.excerpt = from.bytes();
        for (int left = from.count(); left > 0; left--) {
            Asked each = new Asked();
            each.kind = from.bytes();
            each.realm = from.bytes();
            each.value = from.bytes();
            each.hash = from.raw(Keys.HASH);
            each.number = from.number();
            each.owner = from.bytes();
            row.asked.add(each);
        }
        row.stamp = from.number();
        row.membership = from.count();
        row.findings = from.flag() ? Message.Findings.read(from) : null;
        row.body = from.bytes();
        return row;
    }
}
