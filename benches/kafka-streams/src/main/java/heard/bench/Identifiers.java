package heard.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.kafka.streams.state.KeyValueStore;

/** Whose is an identifier? Claims come from the CRM's customer records; cases ask once. */
final class Identifiers {
    private final KeyValueStore<byte[], byte[]> rows;
    private final Outbox outbox;
    private final Pack pack = new Pack();

    Identifiers(KeyValueStore<byte[], byte[]> rows, Outbox outbox) {
        this.rows = rows;
        this.outbox = outbox;
    }

    /** {@code number} rises with each change of the owner; 1 is the first. */
    private static final class Row {
        long number = 1;
        byte[] owner;
        final List<Message.Claim> claims = new ArrayList<>(1);
        final List<Message.Ask> cases = new ArrayList<>(1);
    }

    void ask(byte[] hash, Message.Ask who) {
        Row row = read(hash);
        row.cases.add(who);
        tell(hash, row, who);
        write(hash, row);
    }

    void claim(byte[] hash, Message.Claim claim) {
        Row row = read(hash);
        for (Message.Claim known : row.claims) {
            if (Arrays.equals(known.customerId(), claim.customerId()) && known.number() >= claim.number()) {
                return;
            }
        }
        row.claims.removeIf(known -> Arrays.equals(known.customerId(), claim.customerId()));
        row.claims.add(claim);
        byte[] owner = owner(row.claims);
        if (!Arrays.equals(owner, row.owner)) {
            row.owner = owner;
            row.number++;
            row.cases.forEach(who -> tell(hash, row, who));
        }
        write(hash, row);
    }

    /** Who carried it first, among those who still do. */
    private static byte[] owner(List<Message.Claim> claims) {
        Message.Claim first = null;
        for (Message.Claim claim : claims) {
            if (claim.holds() && (first == null || isEarlier(claim, first))) {
                first = claim;
            }
        }
        return first == null ? null : first.customerId();
    }

    private static boolean isEarlier(Message.Claim a, Message.Claim b) {
        return a.since() != b.since()
            ? a.since() < b.since()
            : Arrays.compareUnsigned(a.customerId(), b.customerId()) < 0;
    }

    private void tell(byte[] hash, Row row, Message.Ask who) {
        new Message.Owner(who.author(), hash, row.number, row.owner).write(outbox.pack);
        outbox.mail(Keys.CONVERSATION, who.conversation());
    }

    private Row read(byte[] hash) {
        Row row = new Row();
        byte[] bytes = rows.get(hash);
        if (bytes == null) {
            return row;
        }
        Unpack from = new Unpack(bytes);
        row.number = from.number();
        row.owner = from.bytes();
        for (int left = from.count(); left > 0; left--) {
            row.claims.add(Message.Claim.read(from));
        }
        for (int left = from.count(); left > 0; left--) {
            row.cases.add(Message.Ask.read(from));
        }
        return row;
    }

    private void write(byte[] hash, Row row) {
        pack.clear().number(row.number).bytes(row.owner).number(row.claims.size());
        row.claims.forEach(claim -> claim.pack(pack));
        pack.number(row.cases.size());
        row.cases.forEach(who -> pack.raw(who.conversation()).fixed(who.author()));
        rows.put(hash, pack.done());
    }
}
