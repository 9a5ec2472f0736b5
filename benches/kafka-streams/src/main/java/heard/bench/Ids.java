package heard.bench;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.DigestException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** Identities that are the same on every run, and the same as heard's: UUIDv5 of what a thing is. */
final class Ids {
    /** Bytes of an identity. */
    static final int SIZE = 16;

    private static final VarHandle LONG =
        MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
    private static final byte[] NAMESPACE = new byte[SIZE];
    private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

    static {
        LONG.set(NAMESPACE, 0, 0x7d0a3c5e91b44f26L);
        LONG.set(NAMESPACE, 8, 0x8e57c2d960f1ab38L);
    }

    private final MessageDigest sha1;
    private final byte[] digest = new byte[20];
    private final byte[] size = new byte[8];

    Ids() {
        try {
            sha1 = MessageDigest.getInstance("SHA-1");
        } catch (NoSuchAlgorithmException error) {
            throw new IllegalStateException(error);
        }
    }

    byte[] caseId(byte[] source, byte[] channel, byte[] conversationId, byte[] authorKey) {
        sha1.update(NAMESPACE);
        part(source);
        part(channel);
        part(conversationId);
        part(authorKey);
        return finish();
    }

    byte[] workId(byte[] caseId, byte[] firstMessage) {
        sha1.update(caseId);
        sha1.update(firstMessage);
        return finish();
    }

    byte[] eventId(byte[] caseId, byte[] type, byte[]... cause) {
        sha1.update(caseId);
        part(type);
        for (byte[] each : cause) {
            part(each);
        }
        return finish();
    }

    /** Its 36 characters. */
    static byte[] text(byte[] id) {
        byte[] text = new byte[36];
        int at = 0;
        for (int i = 0; i < SIZE; i++) {
            if (i == 4 || i == 6 || i == 8 || i == 10) {
                text[at++] = '-';
            }
            text[at++] = HEX[id[i] >> 4 & 15];
            text[at++] = HEX[id[i] & 15];
        }
        return text;
    }

    private void part(byte[] part) {
        LONG.set(size, 0, (long) part.length);
        sha1.update(size);
        sha1.update(part);
    }

    private byte[] finish() {
        try {
            sha1.digest(digest, 0, digest.length);
        } catch (DigestException error) {
            throw new IllegalStateException(error);
        }
        byte[] id = java.util.Arrays.copyOf(digest, SIZE);
        id[6] = (byte) (id[6] & 0x0f | 0x50);
        id[8] = (byte) (id[8] & 0x3f | 0x80);
        return id;
    }
}
