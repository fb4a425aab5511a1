"""Settings, from the environment alone. Every variable is listed in docs/configuration.md."""

import os
from pathlib import Path
from typing import Any

import environ
from celery.schedules import crontab
from django.core.exceptions import ImproperlyConfigured

from config import logs

ROOT = Path(__file__).resolve().parents[2]
env = environ.Env()

DEBUG: bool = env.bool("DEBUG", default=False)

# --- Secrets -----------------------------------------------------------------------------------------

_DEBUG_SECRET = "for-debug-only-" + "x" * 40
MIN_SECRET_LENGTH = 32


def _secret(name: str) -> str:
    """Read a secret, or refuse to start: outside debug none has a default."""
    value: str = env.str(name, default=_DEBUG_SECRET if DEBUG else "")
    if not DEBUG and (len(value) < MIN_SECRET_LENGTH or value == _DEBUG_SECRET):
        msg = f"Set {name} to at least {MIN_SECRET_LENGTH} random characters (DEBUG is off, so there is no default)."
        raise ImproperlyConfigured(msg)
    return value


SECRET_KEY = _secret("SECRET_KEY")
# Encrypts the organizations' signing keys at rest. Apart from SECRET_KEY, so that either can be changed alone.
ENCRYPTION_KEY = _secret("ENCRYPTION_KEY")
# Those before it, which still decrypt.
ENCRYPTION_KEY_FALLBACKS: list[str] = env.list("ENCRYPTION_KEY_FALLBACKS", default=[])

# --- Hosts -------------------------------------------------------------------------------------------

BASE_DOMAIN: str = env.str("BASE_DOMAIN", default="localhost")
# The hosts of the operator's pages and of the API for callers that send X-Tenant.
PUBLIC_HOSTS: list[str] = env.list("PUBLIC_HOSTS", default=[BASE_DOMAIN, "127.0.0.1", "[::1]"])
# TenancyMiddleware knows every host there is and refuses the others.
ALLOWED_HOSTS = ["*"]
HOSTLESS_PATHS = frozenset({"/health", "/ready", "/metrics"})
PAGE_PREFIXES = ("/admin/", "/static/", "/tickets/", "/password/", "/unsubscribe/", "/dev/")
# What follows these in an address is a secret, and is not logged.
SECRET_PREFIXES = ("/tickets/", "/password/", "/unsubscribe/", "/api/v1/idempotency/")

# --- Applications ------------------------------------------------------------------------------------

TENANT_MODEL = "tenants.Organization"
TENANT_DOMAIN_MODEL = "tenants.Domain"
PUBLIC_SCHEMA_URLCONF = "config.urls.public"
ROOT_URLCONF = "config.urls.tenant"

_EVERYWHERE = [
    "identity",
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.admin",
]
_WITHOUT_TABLES = [
    "unfold",
    "config",
    "ninja",
    "corsheaders",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]
SHARED_APPS = ["django_tenants", "tenants", *_EVERYWHERE]
TENANT_APPS = [*_EVERYWHERE, "kit", "journal", "webhooks", "catalog", "attendance", "notifications"]
INSTALLED_APPS = [
    "unfold",
    *SHARED_APPS,
    *(app for app in TENANT_APPS if app not in SHARED_APPS),
    *(app for app in _WITHOUT_TABLES if app != "unfold"),
]

MIDDLEWARE = [
    "kit.middleware.RequestMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "tenants.middleware.TenancyMiddleware",
    "kit.middleware.CompressionMiddleware",
    "kit.answers.ReadyMiddleware",
    "journal.middleware.AuditMiddleware",
    "config.middleware.PagesMiddleware",
]

# The three layers that these ask for stand inside PagesMiddleware, as does what is for pages alone.
SILENCED_SYSTEM_CHECKS = ["admin.E408", "admin.E409", "admin.E410"]

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
WSGI_APPLICATION = "config.wsgi.application"

# --- Database: PostgreSQL, one schema a tenant -------------------------------------------------------

DATABASES = {
    "default": {
        **env.db("DATABASE_URL", default="postgres://aforo@127.0.0.1:5432/aforo"),
        "ENGINE": "django_tenants.postgresql_backend",
        # Backends grow with each schema they touch; ten minutes bound that.
        "CONN_MAX_AGE": 600,
        "DISABLE_SERVER_SIDE_CURSORS": True,
        "OPTIONS": {
            "connect_timeout": 5,
            # Statements that come again are planned once a connection. PostgreSQL plans anew by itself when the
            # search path, and so the tenant, is another one.
            "server_side_binding": True,
            "prepare_threshold": 5,
        },
    }
}
DATABASE_ROUTERS = ["django_tenants.routers.TenantSyncRouter"]
TENANT_LIMIT_SET_CALLS = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Valkey: cache and broker; all of it may vanish ---------------------------------------------------

REDIS_URL: str = env.str("REDIS_URL", default="redis://127.0.0.1:6379/0")
CACHES: dict[str, dict[str, Any]] = {
    "default": {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "aforo",
        "KEY_FUNCTION": "kit.cache.scoped_key",
        "REVERSE_KEY_FUNCTION": "kit.cache.unscoped_key",
        "OPTIONS": {"SOCKET_CONNECT_TIMEOUT": 0.5, "SOCKET_TIMEOUT": 0.5, "IGNORE_EXCEPTIONS": True},
    },
    # The same server, for counting.
    "counters": {
        "BACKEND": "kit.counters.Counters",
        "LOCATION": "",
        "KEY_PREFIX": "aforo",
        "KEY_FUNCTION": "kit.cache.scoped_key",
    },
}
# Whether requests that bear an API key are noted, for whoever sent them to look up.
REQUEST_LOG: bool = env.bool("REQUEST_LOG", default=True)
# 0 counts nobody: for measuring.
RATE_LIMITS: bool = env.bool("RATE_LIMITS", default=True)
RATELIMIT_USE_CACHE = "counters"
DJANGO_REDIS_LOG_IGNORED_EXCEPTIONS = True

CELERY_BROKER_URL = REDIS_URL
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_connect_timeout": 0.5,
    "socket_timeout": 5,
    # Longer than any task takes and than any is put off: what a killed worker held comes back then.
    "visibility_timeout": 600,
    "global_keyprefix": "aforo:celery:",
}
# Work of one class delays no other: each queue has workers of its own, or one serves them all (docs/deployment.md).
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_QUEUES: dict[str, dict[str, Any]] = {"default": {}, "webhooks": {}, "mail": {}}
CELERY_TASK_ROUTES = {"webhooks.deliver": {"queue": "webhooks"}, "notifications.deliver": {"queue": "mail"}}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_TIME_LIMIT = 300
CELERY_TASK_SOFT_TIME_LIMIT = 270
# A worker that is asked to stop ends what it does; one that is asked twice has so long for it.
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 30
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BEAT_SCHEDULE = {
    "sweep": {"task": "tenants.sweep", "schedule": 10.0, "kwargs": {"schema_name": "public"}},
    "check-seats": {
        "task": "tenants.send_to_all",
        "schedule": crontab(hour=3, minute=30),
        "kwargs": {"schema_name": "public", "name": "attendance.check_seats"},
    },
    "forget-answers": {
        "task": "tenants.send_to_all",
        "schedule": crontab(minute=15),
        "kwargs": {"schema_name": "public", "name": "kit.forget_answers"},
    },
    "forget-deliveries": {
        "task": "tenants.send_to_all",
        "schedule": crontab(hour=4, minute=0),
        "kwargs": {"schema_name": "public", "name": "webhooks.forget_old"},
    },
    "forget-mails": {
        "task": "tenants.send_to_all",
        "schedule": crontab(hour=4, minute=30),
        "kwargs": {"schema_name": "public", "name": "notifications.forget_old"},
    },
    "forget-requests": {
        "task": "tenants.send_to_all",
        "schedule": crontab(minute=45),
        "kwargs": {"schema_name": "public", "name": "kit.forget_requests"},
    },
}

# --- What the floors below are wired to ---------------------------------------------------------------

# Called with each batch of journal entries, in the transaction that moves the dispatcher's cursor.
JOURNAL_CONSUMERS: list[str] = ["webhooks.services.fan_out", "notifications.services.fan_out"]
# Roles whose refused writes are recorded, as those of API keys are. Denials are recorded whoever is known.
AUDITED_ROLES = ["admin", "organizer", "coordinator", "scanner"]
# Called when an event's pools were opened or enlarged, in the same transaction.
SEATS_LISTENERS = ["attendance.services.follow_catalogue"]
# Asked in each organization's schema every few seconds: each is a `kit.sweeps.Look` for what a crash left behind.
SWEEPS = [
    "journal.sweeps.LOOK",
    "attendance.services.following.LOOK",
    "webhooks.services.delivering.LOOK",
    "notifications.services.delivering.LOOK",
]

# Where the outside is reached, if not at the port of its scheme.
SITE_PORT: str = env.str("SITE_PORT", default="")

# --- Identity -----------------------------------------------------------------------------------------

AUTH_USER_MODEL = "identity.User"
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

PASSWORD_RESET_TIMEOUT = 3_600

# --- Mail ---------------------------------------------------------------------------------------------

_mail: dict[str, Any] = env.email("EMAIL_URL", default="consolemail://")
vars().update(_mail)
MAIL_FOLDER: str = _mail["EMAIL_FILE_PATH"]
_OF_OURS = {"smtp": "notifications.backends.SmtpBackend", "filebased": "notifications.backends.FolderBackend"}
EMAIL_BACKEND: str = _OF_OURS.get(_mail["EMAIL_BACKEND"].split(".")[-2], _mail["EMAIL_BACKEND"])
# A provider that django-anymail knows, such as sendgrid. Its own settings are the variables that begin with ANYMAIL_.
EMAIL_PROVIDER: str = env.str("EMAIL_PROVIDER", default="")
if EMAIL_PROVIDER:
    EMAIL_BACKEND = f"anymail.backends.{EMAIL_PROVIDER}.EmailBackend"
ANYMAIL: dict[str, Any] = {
    "REQUESTS_TIMEOUT": (5, 15),
    **{name.removeprefix("ANYMAIL_"): value for name, value in os.environ.items() if name.startswith("ANYMAIL_")},
}
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL: str = env.str("DEFAULT_FROM_EMAIL", default="") or f"Aforo <no-reply@{BASE_DOMAIN}>"

# --- HTTP ---------------------------------------------------------------------------------------------

MAX_BODY = 1_000_000
MAX_BULK_BODY = 10_000_000
DATA_UPLOAD_MAX_MEMORY_SIZE = MAX_BULK_BODY
# How long a body may take to come.
BODY_SECONDS: float = env.float("BODY_SECONDS", default=20.0)
APPEND_SLASH = False
# Sites whose pages may call the API from a browser. They send tokens, never cookies.
CORS_ALLOWED_ORIGINS: list[str] = env.list("CORS_ALLOWED_ORIGINS", default=[])
CORS_ALLOW_ALL_ORIGINS: bool = CORS_ALLOWED_ORIGINS == ["*"]
if CORS_ALLOW_ALL_ORIGINS:
    CORS_ALLOWED_ORIGINS = []
if CORS_ALLOWED_ORIGINS or CORS_ALLOW_ALL_ORIGINS:
    # Only where it has something to say: it looks at every answer.
    MIDDLEWARE.insert(1, "corsheaders.middleware.CorsMiddleware")
CORS_URLS_REGEX = r"^/(api|graphql|\.well-known)\b.*$"
CORS_ALLOW_HEADERS = [
    "accept", "accept-language", "authorization", "content-type", "idempotency-key", "if-match", "if-none-match",
    "x-request-id", "x-tenant",
]  # fmt: skip
CORS_EXPOSE_HEADERS = [
    "etag", "idempotent-replayed", "link", "ratelimit", "ratelimit-policy", "retry-after", "x-request-id",
]  # fmt: skip
# Compresses longer answers for whoever can read it; a proxy may do so instead.
GZIP: bool = env.bool("GZIP", default=True)
# Serves the documentation and the contract of the API.
DOCS: bool = env.bool("DOCS", default=True)
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = env.bool("HTTPS", default=False)
SECURE_HSTS_SECONDS = 31_536_000 if SECURE_SSL_REDIRECT else 0
SECURE_REDIRECT_EXEMPT = [r"^health$", r"^ready$", r"^metrics$"]
# The networks of the proxies in front. What they say of the client is believed, and what anybody else says is not.
TRUSTED_PROXIES: list[str] = env.list("TRUSTED_PROXIES", default=[])
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
X_FRAME_OPTIONS = "DENY"
# Networks that are not public, to which the platform may send what its organizations ask for (see kit.egress).
EGRESS_NETWORKS: list[str] = env.list("EGRESS_NETWORKS", default=[])

STATIC_URL = "/static/"
# In debug the files are found where they lie; nothing is collected.
STATIC_ROOT = None if DEBUG else ROOT / "staticfiles"
WHITENOISE_USE_FINDERS = DEBUG
WHITENOISE_AUTOREFRESH = False

# --- Language and time --------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("es", "Español")]
USE_TZ = True
TIME_ZONE = "UTC"

# Where problems are said in other languages than English.
PROBLEM_LANGUAGES = {"es": "config.spanish"}

# --- Admin panel --------------------------------------------------------------------------------------

UNFOLD = {"SITE_TITLE": "config.panel.title", "SITE_HEADER": "config.panel.title", "SHOW_VIEW_ON_SITE": False}

# --- Metrics ------------------------------------------------------------------------------------------

METRICS_TOKEN: str = env.str("METRICS_TOKEN", default="")
# Networks whose callers need no token. In production none: behind a proxy everybody may seem to come from this machine.
METRICS_ADDRESSES: list[str] = env.list("METRICS_ADDRESSES", default=["127.0.0.1", "::1"] if DEBUG else [])
METRICS_BY_TENANT: bool = env.bool("METRICS_BY_TENANT", default=False)

# --- Logs ---------------------------------------------------------------------------------------------

LOGGING = logs.configure(as_json=not DEBUG)
