"""Titles and explanations of problems in Spanish, by code."""

# Of each: its title, and the text of its page.
PROBLEMS: dict[str, tuple[str, str]] = {
    "address_not_allowed": (
        "La clave no puede usarse desde aquí",
        "La clave de API no puede usarse desde esta dirección; su organización enumeró aquellas desde las que puede.",
    ),
    "already_admitted": (
        "La entrada ya se usó",
        "La entrada se usó en una puerta, así que su cupo no puede devolverse. El personal aún puede cancelarla.",
    ),
    "already_over": ("Ya terminó", "Ha terminado."),
    "already_registered": (
        "Este correo ya está inscrito",
        "Alguien con este correo está inscrito, y no le corresponde a quien pregunta ver esa inscripción.",
    ),
    "bad_access_code": (
        "Hace falta el código de acceso",
        "La preventa pide un código de acceso, y este no lo es.",
    ),
    "bad_idempotency_key": (
        "El Idempotency-Key no lo es",
        "El Idempotency-Key está vacío, es demasiado largo, no es de ASCII imprimible, o podría adivinarse.",
    ),
    "bad_login": (
        "El correo o la contraseña no son correctos",
        "El correo y la contraseña no se corresponden. No se dice cuál de los dos está mal.",
    ),
    "bad_token": (
        "El token no se acepta",
        "El token está vencido, revocado, ya usado, mal firmado o es de otra organización.",
    ),
    "capacity_below_seats_taken": (
        "Hay más cupos tomados que esos",
        "Hay más cupos tomados de los que tendría la nueva capacidad. Cancele inscripciones primero.",
    ),
    "conflict": (
        "La solicitud choca con el estado actual",
        "La solicitud es correcta y choca con el estado actual.",
    ),
    "deleted": ("Fue eliminado", "Estuvo aquí y fue eliminado."),
    "domain_taken": ("Otra organización responde bajo este host", "Otra organización responde bajo este host."),
    "email_taken": (
        "Este correo tiene una cuenta",
        "Existe una cuenta con este correo; inicie sesión, o restablezca su contraseña.",
    ),
    "forbidden": ("Esto no le corresponde", "Se sabe quién lo pide, y no le corresponde hacerlo."),
    "idempotency_key_in_use": (
        "Una solicitud con esta clave aún está en curso",
        "Una solicitud con el mismo Idempotency-Key aún está en curso.",
    ),
    "idempotency_key_missing": (
        "La operación necesita un Idempotency-Key",
        "La operación hace muchas cosas a la vez, y pide una clave con la que pueda enviarse de nuevo sin riesgo.",
    ),
    "idempotency_key_reused": (
        "El Idempotency-Key se usó para otra solicitud",
        "El Idempotency-Key se usó para otra solicitud: otro cuerpo, otra dirección u otra operación.",
    ),
    "in_use": ("Aún está en uso", "Algo planeado todavía lo necesita. Cambie eso primero."),
    "internal_error": (
        "Algo falló de nuestro lado",
        "Algo falló de nuestro lado; el identificador de la solicitud lo encuentra en los registros.",
    ),
    "invalid": (
        "Algunos valores no pueden aceptarse",
        "La solicitud se leyó, y algunos valores no pueden aceptarse; `errors` señala cada uno.",
    ),
    "issuer_taken": ("El emisor ya es de confianza", "El emisor ya es de confianza; cámbielo en su lugar."),
    "key_revoked": (
        "La clave fue revocada",
        "La clave de API fue revocada, lo que no puede deshacerse. Haga otra.",
    ),
    "malformed": (
        "La solicitud no pudo leerse",
        "La solicitud no pudo leerse: JSON roto, un encabezado roto, un carácter NUL.",
    ),
    "method_not_allowed": (
        "La ruta no admite este método",
        "La ruta existe y no admite este método; `Allow` enumera los que admite.",
    ),
    "name_taken": ("Ya hay uno con este nombre", "Ya hay uno con este nombre."),
    "no_ticket": (
        "La inscripción no tiene cupo",
        "La inscripción no tiene cupo: espera uno, o fue cancelada. Solo un cupo tiene entrada.",
    ),
    "nonce_reused": (
        "El nonce es de otra lectura",
        "El nonce pertenece a la lectura de otra entrada. Use uno nuevo para cada lectura, y consérvelo al reintentar.",
    ),
    "not_sendable": (
        "El correo no se envía ahora",
        "El correo espera ser enviado o se está enviando, o ya se enviaron bastantes así. Mire de nuevo en un rato.",
    ),
    "not_found": (
        "No existe tal cosa aquí",
        "No existe tal cosa aquí, o ninguna de la que quien pregunta pueda saber.",
    ),
    "organization_suspended": (
        "Esta organización está suspendida",
        "La organización está suspendida; a sus administradores se les dijo por qué.",
    ),
    "overlaps": (
        "El asistente está en otra parte a esa hora",
        "El asistente tiene un cupo, o espera uno, en una sesión a la misma hora. Cancele esa primero.",
    ),
    "precondition_failed": (
        "Cambió entretanto",
        "Cambió desde la versión que `If-Match` nombra. Léalo de nuevo, y decida otra vez.",
    ),
    "precondition_required": (
        "Diga qué versión vio",
        "Varias personas pueden escribir aquí: nombre en `If-Match` la versión que vio, el `ETag` de su respuesta.",
    ),
    "quota_exceeded": (
        "La cuota está agotada",
        "La cuota de una política está agotada; `violated-policies` la nombra. `Retry-After` dice cuándo hay más.",
    ),
    "registration_closed": (
        "La inscripción no está abierta",
        "El evento o la sesión no admite inscripciones ahora: aún sin publicar, suspendido o cancelado.",
    ),
    "schedule_clash": (
        "La sala o un ponente están ocupados a esa hora",
        "Una sala o un ponente están ocupados a esa hora. `clashes` dice por quién, `free_slots` qué está libre.",
    ),
    "slug_taken": ("Existe una organización con este nombre", "Existe una organización con este nombre."),
    "sold_out": (
        "Todos los cupos están tomados",
        "Todos los cupos están tomados, y el evento no lleva lista de espera. Vuelven cuando alguien cancela.",
    ),
    "too_many_endpoints": (
        "No caben más endpoints",
        "La organización tiene tantos endpoints como puede tener. Elimine uno al que nadie escuche.",
    ),
    "too_slow": (
        "El cuerpo llegó demasiado despacio",
        "El cuerpo no llegó a tiempo. No se hizo nada; envíelo otra vez.",
    ),
    "length_required": (
        "El cuerpo debe decir cuánto mide",
        "El cuerpo llega por trozos y no dice cuánto mide; envíe `Content-Length`.",
    ),
    "too_large": ("El cuerpo es demasiado grande", "El cuerpo es más largo de lo que la ruta admite."),
    "unauthenticated": (
        "Hace falta una credencial válida",
        "La credencial falta, venció, fue revocada o es de otra organización.",
    ),
    "unavailable": (
        "La plataforma no está disponible ahora",
        "Una parte de la que la plataforma depende no responde; intente de nuevo después de `Retry-After` segundos.",
    ),
    "unknown_host": (
        "Ninguna organización responde aquí",
        "Ninguna organización responde bajo este host, ni bajo el nombre en `X-Tenant`.",
    ),
    "unsupported_media_type": (
        "El cuerpo es de un tipo que aquí no se lee",
        "El cuerpo no es de un tipo que la ruta lea; envíe `application/json`.",
    ),
    "wrong_stage": (
        "No está en una etapa en la que esto pueda hacerse",
        "El evento o la sesión ya pasó esta etapa, está suspendido, o cancelado para siempre.",
    ),
}
