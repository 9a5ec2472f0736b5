package heard.bench;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;

/**
 * The job of {@code heard run} as a Kafka Streams application.
 *
 * <p>Arguments are {@code name=value}: brokers, application, state (a directory), threads, commit
 * (milliseconds), store (memory or rocksdb), ranking (how long a work item waits for findings,
 * milliseconds), and a few of the clients' settings. It runs until it is told to end (SIGTERM).
 */
public final class Main {
    private Main() {}

    public static void main(String[] args) throws InterruptedException {
        Map<String, String> given = new HashMap<>();
        for (String arg : args) {
            int at = arg.indexOf('=');
            given.put(arg.substring(0, at), arg.substring(at + 1));
        }
        boolean inMemory = !given.getOrDefault("store", "memory").equals("rocksdb");
        long ranking = Long.parseLong(given.getOrDefault("ranking", "5000"));
        KafkaStreams streams = new KafkaStreams(Wiring.topology(inMemory, ranking), settings(given));
        CountDownLatch ended = new CountDownLatch(1);
        streams.setUncaughtExceptionHandler(error -> {
            error.printStackTrace();
            ended.countDown();
            return org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler
                .StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
        });
        streams.setStateListener((now, before) -> {
            if (now == KafkaStreams.State.RUNNING) {
                System.out.println("running");
            }
        });
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            streams.close(Duration.ofSeconds(30));
            ended.countDown();
        }));
        streams.start();
        ended.await();
    }

    private static Properties settings(Map<String, String> given) {
        Properties to = new Properties();
        to.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, given.get("brokers"));
        to.put(StreamsConfig.APPLICATION_ID_CONFIG, given.get("application"));
        to.put(StreamsConfig.STATE_DIR_CONFIG, given.get("state"));
        to.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, given.getOrDefault("threads", "1"));
        to.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, given.getOrDefault("commit", "100"));
        to.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        to.put(StreamsConfig.DEFAULT_KEY_SERDE_CLASS_CONFIG, Serdes.ByteArraySerde.class);
        to.put(StreamsConfig.DEFAULT_VALUE_SERDE_CLASS_CONFIG, Serdes.ByteArraySerde.class);
        // A task waits for what the broker has of its mailbox before it takes a new complaint: else it
        // runs ahead of the answers, and work items go out unranked.
        to.put(StreamsConfig.MAX_TASK_IDLE_MS_CONFIG, given.getOrDefault("idle", "0"));
        to.put(StreamsConfig.BUFFERED_RECORDS_PER_PARTITION_CONFIG, given.getOrDefault("buffered", "4000"));
        to.put(StreamsConfig.POLL_MS_CONFIG, given.getOrDefault("poll", "5"));
        // One task holds all three kinds of actor: nothing is left for the optimiser to do.
        String consumer = StreamsConfig.MAIN_CONSUMER_PREFIX;
        to.put(consumer + ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        to.put(consumer + ConsumerConfig.MAX_POLL_RECORDS_CONFIG, given.getOrDefault("records", "20000"));
        to.put(consumer + ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, "100");
        to.put(consumer + ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG, given.getOrDefault("fetch", "1048576"));
        to.put(StreamsConfig.producerPrefix(ProducerConfig.COMPRESSION_TYPE_CONFIG), "lz4");
        to.put(StreamsConfig.producerPrefix(ProducerConfig.LINGER_MS_CONFIG), given.getOrDefault("linger", "100"));
        to.put(StreamsConfig.producerPrefix(ProducerConfig.BATCH_SIZE_CONFIG), given.getOrDefault("batch", "262144"));
        to.put(StreamsConfig.producerPrefix(ProducerConfig.BUFFER_MEMORY_CONFIG), "134217728");
        return to;
    }
}
