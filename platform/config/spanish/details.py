"""What problems tell of themselves, in Spanish: templates of English texts, and ours. `{}` is whatever stands there.

The more particular come first where two would match.
"""

# Words that stand in the holes of templates and are ours, not the caller's.
WORDS = {
    "event": "evento",
    "session": "sesión",
    "category": "categoría",
    "venue": "lugar",
    "room": "sala",
    "speaker": "ponente",
    "user": "usuario",
    "key": "clave",
    "registration": "inscripción",
    "coordinator": "coordinador",
    "organization": "organización",
    "ticket": "entrada",
    "cancelled": "cancelada",
    "waitlisted": "en lista de espera",
    "nothing": "nada",
}

DETAILS: tuple[tuple[str, str], ...] = (
    # Who asks.
    ("Send the token as Authorization: Bearer <token>", "Envíe el token como Authorization: Bearer <token>"),
    ("The token has expired", "El token venció"),
    ("The token is not good, or no more; ask for another", "El token no es válido, o ya no lo es; pida otro"),
    ("The key is unknown here, expired or revoked", "La clave no se conoce aquí, venció o fue revocada"),
    ("The key may not be used from {}", "La clave no puede usarse desde {}"),
    ("The role {} is not granted {}", "El rol {} no tiene concedido {}"),
    ("The scopes of the key do not grant {}", "Los permisos de la clave no conceden {}"),
    ("The event is not assigned to you", "El evento no le está asignado"),
    (
        "Only staff of the event register other people; leave `attendee` out to register yourself",
        "Solo el personal del evento inscribe a otras personas; omita `attendee` para inscribirse usted",
    ),
    ("A key is nobody who could come: say who does", "Una clave no es nadie que pueda asistir: diga quién asiste"),
    ("Ask another admin to change your own role or activity", "Pida a otro administrador cambiar su rol o actividad"),
    ("A name is needed", "Hace falta un nombre"),
    ("write a name", "escriba un nombre"),
    ("The password is too weak", "La contraseña es demasiado débil"),
    ("The present password is another one", "La contraseña actual es otra"),
    ("this is not the present password", "esta no es la contraseña actual"),
    ("The key cannot expire then", "La clave no puede vencer entonces"),
    (
        "choose a moment in the future, at most {} days away",
        "elija un momento futuro, a lo sumo a {} días de hoy",
    ),
    (
        "Too many logins of this account failed; wait, or reset its password",
        "Demasiados intentos fallidos con esta cuenta; espere, o restablezca su contraseña",
    ),
    ("{} requests in {} s are what there is of this sort", "{} solicitudes en {} s son las que hay de este tipo"),
    (
        "Requests cannot be counted right now; whoever is known may go on",
        "Las solicitudes no pueden contarse ahora; quien tenga credencial puede seguir",
    ),
    # What there is.
    ("No such {}", "No existe: {}"),
    ("there is no such {}", "no existe: {}"),
    ("The {} has been deleted", "Fue eliminado: {}"),
    ("There is nothing of the kind to register for", "No hay nada de ese tipo a lo que inscribirse"),
    ("No route takes {}", "Ninguna ruta admite {}"),
    ("No problem has the code {}", "Ningún problema tiene el código {}"),
    ("No request of yours is known by this id", "Ninguna solicitud suya se conoce por este identificador"),
    ("No request with this key has an answer", "Ninguna solicitud con esta clave tiene respuesta"),
    ("No organization answers here", "Ninguna organización responde aquí"),
    ("The Host header is not a host", "El encabezado Host no es un host"),
    (
        "The host belongs to {}, and {} names another organization",
        "El host pertenece a {}, y {} nombra a otra organización",
    ),
    # How it was asked.
    ("An address must not hold the NUL character", "Una dirección no puede contener el carácter NUL"),
    ("Text must not hold the NUL character", "El texto no puede contener el carácter NUL"),
    ("The body is not JSON: {}", "El cuerpo no es JSON: {}"),
    ("The body is declared as {}; send {}, in UTF-8", "El cuerpo está declarado como {}; envíe {}, en UTF-8"),
    ("The body is declared as {}; send application/json", "El cuerpo está declarado como {}; envíe application/json"),
    ("The table is not UTF-8; save it as such", "La tabla no está en UTF-8; guárdela así"),
    (
        "Line {} has {} cells, and the first line names {} columns",
        "La línea {} tiene {} celdas, y la primera línea nombra {} columnas",
    ),
    ("Line {}: {}", "Línea {}: {}"),
    ("give 1 to {} rows", "dé de 1 a {} filas"),
    ("{} is none of {}", "{} no es ninguna de {}"),
    ("there are {}", "hay {}"),
    ("there are none here", "aquí no hay ninguno"),
    ("give at most {} sessions in one call", "dé a lo sumo {} sesiones en una llamada"),
    (
        'Send If-Match with the ETag of the version you saw, or "*" for any',
        'Envíe If-Match con el ETag de la versión que vio, o "*" para cualquiera',
    ),
    (
        'If-Match holds no tag; send the ETag as it came, such as "3.9f2c"',
        'If-Match no contiene una etiqueta; envíe el ETag tal como llegó, por ejemplo "3.9f2c"',
    ),
    ("The present version is {}", "La versión actual es {}"),
    (
        "Send the header Idempotency-Key: a random text that you send again with the same request",
        "Envíe el encabezado Idempotency-Key: un texto al azar que vuelve a enviar con la misma solicitud",
    ),
    (
        "It is 1 to 255 printable characters of ASCII, without spaces",
        "Son de 1 a 255 caracteres ASCII imprimibles, sin espacios",
    ),
    (
        "Without a credential it is {} characters at least, and should be random",
        "Sin credencial son al menos {} caracteres, y debería ser al azar",
    ),
    (
        "Ask again in a moment: it will be answered the same",
        "Pregunte de nuevo en un momento: se responderá lo mismo",
    ),
    ("Send another key with another request", "Envíe otra clave con otra solicitud"),
    (
        "The cursor is not one of ours: pass `cursor` of the bundle before",
        "El cursor no es nuestro: pase el `cursor` del paquete anterior",
    ),
    ("The cursor is not one of ours", "El cursor no es nuestro"),
    (
        "pass `next` of the page before, unchanged, with the same `sort`",
        "pase el `next` de la página anterior, sin cambios, con el mismo `sort`",
    ),
    ("Ask for `page` and `size`, or for `limit` and `after`", "Pida `page` y `size`, o `limit` y `after`"),
    ("ask for `page` and `size`, or for `limit` and `after`", "pida `page` y `size`, o `limit` y `after`"),
    # Whether it can be done now.
    ("It has ended", "Ha terminado"),
    ("The presale is open to holders of its access code", "La preventa está abierta a quienes tienen su código"),
    (
        "The attendee is registered for another session at the same time",
        "El asistente está inscrito en otra sesión a la misma hora",
    ),
    ("Registration is not open", "La inscripción no está abierta"),
    ("Every seat is taken, and there is no waitlist", "Todos los cupos están tomados, y no hay lista de espera"),
    ("Look for what is still to come: {}", "Busque lo que está por venir: {}"),
    (
        "Its status tells when to come back: presale or on_sale",
        "Su estado dice cuándo volver: presale u on_sale",
    ),
    (
        "Send the code as access_code, or come back when it is on_sale",
        "Envíe el código como access_code, o vuelva cuando esté on_sale",
    ),
    ("Cancel that registration first", "Cancele esa inscripción primero"),
    (
        "Seats come back when somebody cancels: watch the availability",
        "Los cupos vuelven cuando alguien cancela: mire la disponibilidad",
    ),
    ("The ticket was used; ask the organizer", "La entrada se usó; consulte al organizador"),
    ("The registration is {}", "La inscripción está {}"),
    ("The nonce {} was used for another ticket", "El nonce {} se usó para otra entrada"),
    (
        "give the token that the QR code holds, or else the code that is printed below it",
        "dé el token que contiene el código QR, o si no el código impreso debajo",
    ),
    (
        "The ticket is being changed elsewhere; scan it again",
        "La entrada se está cambiando en otra parte; léala de nuevo",
    ),
    (
        "The same attendee is being registered elsewhere; try again",
        "El mismo asistente se está inscribiendo en otra parte; intente de nuevo",
    ),
    ("The database does not answer", "La base de datos no responde"),
    ("The event is cancelled", "El evento está cancelado"),
    ("It is at {}; stages go forward only", "Está en {}; las etapas solo avanzan"),
    (
        "The event is at {}; no session stands ahead of its event",
        "El evento está en {}; ninguna sesión se adelanta a su evento",
    ),
    (
        "People may have registered: the admission is settled with publication",
        "Puede haber inscritos: la admisión queda fija con la publicación",
    ),
    ("Seats are taken beyond {}", "Hay más de {} cupos tomados"),
    ("must be after starts_at", "debe ser posterior a starts_at"),
    ("the session must lie within its event", "la sesión debe caber en su evento"),
    (
        "sessions of the event would lie outside; move them first",
        "hay sesiones del evento que quedarían fuera; muévalas primero",
    ),
    ("give the event an access_code before its presale", "dé al evento un access_code antes de su preventa"),
    (
        "Rooms or speakers are changing hands too fast; try again",
        "Salas o ponentes cambian de manos demasiado rápido; intente de nuevo",
    ),
    ("{} is held by {}", "{} está ocupado por {}"),
    ("{} is needed by {} more", "{} hace falta para {} más"),
    ("There is a {} of this name already", "Ya hay uno con este nombre: {}"),
    # Values, as pydantic judges them.
    ("Field required", "Falta"),
    ("Extra inputs are not permitted", "No se conoce este campo"),
    ("Input should be {}", "Debería ser {}"),
    ("String should have at least {} character", "Debería tener al menos {} carácter"),
    ("String should have at least {} characters", "Debería tener al menos {} caracteres"),
    ("String should have at most {} characters", "Debería tener a lo sumo {} caracteres"),
    ("String should match pattern {}", "Debería corresponder al patrón {}"),
    ("List should have at least {} after validation, not {}", "Debería tener al menos {}, y tiene {}"),
    ("List should have at most {} after validation, not {}", "Debería tener a lo sumo {}, y tiene {}"),
    ("Value is not a valid IPv4 or IPv6 address", "No es una dirección IPv4 o IPv6"),
    ("value is not a valid IPv4 or IPv6 address", "no es una dirección IPv4 o IPv6"),
    ("value is not a valid email address: {}", "no es una dirección de correo: {}"),
    (
        "give a date and time as RFC 3339 text, such as 2027-03-01T09:00:00Z",
        "dé una fecha con hora como texto de RFC 3339, por ejemplo 2027-03-01T09:00:00Z",
    ),
    ("the year must lie between {} and {}", "el año debe estar entre {} y {}"),
)
