//! English.

use super::Language;

pub(super) const ENGLISH: Language = Language {
    code: "en",
    names: &[
        ("Maude Pennyworth", "maude.pennyworth"),
        ("Tobias Quillfeather", "tobias.quillfeather"),
        ("Ines Okonjo-Hale", "ines.okonjo"),
        ("Barnaby Thistle", "barnaby.thistle"),
        ("Winnie Marlowe", "winnie.marlowe"),
        ("Desmond Larkspur", "desmond.larkspur"),
        ("Priya Ashdown", "priya.ashdown"),
        ("Gwen Hollis", "gwen.hollis"),
    ],
    flights: &[
        "My suitcase has been missing for three days and the tracking page shows nothing.",
        "Flight TM 214 left six hours late and nobody at the gate could tell us why.",
        "You charged me twice for the same seat.",
        "The refund for my cancelled flight was promised for last Friday.",
    ],
    orders: &[
        "The lamp arrived in pieces, with the box torn open.",
        "Two of the four chairs I ordered never came.",
        "The jacket is the wrong size, and the return label does not print.",
        "My parcel is marked as delivered, but it is not here.",
    ],
    chasers: &["Is anybody there?", "I am still waiting for an answer."],
    answers: &[
        "I am sorry, this should not have happened. I am looking into it right now.",
        "Thank you for telling us. I have found your booking and put it right.",
        "I have spoken with the warehouse: it goes out today.",
    ],
    solved: "That is settled now. Write to me directly if anything is left.",
    unsolved: "It is not solved: the same thing happened again.",
    asked: "Could you tell me the number of your booking?",
    told: "Of course, it is on the confirmation: K7 four four nine.",
    invited: "Please send us a private message, so that we need not discuss your booking in public.",
    bot: "I am the assistant. You can print the label again under My orders, Returns.",
    receipt: "We have received your message.",
    thanks: "Thank you, that was quick.",
    praise: "The crew on my flight yesterday was wonderful. Well done.",
    bystander: "The same happened to me last month, and I never heard back.",
    insult: "You are all clowns and thieves.",
    out_of_office: "Automatic reply: I am away until Monday.",
};
