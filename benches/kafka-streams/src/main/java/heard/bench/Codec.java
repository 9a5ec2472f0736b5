package heard.bench;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.apache.avro.Schema;
import org.apache.avro.SchemaNormalization;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.specific.SpecificDatumReader;
import org.apache.avro.specific.SpecificDatumWriter;
import org.apache.avro.specific.SpecificRecordBase;

/** Avro single-object encoding of one record: C3 01, the schema's fingerprint, the datum. One a task. */
final class Codec<T extends SpecificRecordBase> {
    /** Bytes before the datum. */
    static final int HEADER = 10;

    private final byte[] header;
    private final SpecificDatumReader<T> reader;
    private final SpecificDatumWriter<T> writer;
    private final ByteArrayOutputStream out = new ByteArrayOutputStream(1024);
    private BinaryDecoder decoder;
    private BinaryEncoder encoder;

    Codec(Schema schema) {
        header = ByteBuffer.allocate(HEADER)
            .order(ByteOrder.LITTLE_ENDIAN)
            .put((byte) 0xc3)
            .put((byte) 0x01)
            .putLong(SchemaNormalization.parsingFingerprint64(schema))
            .array();
        reader = new SpecificDatumReader<>(schema);
        writer = new SpecificDatumWriter<>(schema);
    }

    /** Whether the bytes are a record of this schema. */
    boolean isOurs(byte[] bytes) {
        return bytes != null
            && bytes.length > HEADER
            && Arrays.equals(bytes, 0, HEADER, header, 0, HEADER);
    }

    /** A datum, from {@code at} on. */
    T decode(byte[] bytes, int at) {
        decoder = DecoderFactory.get().binaryDecoder(bytes, at, bytes.length - at, decoder);
        try {
            return reader.read(null, decoder);
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }

    byte[] encode(T record) {
        out.reset();
        out.write(header, 0, HEADER);
        encoder = EncoderFactory.get().binaryEncoder(out, encoder);
        try {
            writer.write(record, encoder);
            encoder.flush();
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
        return out.toByteArray();
    }
}
