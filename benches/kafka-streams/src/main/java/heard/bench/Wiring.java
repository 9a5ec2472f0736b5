package heard.bench;

import java.util.Map;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorSupplier;
import org.apache.kafka.streams.state.KeyValueBytesStoreSupplier;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;
import org.apache.kafka.common.serialization.Serdes;

/**
 * Which topic leads to which processor. Inputs go through intake to the mailbox, the mailbox to the
 * desk, and the desk to the mailbox again and to the outputs. All of it is one sub-topology, so that a
 * task reads its partitions of inputs and mailbox together and takes the oldest record first: what is
 * on its way goes before what is new.
 */
final class Wiring {
    static final String COMPLAINTS = "complaints.email";
    static final String CUSTOMERS = "customers";
    static final String MAILBOX = "streams-mailbox";
    static final String CASES = "cases";
    static final String EVENTS = "case-events";
    static final String WORK = "handling.offstage";
    static final String DEAD = "dead-letters";

    static final String CONVERSATIONS_STORE = "conversations";
    static final String IDENTIFIERS_STORE = "identifiers";
    static final String PARTIES_STORE = "parties";

    static final String TO_MAILBOX = "to-mailbox";
    static final String TO_CASES = "to-cases";
    static final String TO_EVENTS = "to-events";
    static final String TO_WORK = "to-work";
    static final String TO_DEAD = "to-dead-letters";

    private Wiring() {}

    static Topology topology(boolean inMemory, long rankingWaitMs) {
        ProcessorSupplier<byte[], byte[], byte[], byte[]> complaints = () -> new Intake(Intake.Kind.COMPLAINT);
        ProcessorSupplier<byte[], byte[], byte[], byte[]> customers = () -> new Intake(Intake.Kind.CUSTOMER);
        ProcessorSupplier<byte[], byte[], byte[], byte[]> desk = () -> new Desk(rankingWaitMs);
        Topology topology = new Topology();
        topology.addSource("from-complaints", COMPLAINTS)
            .addSource("from-customers", CUSTOMERS)
            .addSource("from-mailbox", MAILBOX)
            .addProcessor("complaints", complaints, "from-complaints")
            .addProcessor("customers", customers, "from-customers")
            .addProcessor("desk", desk, "from-mailbox")
            .addStateStore(store(CONVERSATIONS_STORE, inMemory), "desk")
            .addStateStore(store(IDENTIFIERS_STORE, inMemory), "desk")
            .addStateStore(store(PARTIES_STORE, inMemory), "desk")
            .addSink(TO_MAILBOX, MAILBOX, "complaints", "customers", "desk")
            .addSink(TO_DEAD, DEAD, "complaints", "customers")
            .addSink(TO_CASES, CASES, "desk")
            .addSink(TO_EVENTS, EVENTS, "desk")
            .addSink(TO_WORK, WORK, "desk");
        return topology;
    }

    private static StoreBuilder<?> store(String name, boolean inMemory) {
        KeyValueBytesStoreSupplier kept =
            inMemory ? Stores.inMemoryKeyValueStore(name) : Stores.persistentKeyValueStore(name);
        // No cache: rows of one case change in different transactions, so it would save no record.
        return Stores.keyValueStoreBuilder(kept, Serdes.ByteArray(), Serdes.ByteArray())
            .withLoggingEnabled(Map.of())
            .withCachingDisabled();
    }
}
