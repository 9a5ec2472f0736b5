package heard.bench;

import heard.v1.Customer;
import heard.v1.Identifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.kafka.streams.state.KeyValueStore;

/** A party: what the CRM says of a person, and their cases. */
final class Parties {
    private static final long HISTORY_MS = 90L * 24 * 3600 * 1000;

    private final KeyValueStore<byte[], byte[]> rows;
    private final Outbox outbox;
    private final Keys keys;
    private final Codec<Customer> customers = new Codec<>(Customer.getClassSchema());
    private final Pack pack = new Pack();

    Parties(KeyValueStore<byte[], byte[]> rows, Outbox outbox, Keys keys) {
        this.rows = rows;
        this.outbox = outbox;
        this.keys = keys;
    }

    /** An identifier that some record of the customer carried. */
    private record Carried(byte[] kind, byte[] realm, byte[] value, long since, boolean holds) {
        boolean isSame(Carried other) {
            return Arrays.equals(kind, other.kind)
                && Arrays.equals(realm, other.realm)
                && Arrays.equals(value, other.value);
        }
    }

    /** {@code number} rises with each message taken. */
    private static final class Row {
        long number;
        long updatedAt = Long.MIN_VALUE;
        Message.Profile profile;
        final List<Carried> carried = new ArrayList<>(2);
        final List<Message.Note> members = new ArrayList<>(1);
    }

    /** A case joins, changes or leaves. */
    void note(byte[] hash, Message.Note note) {
        Row row = read(hash);
        row.number++;
        boolean joins = note.member();
        for (Message.Note known : row.members) {
            if (known.isOf(note)) {
                if (known.stamp() > note.stamp()) {
                    return;
                }
                joins &= known.stamp() < note.stamp();
            }
        }
        row.members.removeIf(known -> known.isOf(note));
        if (note.member()) {
            row.members.add(note);
        }
        if (joins) {
            tell(row, note);
        }
        write(hash, row);
    }

    /** The CRM has a record. */
    void known(byte[] hash, byte[] datum) {
        Customer record = customers.decode(datum, 0);
        Row row = read(hash);
        row.number++;
        if (record.updated_at <= row.updatedAt) {
            return;
        }
        row.updatedAt = record.updated_at;
        byte[] id = Keys.bytes(record.customer_id);
        List<Carried> now = new ArrayList<>();
        for (Identifier identifier : record.identifiers) {
            now.add(carried(row, new Carried(
                Keys.bytes(identifier.kind), Text.orNull(identifier.realm), Keys.bytes(identifier.value),
                record.updated_at, true)));
        }
        // A customer's own id is an identifier that needs no telling.
        now.add(carried(row, new Carried(Text.CUSTOMER_ID, null, id, record.updated_at, true)));
        for (Carried before : row.carried) {
            if (now.stream().noneMatch(before::isSame)) {
                now.add(new Carried(before.kind, before.realm, before.value, before.since, false));
            }
        }
        for (Carried each : now) {
            if (row.carried.stream().noneMatch(b -> b.isSame(each) && b.holds == each.holds)) {
                new Message.Claim(id, row.number, each.since, each.holds).write(outbox.pack);
                outbox.mail(Keys.IDENTIFIER, keys.identifier(each.kind, each.realm, each.value));
            }
        }
        row.carried.clear();
        row.carried.addAll(now);
        row.profile = new Message.Profile(
            id, Text.orNull(record.display_name), Text.orNull(record.tier), record.lifetime_value,
            record.vulnerable, Text.orNull(record.owner), Text.orNull(record.preferred_channel));
        row.members.forEach(member -> tell(row, member));
        write(hash, row);
    }

    private static Carried carried(Row row, Carried now) {
        for (Carried before : row.carried) {
            if (before.isSame(now)) {
                return new Carried(now.kind, now.realm, now.value, Math.min(before.since, now.since), true);
            }
        }
        return now;
    }

    /** Tells a case what is known of its author, and of their other cases. */
    private void tell(Row row, Message.Note to) {
        int complaints = 0;
        int unanswered = 0;
        int open = 0;
        for (Message.Note other : row.members) {
            if (other.isOf(to)) {
                continue;
            }
            open += other.open() ? 1 : 0;
            long before = to.openedAt() - other.openedAt();
            if (before >= 0 && before <= HISTORY_MS) {
                complaints++;
                unanswered += other.wasUnanswered() ? 1 : 0;
            }
        }
        new Message.Findings(
            to.author(), to.partyKey(), to.stamp(), row.number, row.profile, complaints, unanswered, open)
            .write(outbox.pack);
        outbox.mail(Keys.CONVERSATION, to.conversation());
    }

    private Row read(byte[] hash) {
        Row row = new Row();
        byte[] bytes = rows.get(hash);
        if (bytes == null) {
            return row;
        }
        Unpack from = new Unpack(bytes);
        row.number = from.number();
        row.updatedAt = from.number();
        row.profile = Message.Profile.read(from);
        for (int left = from.count(); left > 0; left--) {
            row.carried.add(new Carried(
                from.bytes(), from.bytes(), from.bytes(), from.number(), from.flag()));
        }
        for (int left = from.count(); left > 0; left--) {
            row.members.add(Message.Note.read(from));
        }
        return row;
    }

    private void write(byte[] hash, Row row) {
        pack.clear().number(row.number).number(row.updatedAt);
        Message.Profile.write(row.profile, pack);
        pack.number(row.carried.size());
        for (Carried each : row.carried) {
            pack.bytes(each.kind).bytes(each.realm).bytes(each.value).number(each.since).flag(each.holds);
        }
        pack.number(row.members.size());
        row.members.forEach(member -> member.pack(pack));
        rows.put(hash, pack.done());
    }
}
