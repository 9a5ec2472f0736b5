package heard.bench;

import java.time.Duration;
import java.util.Arrays;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;

/** The desk: an actor per key; the mailbox topic is their mailbox. */
final class Desk implements Processor<byte[], byte[], byte[], byte[]> {
    private final long rankingWaitMs;
    private Outbox outbox;
    private Conversations conversations;
    private Identifiers identifiers;
    private Parties parties;

    Desk(long rankingWaitMs) {
        this.rankingWaitMs = rankingWaitMs;
    }

    @Override
    public void init(ProcessorContext<byte[], byte[]> context) {
        outbox = new Outbox(context);
        Keys keys = new Keys();
        conversations = new Conversations(
            context.getStateStore(Wiring.CONVERSATIONS_STORE), outbox, keys, rankingWaitMs);
        identifiers = new Identifiers(context.getStateStore(Wiring.IDENTIFIERS_STORE), outbox);
        parties = new Parties(context.getStateStore(Wiring.PARTIES_STORE), outbox, keys);
        conversations.restore();
        context.schedule(Duration.ofSeconds(1), PunctuationType.WALL_CLOCK_TIME, now -> {
            outbox.at(now);
            conversations.wake(now);
        });
    }

    @Override
    public void process(Record<byte[], byte[]> record) {
        outbox.at(record.timestamp());
        byte[] hash = Arrays.copyOfRange(record.key(), 1, record.key().length);
        Unpack message = new Unpack(record.value());
        switch (message.u8()) {
            case Message.SAID -> conversations.said(hash, message.rest());
            case Message.OWNER -> conversations.owner(hash, Message.Owner.read(message));
            case Message.FINDINGS -> conversations.findings(hash, Message.Findings.read(message));
            case Message.ASK -> identifiers.ask(hash, Message.Ask.read(message));
            case Message.CLAIM -> identifiers.claim(hash, Message.Claim.read(message));
            case Message.NOTE -> parties.note(hash, Message.Note.read(message));
            case Message.KNOWN -> parties.known(hash, message.rest());
            default -> throw new IllegalStateException("an unknown message is in the mailbox");
        }
    }
}
