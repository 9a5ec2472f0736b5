package heard.bench;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.apache.avro.util.Utf8;

/**
 * Names of actors: a kind and a keyed hash (SipHash-1-3, 128 bits) of what it stands for, so that no
 * identifier stands in a key.
 */
final class Keys {
    static final byte CONVERSATION = 1;
    static final byte IDENTIFIER = 2;
    static final byte PARTY = 3;
    /** Bytes of a hash. */
    static final int HASH = 16;

    private static final VarHandle LONG =
        MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final byte[] SECRET = "heard-trial-only".getBytes(StandardCharsets.US_ASCII);
    private static final long K0 = (long) LONG.get(SECRET, 0);
    private static final long K1 = (long) LONG.get(SECRET, 8);
    private static final byte[] NONE = {};

    private byte[] joined = new byte[256];
    private int length;

    private long v0;
    private long v1;
    private long v2;
    private long v3;

    byte[] conversation(CharSequence source, CharSequence channel, CharSequence conversationId) {
        return hash(bytes(source), bytes(channel), bytes(conversationId));
    }

    byte[] identifier(byte[] kind, byte[] realm, byte[] value) {
        return hash(kind, realm == null ? NONE : realm, value);
    }

    byte[] party(byte[] partyKey) {
        return hash(partyKey, NONE, NONE);
    }

    /** A short hash, for use within one actor. */
    long author(byte[] authorKey) {
        return (long) LONG.get(hash(authorKey, NONE, NONE), 0);
    }

    /** The key of a message to an actor. */
    static byte[] actor(byte kind, byte[] hash) {
        byte[] key = new byte[1 + HASH];
        key[0] = kind;
        System.arraycopy(hash, 0, key, 1, HASH);
        return key;
    }

    /** The bytes of a text. */
    static byte[] bytes(CharSequence text) {
        if (text instanceof Utf8 utf8) {
            byte[] bytes = utf8.getBytes();
            int length = utf8.getByteLength();
            return bytes.length == length ? bytes : java.util.Arrays.copyOf(bytes, length);
        }
        return text.toString().getBytes(StandardCharsets.UTF_8);
    }

    private byte[] hash(byte[] a, byte[] b, byte[] c) {
        length = 0;
        join(a);
        join(b);
        join(c);
        return sip();
    }

    private void join(byte[] part) {
        if (joined.length < length + 8 + part.length) {
            joined = java.util.Arrays.copyOf(joined, 2 * (length + 8 + part.length));
        }
        LONG.set(joined, length, (long) part.length);
        System.arraycopy(part, 0, joined, length + 8, part.length);
        length += 8 + part.length;
    }

    private byte[] sip() {
        v0 = K0 ^ 0x736f6d6570736575L;
        v1 = K1 ^ 0x646f72616e646f6dL ^ 0xee;
        v2 = K0 ^ 0x6c7967656e657261L;
        v3 = K1 ^ 0x7465646279746573L;
        int whole = length & ~7;
        for (int at = 0; at < whole; at += 8) {
            take((long) LONG.get(joined, at));
        }
        long last = (long) length << 56;
        for (int at = whole; at < length; at++) {
            last |= (joined[at] & 0xffL) << (8 * (at - whole));
        }
        take(last);
        byte[] hash = new byte[HASH];
        v2 ^= 0xee;
        finish();
        LONG.set(hash, 0, v0 ^ v1 ^ v2 ^ v3);
        v1 ^= 0xdd;
        finish();
        LONG.set(hash, 8, v0 ^ v1 ^ v2 ^ v3);
        return hash;
    }

    private void take(long word) {
        v3 ^= word;
        round();
        v0 ^= word;
    }

    private void finish() {
        round();
        round();
        round();
    }

    private void round() {
        v0 += v1;
        v1 = Long.rotateLeft(v1, 13) ^ v0;
        v0 = Long.rotateLeft(v0, 32);
        v2 += v3;
        v3 = Long.rotateLeft(v3, 16) ^ v2;
        v0 += v3;
        v3 = Long.rotateLeft(v3, 21) ^ v0;
        v2 += v1;
        v1 = Long.rotateLeft(v1, 17) ^ v2;
        v2 = Long.rotateLeft(v2, 32);
    }
}
