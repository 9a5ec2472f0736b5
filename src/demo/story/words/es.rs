//! Spanish.

use super::Language;

pub(super) const SPANISH: Language = Language {
    code: "es",
    names: &[
        ("Jimena Valdeolmos", "jimena.valdeolmos"),
        ("Rogelio Pinzón", "rogelio.pinzon"),
        ("Lucía Armendáriz", "lucia.armendariz"),
        ("Fermín Caballé", "fermin.caballe"),
        ("Itziar Montalbán", "itziar.montalban"),
        ("Óscar Villafañe", "oscar.villafane"),
        ("Nuria Sepúlveda", "nuria.sepulveda"),
        ("Anselmo Riquelme", "anselmo.riquelme"),
    ],
    flights: &[
        "Llevo tres días sin mi maleta y nadie sabe dónde está.",
        "El vuelo TM 380 salió con cinco horas de retraso y sin explicación.",
        "Me han cobrado dos veces el mismo asiento.",
        "El reembolso de mi vuelo cancelado no llega.",
    ],
    orders: &[
        "La lámpara ha llegado rota y la caja venía abierta.",
        "Faltan dos de las cuatro sillas que pedí.",
        "La chaqueta no es de mi talla y la etiqueta de devolución no se imprime.",
        "El paquete figura como entregado, pero aquí no está.",
    ],
    chasers: &["¿Hay alguien ahí?", "Sigo esperando una respuesta."],
    answers: &[
        "Lo siento mucho, no debería haber pasado. Lo estoy mirando ahora mismo.",
        "Gracias por avisarnos. He encontrado la reserva y ya está corregida.",
        "He hablado con el almacén: sale hoy.",
    ],
    solved: "Ya está arreglado. Si queda algo, escríbame directamente.",
    unsolved: "No está resuelto: ha vuelto a pasar lo mismo.",
    asked: "¿Me puede decir el número de la reserva?",
    told: "Claro, está en la confirmación: K7 cuatro cuatro nueve.",
    invited: "Escríbanos por mensaje privado, por favor, y así no hablamos de su reserva en público.",
    bot: "Soy el asistente. Puede volver a imprimir la etiqueta en Mis pedidos, Devoluciones.",
    receipt: "Hemos recibido su mensaje.",
    thanks: "Gracias, qué rapidez.",
    praise: "La tripulación de mi vuelo de ayer fue estupenda. Enhorabuena.",
    bystander: "A mí me pasó lo mismo el mes pasado y nunca me contestaron.",
    insult: "Sois unos payasos y unos ladrones.",
    out_of_office: "Respuesta automática: estaré fuera hasta el lunes.",
};
