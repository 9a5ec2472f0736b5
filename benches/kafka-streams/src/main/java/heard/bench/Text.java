package heard.bench;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Texts as bytes, as they go from record to row to record. */
final class Text {
    static final byte[] CUSTOMER = of("customer:");
    static final byte[] CUSTOMER_ID = of("customer_id");
    static final byte[] UNKNOWN = of("unknown");

    private Text() {}

    static byte[] of(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static byte[] orNull(CharSequence text) {
        return text == null ? null : Keys.bytes(text);
    }

    static byte[] join(byte[] a, byte[] b) {
        byte[] both = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, both, a.length, b.length);
        return both;
    }

    /** {@code kind:value}. */
    static byte[] pair(byte[] kind, byte[] value) {
        byte[] pair = Arrays.copyOf(kind, kind.length + 1 + value.length);
        pair[kind.length] = ':';
        System.arraycopy(value, 0, pair, kind.length + 1, value.length);
        return pair;
    }
}
