package heard.bench;

import heard.v1.Complaint;
import heard.v1.Customer;
import heard.v1.Identifier;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import org.apache.avro.util.Utf8;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;

/** Decodes, validates, normalises and addresses input records. Keeps no state. */
final class Intake implements Processor<byte[], byte[], byte[], byte[]> {
    enum Kind { COMPLAINT, CUSTOMER }

    private static final long MAX_AHEAD_MS = 24 * 3600 * 1000L;
    private static final Utf8 CHANNEL = new Utf8("email");

    private final Kind kind;
    private final Codec<Complaint> complaints = new Codec<>(Complaint.getClassSchema());
    private final Codec<Customer> customers = new Codec<>(Customer.getClassSchema());
    private final Keys keys = new Keys();
    private final Pack pack = new Pack();
    private ProcessorContext<byte[], byte[]> context;

    Intake(Kind kind) {
        this.kind = kind;
    }

    @Override
    public void init(ProcessorContext<byte[], byte[]> given) {
        context = given;
    }

    @Override
    public void process(Record<byte[], byte[]> record) {
        boolean taken;
        try {
            taken = kind == Kind.COMPLAINT ? complaint(record) : customer(record);
        } catch (RuntimeException unreadable) {
            taken = false;
        }
        if (!taken) {
            context.forward(record, Wiring.TO_DEAD);
        }
    }

    private boolean complaint(Record<byte[], byte[]> record) {
        byte[] value = record.value();
        if (!complaints.isOurs(value)) {
            return false;
        }
        Complaint complaint = complaints.decode(value, Codec.HEADER);
        boolean valid = complaint.id.length() > 0
            && complaint.source.length() > 0
            && complaint.channel.equals(CHANNEL)
            && complaint.occurred_at > 0
            && complaint.occurred_at <= record.timestamp() + MAX_AHEAD_MS;
        if (!valid) {
            return false;
        }
        boolean changed = normalise(complaint.author.identifiers);
        if (complaint.conversation_id == null) {
            complaint.conversation_id = complaint.id;
            changed = true;
        }
        // What is in order already need not be encoded anew.
        byte[] datum = changed ? complaints.encode(complaint) : value;
        byte[] to = keys.conversation(complaint.source, complaint.channel, complaint.conversation_id);
        pack.clear().u8(Message.SAID).raw(datum, Codec.HEADER, datum.length - Codec.HEADER);
        mail(record, Keys.CONVERSATION, to);
        return true;
    }

    private boolean customer(Record<byte[], byte[]> record) {
        byte[] value = record.value();
        if (!customers.isOurs(value)) {
            return false;
        }
        Customer customer = customers.decode(value, Codec.HEADER);
        if (customer.customer_id.length() == 0) {
            return false;
        }
        byte[] datum = normalise(customer.identifiers) ? customers.encode(customer) : value;
        byte[] to = keys.party(Text.join(Text.CUSTOMER, Keys.bytes(customer.customer_id)));
        pack.clear().u8(Message.KNOWN).raw(datum, Codec.HEADER, datum.length - Codec.HEADER);
        mail(record, Keys.PARTY, to);
        return true;
    }

    private void mail(Record<byte[], byte[]> record, byte to, byte[] hash) {
        context.forward(
            new Record<>(Keys.actor(to, hash), pack.done(), record.timestamp()),
            Wiring.TO_MAILBOX);
    }

    /** One spelling for what means one thing; true if anything had another. */
    private static boolean normalise(List<Identifier> identifiers) {
        boolean changed = false;
        for (Iterator<Identifier> each = identifiers.iterator(); each.hasNext();) {
            Identifier identifier = each.next();
            if (!isPlain(identifier.kind) || !isPlain(identifier.value)) {
                identifier.kind = new Utf8(identifier.kind.toString().trim().toLowerCase(Locale.ROOT));
                identifier.value = new Utf8(identifier.value.toString().trim().toLowerCase(Locale.ROOT));
                changed = true;
            }
            if (identifier.kind.length() == 0 || identifier.value.length() == 0) {
                each.remove();
                changed = true;
            }
        }
        return changed;
    }

    /** Whether a text is of characters that normalising leaves alone. */
    private static boolean isPlain(CharSequence text) {
        byte[] bytes = Keys.bytes(text);
        for (byte b : bytes) {
            if (b <= ' ' || b >= 'A' && b <= 'Z') {
                return false;
            }
        }
        return true;
    }
}
