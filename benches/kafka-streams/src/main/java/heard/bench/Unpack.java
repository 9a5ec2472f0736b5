package heard.bench;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Reads what {@link Pack} wrote. */
final class Unpack {
    private final byte[] bytes;
    private int at;

    Unpack(byte[] bytes) {
        this.bytes = bytes;
    }

    int u8() {
        return bytes[at++] & 0xff;
    }

    boolean flag() {
        return u8() == 1;
    }

    long number() {
        long value = 0;
        int shift = 0;
        byte next;
        do {
            next = bytes[at++];
            value |= (long) (next & 0x7f) << shift;
            shift += 7;
        } while (next < 0);
        return (value >>> 1) ^ -(value & 1);
    }

    int count() {
        return (int) number();
    }

    long fixed() {
        long value = 0;
        for (int i = 0; i < 8; i++) {
            value = value << 8 | bytes[at++] & 0xff;
        }
        return value;
    }

    byte[] raw(int count) {
        byte[] copy = Arrays.copyOfRange(bytes, at, at + count);
        at += count;
        return copy;
    }

    byte[] bytes() {
        int count = count();
        return count < 0 ? null : raw(count);
    }

    String text() {
        int count = count();
        if (count < 0) {
            return null;
        }
        at += count;
        return new String(bytes, at - count, count, StandardCharsets.UTF_8);
    }

    /** Everything that is left. */
    byte[] rest() {
        return raw(bytes.length - at);
    }
}
