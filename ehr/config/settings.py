"""All settings. What differs between installations comes from the environment (`.env.example` explains each)."""

import sys
from pathlib import Path

import environ
import pghistory
from django.core.exceptions import ImproperlyConfigured

from ehr.config.runtime import embedded, secrets

BASE_DIR = Path(__file__).resolve().parent.parent.parent
env = environ.Env()
environ.Env.read_env(BASE_DIR / ".env")

TESTING = "pytest" in sys.modules
DEBUG = env.bool("DEBUG", default=False)
VAR_DIR = Path(env.str("VAR_DIR", default=str(BASE_DIR / "var")))


def required(name: str) -> str:
    """Value of the environment variable `name`; stops with one sentence when it is missing."""
    value = env.str(name, default="")
    if not value:
        raise ImproperlyConfigured(f"Thiếu biến môi trường {name}. Xem .env.example.")
    return value


# A server installation names DATABASE_URL and must bring its own key; the embedded default makes one in var/.
EMBEDDED = not env.str("DATABASE_URL", default="")
SECRET_KEY = (
    secrets.secret_key(VAR_DIR) if EMBEDDED and not env.str("SECRET_KEY", default="") else required("SECRET_KEY")
)
# Keys of sealed values (ehr.common.sealed), the first one seals. Of their own, not made from SECRET_KEY: the two change
# at different times, and a lost one of these loses data.
FIELD_KEYS = (
    [secrets.field_key(VAR_DIR)]
    if EMBEDDED and not env.str("FIELD_KEYS", default="")
    else [key.strip() for key in required("FIELD_KEYS").split(",") if key.strip()]
)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]", "testserver"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
HTTPS = env.bool("HTTPS", default=not EMBEDDED)

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.import_export",
    "ehr.config.admin_site.RecordAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "import_export",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_htmx",
    "pgtrigger",
    "pghistory",
    "axes",
    "ehr.config",
    "ehr.common",
    "stations",
    "ehr.codes",
    "ehr.audit",
    "ehr.records",
    "ehr.vaccination",
    "ehr.programmes",
    "ehr.intake",
    "ehr.claims",
    "ehr.exchange",
    "reports",
    "reports.submission",
    "reports.dashboard",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "ehr.config.middleware.ClientAddressMiddleware",
    "ehr.config.csp.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "ehr.config.middleware.HideForbiddenMiddleware",
    "ehr.config.middleware.SlidingSessionMiddleware",
    "ehr.config.middleware.FirstPasswordMiddleware",
    "ehr.audit.middleware.ActorMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "ehr.config.urls"
WSGI_APPLICATION = "ehr.config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "ehr.config.context.navigation",
            ],
            "builtins": ["ehr.common.templatetags.vietnamese"],
        },
    },
]

DATABASES = {"default": env.db_url_config(env.str("DATABASE_URL", default="") or embedded.database_url(VAR_DIR))}
DATABASES["default"].setdefault("OPTIONS", {})
# One connection per thread, kept open: the server runs few threads, and opening one costs more than most queries.
DATABASES["default"]["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", default=600)
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
# Whether the database keeps the plans of ehr.common.prepared (0: from the first use). Not behind an old pooler.
DATABASES["default"]["OPTIONS"]["prepare_threshold"] = 0 if env.bool("PREPARED_STATEMENTS", default=True) else None
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL", default="") or embedded.redis_url(VAR_DIR)
CACHES = {"default": {"BACKEND": "ehr.common.cache.Cache", "LOCATION": REDIS_URL}}
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
SESSION_COOKIE_AGE = env.int("SESSION_MINUTES", default=60) * 60
SESSION_SAVE_EVERY_REQUEST = False
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("BEHIND_PROXY", default=False) else None
X_FRAME_OPTIONS = "DENY"

AUTH_USER_MODEL = "stations.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "stations.backends.SessionBackend"]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
if TESTING:
    PASSWORD_HASHERS.insert(0, "django.contrib.auth.hashers.MD5PasswordHasher")
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    # 14 characters of four kinds: TCVN 14423 level 3 as long as a second factor is not in use (REQ-SEC-02).
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 14}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "stations.passwords.FourKindsValidator"},
]
AXES_FAILURE_LIMIT = env.int("LOGIN_FAILURES", default=5)
AXES_COOLOFF_TIME = env.int("LOGIN_LOCK_MINUTES", default=15) / 60
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_TEMPLATE = "registration/locked.html"
AXES_HANDLER = "axes.handlers.cache.AxesCacheHandler"
# Behind proxies the client's address is the one that the outermost trusted proxy wrote (ClientAddressMiddleware).
PROXY_COUNT = env.int("PROXY_COUNT", default=0)
AXES_VERBOSE = False
AXES_ENABLE_ADMIN = False  # attempts live in the cache; its pages would ask Django's permissions

LANGUAGE_CODE = "vi"
TIME_ZONE = "Asia/Ho_Chi_Minh"
USE_I18N = True
USE_TZ = True
FORMAT_MODULE_PATH = ["ehr.config.formats"]
# Grouping is asked for where it is wanted (|vnnumber); years, keys and versions must stay as they are.
USE_THOUSAND_SEPARATOR = False

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if TESTING or DEBUG
        else "ehr.config.static_files.GzipManifestStorage"
    },
}
WHITENOISE_USE_FINDERS = TESTING or DEBUG
WHITENOISE_AUTOREFRESH = TESTING or DEBUG
MEDIA_ROOT = VAR_DIR / "media"

CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_SERIALIZER = CELERY_RESULT_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_IGNORE_RESULT = True
CELERY_TIMEZONE = TIME_ZONE
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "celerybeat-schedule")

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["ehr.exchange.authentication.ApiKeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PAGINATION_CLASS": "ehr.exchange.pagination.CursorPages",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "EXCEPTION_HANDLER": "ehr.exchange.errors.handle",
    "PAGE_SIZE": 50,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Hồ sơ sức khỏe điện tử: REST v1",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "DESCRIPTION": "Cửa vào của các hệ thống đối tác. Tên trường là mã trường của mẫu hồ sơ 831; mã lỗi giống như "
    "trên biểu mẫu.",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "COMPONENT_SPLIT_PATCH": False,  # what PATCH takes has shapes of its own
    "SORT_OPERATION_PARAMETERS": False,
    "POSTPROCESSING_HOOKS": [],  # choices stay beside their field; many lists of them have equal names
    "PATH_CONVERTER_OVERRIDES": {"key": int, "record": {"type": "string", "pattern": "^HS[0-9]{11}$"}},
}
REST_REQUESTS_PER_MINUTE = env.int("REST_REQUESTS_PER_MINUTE", default=600)  # for each key
REST_MAX_BODY = env.int("REST_MAX_BODY", default=1_048_576)  # bytes

UNFOLD = {
    "SITE_TITLE": "Hồ sơ sức khỏe điện tử",
    "SITE_HEADER": "Quản trị hồ sơ sức khỏe",
    "SITE_URL": "/",
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "ENVIRONMENT": None,
    # The teal of our own screens.
    "COLORS": {
        "primary": {
            "50": "240 250 250",
            "100": "214 239 240",
            "200": "174 222 225",
            "300": "125 199 204",
            "400": "69 163 171",
            "500": "27 126 137",
            "600": "11 101 112",
            "700": "10 82 94",
            "800": "10 66 78",
            "900": "10 61 74",
            "950": "5 38 47",
        }
    },
    "SIDEBAR": {"show_search": False, "navigation": "ehr.config.admin_menu.navigation"},
}

# Event tables are read by person or row; an index on each of their foreign keys would only slow every write.
PGHISTORY_FOREIGN_KEY_FIELD = pghistory.ForeignKey(db_index=False)

# Files that come in (ehr.intake.files): what is larger is refused before it is opened.
INTAKE_MAX_MB = env.int("INTAKE_MAX_MB", default=40)
INTAKE_MAX_ROWS = env.int("INTAKE_MAX_ROWS", default=400_000)  # of one sheet: a district has 370,719 people
INTAKE_MAX_COLUMNS = env.int("INTAKE_MAX_COLUMNS", default=300)
INTAKE_MAX_CELLS = env.int("INTAKE_MAX_CELLS", default=10_000_000)  # about 60 MB of memory for each million
INTAKE_MAX_SHEETS = env.int("INTAKE_MAX_SHEETS", default=200)
INTAKE_MAX_UNZIPPED_MB = env.int("INTAKE_MAX_UNZIPPED_MB", default=400)
INTAKE_MAX_RATIO = env.int("INTAKE_MAX_RATIO", default=200)  # unzipped to zipped size; sheets stay below 60

# How many days files that came in and their rows are kept after they were written (ehr.intake.services.clearing); the
# ledger stays for ever. Classes of REQ-PDP-07: registers 5 years, health-check papers 2 years. 0: nothing is removed.
INTAKE_KEEP_DAYS = env.int("INTAKE_KEEP_DAYS", default=1826)
INTAKE_KEEP_EXAM_DAYS = env.int("INTAKE_KEEP_EXAM_DAYS", default=731)
INTAKE_KEEP_UNWRITTEN_DAYS = env.int("INTAKE_KEEP_UNWRITTEN_DAYS", default=90)

# Folder in which partner software drops claim files (ehr.claims.services.inbox); empty: none is watched.
CLAIMS_INBOX = env.str("CLAIMS_INBOX", default="")

# Empty until an upstream system is connected: decides what "liên thông" means (DESIGN §3).
UPSTREAM_CONFIGURED = env.bool("UPSTREAM_CONFIGURED", default=False)

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"redact": {"()": "ehr.config.logging.RedactFilter"}},
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["redact"]}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {"axes": {"level": "WARNING"}, "weasyprint": {"level": "ERROR"}, "fontTools": {"level": "ERROR"}},
}
