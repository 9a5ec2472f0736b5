package heard.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A conversation: what it is, which messages it has, the cases in it. */
final class ConversationRow {
    byte[] source;
    byte[] channel;
    byte[] conversationId;
    long firstAuthor;
    /** Short hashes of the messages' ids, to tell a duplicate. */
    long[] seen = {};
    final List<CaseRow> cases = new ArrayList<>(1);

    CaseRow of(long author) {
        for (CaseRow each : cases) {
            if (each.author == author) {
                return each;
            }
        }
        return null;
    }

    boolean hasSeen(long message) {
        for (long each : seen) {
            if (each == message) {
                return true;
            }
        }
        return false;
    }

    void see(long message) {
        seen = Arrays.copyOf(seen, seen.length + 1);
        seen[seen.length - 1] = message;
    }

    byte[] write(Pack to) {
        to.clear().bytes(source).bytes(channel).bytes(conversationId).fixed(firstAuthor).number(seen.length);
        for (long each : seen) {
            to.fixed(each);
        }
        to.number(cases.size());
        for (CaseRow each : cases) {
            each.write(to);
        }
        return to.done();
    }

    static ConversationRow read(byte[] bytes) {
        Unpack from = new Unpack(bytes);
        ConversationRow row = new ConversationRow();
        row.source = from.bytes();
        row.channel = from.bytes();
        row.conversationId = from.bytes();
        row.firstAuthor = from.fixed();
        row.seen = new long[from.count()];
        for (int i = 0; i < row.seen.length; i++) {
            row.seen[i] = from.fixed();
        }
        for (int left = from.count(); left > 0; left--) {
            row.cases.add(CaseRow.read(from));
        }
        return row;
    }
}
