package heard.bench;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Writes rows and messages: integers of variable length, byte strings with their length. */
final class Pack {
    private byte[] bytes = new byte[1024];
    private int length;

    Pack clear() {
        length = 0;
        return this;
    }

    Pack u8(int value) {
        room(1);
        bytes[length++] = (byte) value;
        return this;
    }

    Pack flag(boolean value) {
        return u8(value ? 1 : 0);
    }

    /** Zigzag, so that small negative numbers are short too. */
    Pack number(long value) {
        room(10);
        long left = (value << 1) ^ (value >> 63);
        while ((left & ~0x7fL) != 0) {
            bytes[length++] = (byte) (left & 0x7f | 0x80);
            left >>>= 7;
        }
        bytes[length++] = (byte) left;
        return this;
    }

    Pack fixed(long value) {
        room(8);
        for (int shift = 56; shift >= 0; shift -= 8) {
            bytes[length++] = (byte) (value >> shift);
        }
        return this;
    }

    /** Bytes whose number the reader knows. */
    Pack raw(byte[] from, int at, int count) {
        room(count);
        System.arraycopy(from, at, bytes, length, count);
        length += count;
        return this;
    }

    Pack raw(byte[] from) {
        return raw(from, 0, from.length);
    }

    /** Bytes, or none at all. */
    Pack bytes(byte[] from) {
        if (from == null) {
            return number(-1);
        }
        return number(from.length).raw(from);
    }

    Pack text(String from) {
        return bytes(from == null ? null : from.getBytes(StandardCharsets.UTF_8));
    }

    byte[] done() {
        return Arrays.copyOf(bytes, length);
    }

    private void room(int count) {
        if (length + count > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, length + count));
        }
    }
}
