package heard.bench;

import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;

/** Where actors put what they have to say; it keeps the time of the record at hand. */
final class Outbox {
    /** For messages to be written with; one at a time. */
    final Pack pack = new Pack();

    private final ProcessorContext<byte[], byte[]> context;
    private long timestamp;

    Outbox(ProcessorContext<byte[], byte[]> context) {
        this.context = context;
    }

    void at(long recordTimestamp) {
        timestamp = recordTimestamp;
    }

    long now() {
        return context.currentSystemTimeMs();
    }

    /** Sends what is in the pack to an actor. */
    void mail(byte kind, byte[] hash) {
        forward(Keys.actor(kind, hash), pack.done(), Wiring.TO_MAILBOX);
    }

    void emit(String sink, byte[] key, byte[] value) {
        forward(key, value, sink);
    }

    private void forward(byte[] key, byte[] value, String to) {
        context.forward(new Record<>(key, value, timestamp), to);
    }
}
