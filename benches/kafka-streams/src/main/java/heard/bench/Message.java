package heard.bench;

/** What actors tell each other through the mailbox. The first byte says which message it is. */
final class Message {
    /** To a conversation: a complaint, normalised; an Avro datum. */
    static final int SAID = 1;
    /** To a party: a customer record, normalised; an Avro datum. */
    static final int KNOWN = 2;
    /** To an identifier: a case wants to know its owner, now and whenever that changes. */
    static final int ASK = 3;
    /** To a conversation: whose an identifier is. */
    static final int OWNER = 4;
    /** To an identifier: what one customer's record says of it. */
    static final int CLAIM = 5;
    /** To a party: a case is here, or has left. */
    static final int NOTE = 6;
    /** To a conversation: what the party knows. */
    static final int FINDINGS = 7;

    private Message() {}

    record Ask(byte[] conversation, long author) {
        static Ask read(Unpack from) {
            return new Ask(from.raw(Keys.HASH), from.fixed());
        }

        void write(Pack to) {
            to.clear().u8(ASK).raw(conversation).fixed(author);
        }
    }

    record Owner(long author, byte[] identifier, long number, byte[] customerId) {
        static Owner read(Unpack from) {
            return new Owner(from.fixed(), from.raw(Keys.HASH), from.number(), from.bytes());
        }

        void write(Pack to) {
            to.clear().u8(OWNER).fixed(author).raw(identifier).number(number).bytes(customerId);
        }
    }

    record Claim(byte[] customerId, long number, long since, boolean holds) {
        static Claim read(Unpack from) {
            return new Claim(from.bytes(), from.number(), from.number(), from.flag());
        }

        void write(Pack to) {
            to.clear().u8(CLAIM);
            pack(to);
        }

        void pack(Pack to) {
            to.bytes(customerId).number(number).number(since).flag(holds);
        }
    }

    /** {@code stamp} rises with what the case knows of its author; findings quote it. */
    record Note(
        byte[] conversation, long author, byte[] partyKey, long stamp, boolean member, long openedAt,
        boolean open, boolean wasUnanswered) {
        static Note read(Unpack from) {
            return new Note(
                from.raw(Keys.HASH), from.fixed(), from.bytes(), from.number(), from.flag(), from.number(),
                from.flag(), from.flag());
        }

        void write(Pack to) {
            to.clear().u8(NOTE);
            pack(to);
        }

        void pack(Pack to) {
            to.raw(conversation).fixed(author).bytes(partyKey).number(stamp).flag(member).number(openedAt)
                .flag(open).flag(wasUnanswered);
        }

        boolean isOf(Note other) {
            return author == other.author && java.util.Arrays.equals(conversation, other.conversation);
        }
    }

    record Findings(
        long author, byte[] partyKey, long stamp, long number, Profile profile, int complaints,
        int unanswered, int open) {
        static Findings read(Unpack from) {
            return new Findings(
                from.fixed(), from.bytes(), from.number(), from.number(), Profile.read(from), from.count(),
                from.count(), from.count());
        }

        void write(Pack to) {
            to.clear().u8(FINDINGS);
            pack(to);
        }

        void pack(Pack to) {
            to.fixed(author).bytes(partyKey).number(stamp).number(number);
            Profile.write(profile, to);
            to.number(complaints).number(unanswered).number(open);
        }
    }

    /** What the CRM says of a customer, as far as work items show it. */
    record Profile(
        byte[] customerId, byte[] displayName, byte[] tier, Double lifetimeValue, boolean vulnerable,
        byte[] owner, byte[] preferredChannel) {
        static Profile read(Unpack from) {
            if (!from.flag()) {
                return null;
            }
            return new Profile(
                from.bytes(), from.bytes(), from.bytes(),
                from.flag() ? Double.longBitsToDouble(from.fixed()) : null,
                from.flag(), from.bytes(), from.bytes());
        }

        static void write(Profile profile, Pack to) {
            to.flag(profile != null);
            if (profile == null) {
                return;
            }
            to.bytes(profile.customerId).bytes(profile.displayName).bytes(profile.tier);
            to.flag(profile.lifetimeValue != null);
            if (profile.lifetimeValue != null) {
                to.fixed(Double.doubleToLongBits(profile.lifetimeValue));
            }
            to.flag(profile.vulnerable).bytes(profile.owner).bytes(profile.preferredChannel);
        }
    }
}
