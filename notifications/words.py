"""The words of mails, in each language."""

from typing import Final

from notifications.rules import MailKind

# Of each kind: the subject, the title, and the paragraphs. `who` is how the recipient is addressed.
type Words = dict[MailKind, tuple[str, str, tuple[str, ...]]]

ENGLISH: Final[Words] = {
    MailKind.CONFIRMED: (
        "Your place at {occasion}", "You are in",
        ("{who}your place at {occasion} is confirmed. Show this code at the door, on your phone or on paper.",),
    ),
    MailKind.WAITLISTED: (
        "You are on the waitlist of {occasion}", "You are on the waitlist",
        (
            "{who}{occasion} is full at the moment. You are number {position} on its waitlist.",
            "We write to you as soon as there is a place for you. You need not do anything.",
        ),
    ),
    MailKind.PROMOTED: (
        "A place at {occasion} is yours", "There is a place for you",
        ("{who}somebody made room, and the place is yours. Show this code at the door, on your phone or on paper.",),
    ),
    MailKind.CANCELLED: (
        "Cancelled: {occasion}", "Your registration is cancelled",
        ("{who}your registration for {occasion} is cancelled.{reason}", "Its ticket admits nobody any more."),
    ),
    MailKind.EVENT_CHANGED: (
        "Changed: {occasion}", "Something has changed",
        ("{who}{occasion}, for which you are registered, has changed. This is how it is now.",),
    ),
    MailKind.SESSION_CHANGED: (
        "Changed: {occasion}", "Something has changed",
        ("{who}{occasion}, for which you are registered, has changed. This is how it is now.",),
    ),
    MailKind.CODES: (
        "Your registrations at {organization}", "Your registrations",
        (
            (
                "{who}somebody, you we hope, asked for the codes of your registrations at {organization}. Whoever has a"
                " code can show its ticket, and cancel it."
            ),
            "If it was not you, do nothing.",
        ),
    ),
    MailKind.PASSWORD_RESET: (
        "A new password for {organization}", "Choose a new password",
        (
            (
                "{who}somebody, you we hope, asked for a new password for your account at {organization}. Choose it"
                " within the hour."
            ),
            "If it was not you, do nothing: your password stays as it is.",
        ),
    ),
    MailKind.ENDPOINT_DISABLED: (
        "Webhooks to {url} have stopped", "An endpoint was disabled",
        (
            "{who}we disabled the endpoint {url}. {reason}.",
            (
                "Nothing of what waited for it is lost: it is sent once the endpoint is enabled again, and what happens"
                " meanwhile when it is replayed."
            ),
        ),
    ),
    MailKind.TEST: (
        "A test of {organization}", "It works",
        ("{who}this is how mails of {organization} look, and they arrive.",),
    ),
}  # fmt: skip

SPANISH: Final[Words] = {
    MailKind.CONFIRMED: (
        "Su lugar en {occasion}", "Tiene su lugar",
        ("{who}su lugar en {occasion} está confirmado. Muestre este código en la puerta, en papel o en el teléfono.",),
    ),
    MailKind.WAITLISTED: (
        "Está en la lista de espera de {occasion}", "Está en la lista de espera",
        (
            "{who}por ahora no quedan cupos en {occasion}. Usted es el número {position} de la lista de espera.",
            "Le escribiremos apenas haya un lugar para usted. No tiene que hacer nada.",
        ),
    ),
    MailKind.PROMOTED: (
        "Hay un lugar para usted en {occasion}", "Hay un lugar para usted",
        ("{who}se liberó un lugar y es suyo. Muestre este código en la puerta, en el teléfono o en papel.",),
    ),
    MailKind.CANCELLED: (
        "Cancelado: {occasion}", "Su inscripción fue cancelada",
        ("{who}su inscripción en {occasion} fue cancelada.{reason}", "Su entrada ya no es válida."),
    ),
    MailKind.EVENT_CHANGED: (
        "Cambios en {occasion}", "Algo ha cambiado",
        ("{who}hay cambios en {occasion}, en el que usted está inscrito. Así queda ahora.",),
    ),
    MailKind.SESSION_CHANGED: (
        "Cambios en {occasion}", "Algo ha cambiado",
        ("{who}hay cambios en {occasion}, en el que usted está inscrito. Así queda ahora.",),
    ),
    MailKind.CODES: (
        "Sus inscripciones en {organization}", "Sus inscripciones",
        (
            (
                "{who}alguien, esperamos que usted, pidió los códigos de sus inscripciones en {organization}."
                " Quien tenga un código puede mostrar su entrada, y cancelarla."
            ),
            "Si no fue usted, no haga nada.",
        ),
    ),
    MailKind.PASSWORD_RESET: (
        "Una nueva contraseña para {organization}", "Elija una nueva contraseña",
        (
            (
                "{who}alguien, esperamos que usted, pidió una nueva contraseña para su cuenta en {organization}."
                " Elíjala en el curso de una hora."
            ),
            "Si no fue usted, no haga nada: su contraseña sigue siendo la misma.",
        ),
    ),
    MailKind.ENDPOINT_DISABLED: (
        "Se detuvieron los webhooks a {url}", "Un endpoint fue desactivado",
        (
            "{who}desactivamos el endpoint {url}. {reason}.",
            (
                "Nada de lo que esperaba se pierde: se envía cuando el endpoint se active de nuevo, y lo que pase entre"
                " tanto, cuando se reenvíe."
            ),
        ),
    ),
    MailKind.TEST: (
        "Una prueba de {organization}", "Funciona",
        ("{who}así se ven los correos de {organization}, y llegan.",),
    ),
}  # fmt: skip

LETTERS: Final[dict[str, Words]] = {"en": ENGLISH, "es": SPANISH}

# Short words: labels, links, and what stands at the foot.
LABELS: Final[dict[str, dict[str, str]]] = {
    "en": {
        "what": "What", "session": "Session", "when": "When", "where": "Where", "code": "Code",
        "ticket": "Open the ticket", "choose": "Choose a new password",
        "why": "You get this mail from {organization} because of a registration, or an account, of yours.",
        "leave": "No more mails about changes", "qr": "The code of the ticket",
    },
    "es": {
        "what": "Qué", "session": "Sesión", "when": "Cuándo", "where": "Dónde", "code": "Código",
        "ticket": "Abrir la entrada", "choose": "Elegir una nueva contraseña",
        "why": "Recibe este correo de {organization} por una inscripción, o una cuenta, a su nombre.",
        "leave": "No recibir más correos sobre cambios", "qr": "El código de la entrada",
    },
}  # fmt: skip
# What the platform itself says of a cancellation or of an endpoint; whatever else stands there somebody wrote.
REASONS: Final[dict[str, str]] = {
    "The event was cancelled": "El evento fue cancelado",
    "The session was cancelled": "La sesión fue cancelada",
    "It answered that it is gone (410)": "Respondió que ya no existe (410)",
    "It answered nothing but failures for 5 days": "Durante 5 días no respondió más que errores",
}


def reason_in(language: str, reason: str) -> str:
    """Say a reason in a language, where it is one of the platform's own."""
    return REASONS.get(reason, reason) if language == "es" else reason
