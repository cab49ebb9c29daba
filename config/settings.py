"""Every setting, flat, read once from the environment; a wrong or missing value stops the start with one clear line."""

import logging
import os
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from config import places


def env_bool(name: str, default: bool) -> bool:
    raw = os.environ.get(name, str(default).lower())
    if raw not in {"true", "false"}:
        raise ImproperlyConfigured(f"{name}={raw!r}: write true or false")
    return raw == "true"


def env_int(name: str, default: int) -> int:
    raw = os.environ.get(name, str(default))
    if not raw.isdecimal():
        raise ImproperlyConfigured(f"{name}={raw!r}: write a whole number")
    return int(raw)


def env_list(name: str) -> list[str]:
    return [item.strip() for item in os.environ.get(name, "").split(",") if item.strip()]


def required(name: str) -> str:
    value = os.environ.get(name, "")
    if not value:
        raise ImproperlyConfigured(f"{name} is not set: production needs it (see docs/operations.md)")
    return value


def required_list(name: str) -> list[str]:
    required(name)
    items = env_list(name)
    if not items:
        raise ImproperlyConfigured(f"{name}={os.environ[name]!r}: write at least one, separated by commas")
    return items


def web_address(name: str, value: str) -> str:
    """Without the slash at the end, since paths are put behind it."""
    if not value.startswith(("http://", "https://")):
        raise ImproperlyConfigured(f"{name}={value!r}: write https://host or http://host:port")
    return value.rstrip("/")


def log_level(name: str, default: str) -> str:
    raw = os.environ.get(name, default)
    known = logging.getLevelNamesMapping()
    if raw not in known:
        raise ImproperlyConfigured(f"{name}={raw!r}: write one of {', '.join(sorted(known, key=known.__getitem__))}")
    return raw


def database_from(url: str) -> dict[str, object]:
    try:
        parts = urlsplit(url)
        port = str(parts.port or "")
    except ValueError as error:
        raise ImproperlyConfigured(f"DATABASE_URL: {error}") from error
    if parts.scheme not in {"postgres", "postgresql"} or not parts.path.strip("/"):
        raise ImproperlyConfigured("DATABASE_URL: write postgresql://user:password@host:5432/name")
    options = dict(parse_qsl(parts.query))
    return {
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", None) or unquote(parts.hostname or ""),
        "PORT": port,
        "OPTIONS": options,
    }


BASE_DIR = Path(__file__).resolve().parent.parent

# Local: embedded servers, generated secrets, the demo. Production: nothing is guessed.
ENVIRONMENT = os.environ.get("MICROLIFT_ENV") or ("production" if os.environ.get("DATABASE_URL") else "local")
if ENVIRONMENT not in {"local", "production"}:
    raise ImproperlyConfigured(f"MICROLIFT_ENV={ENVIRONMENT!r}: write local or production")
PRODUCTION = ENVIRONMENT == "production"
DATA_DIR = places.data_dir()

DEBUG = env_bool("DEBUG", False)
if PRODUCTION and DEBUG:
    raise ImproperlyConfigured("DEBUG=true is refused in production: it shows secrets to visitors")
SECRET_KEY = required("SECRET_KEY") if PRODUCTION else places.local_secret(DATA_DIR)
if PRODUCTION and len(SECRET_KEY) < 32:
    raise ImproperlyConfigured("SECRET_KEY is too short: write at least 32 random characters")
ALLOWED_HOSTS = required_list("ALLOWED_HOSTS") if PRODUCTION else ["*"]
PORT = env_int("PORT", 8000)
# The admin writes it into the script tag for pages: guessed wrong, a shop would load its variants from nowhere.
PUBLIC_URL = web_address(
    "PUBLIC_URL", required("PUBLIC_URL") if PRODUCTION else os.environ.get("PUBLIC_URL") or f"http://localhost:{PORT}"
)
DEMO = not PRODUCTION and env_bool("MICROLIFT_DEMO", True)

if PRODUCTION:
    required("DATABASE_URL")
    required("REDIS_URL")
DATABASE_URL = os.environ.get("DATABASE_URL") or places.embedded_database_url(DATA_DIR)
REDIS_URL = os.environ.get("REDIS_URL") or places.embedded_redis_url(DATA_DIR)

# Set by each process (web, worker, beat, manage) so that its connections can be told apart in pg_stat_activity.
PROCESS_NAME = os.environ.get("MICROLIFT_PROCESS", "manage")
_database = database_from(DATABASE_URL)
# After a second without a connection the database is taken to be gone; it is looked for again every two seconds.
POOL = {"min_size": 2, "max_size": 16, "timeout": 1, "reconnect_timeout": 2}
DATABASES = {
    "default": {
        **_database,
        "ENGINE": "django.db.backends.postgresql",
        "CONN_MAX_AGE": 0,
        "ATOMIC_REQUESTS": False,
        "OPTIONS": {
            **_database["OPTIONS"],  # type: ignore[dict-item]  # database_from always gives a dict here
            "application_name": f"microlift-{PROCESS_NAME}",
            "connect_timeout": 2,
            # Several threads answer in one web process; a worker child and a command need one connection only.
            **({"pool": POOL} if PROCESS_NAME == "web" else {}),
        },
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "drf_standardized_errors",
    "axes",
    "tracking",
    "experiments",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    # The last, as it asks: it answers whoever was locked out on the way.
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
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
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
# Ten wrong passwords for a user from one address, or fifty from one address, within a quarter of an hour: that long
# nobody logs in from there (config.logins).
AXES_FAILURE_LIMIT, AXES_COOLOFF_TIME = 10, timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS, AXES_HANDLER = [["username", "ip_address"], "ip_address"], "config.logins.Logins"
AXES_USERNAME_CALLABLE, AXES_CLIENT_IP_CALLABLE = "config.logins.username", "config.logins.address"
AXES_LOCKOUT_CALLABLE = "config.logins.locked"
# Who goes on trying does not have to wait longer for it.
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_SENSITIVE_PARAMETERS = ["username", "password", "csrfmiddlewaretoken", "next"]
AXES_DISABLE_ACCESS_LOG, AXES_VERBOSE, AXES_ENABLE_ADMIN = True, False, False
# The theme's login form does not say where to go on to.
LOGIN_URL, LOGIN_REDIRECT_URL = "admin:login", "admin:index"

LANGUAGE_CODE = "en"
# A language is offered once its catalogue is complete: Django brings its own, and a page half in Polish helps nobody.
LANGUAGES = [("en", "English")]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATIC_ROOT = Path(os.environ.get("STATIC_ROOT", str(DATA_DIR / "static")))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"},
}

# Of which project the pages are that this Django serves itself (experiments.middleware); empty: it serves none.
MICROLIFT_PROJECT = os.environ.get("MICROLIFT_PROJECT", "")

# How many gateways of ours add the address they saw to X-Forwarded-For: from it comes the visitor's country.
TRUSTED_PROXIES = env_int("TRUSTED_PROXIES", 0)
# What a key may send when its owner says nothing else; 0: as much as it likes.
REQUESTS_A_MINUTE = env_int("REQUESTS_A_MINUTE", 60_000)
# Who asks /metrics must know it; empty: only this machine itself may ask.
METRICS_TOKEN = os.environ.get("METRICS_TOKEN", "")
# Behind a proxy that ends TLS; the proxy must set X-Forwarded-Proto itself.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PRODUCTION else None
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
CSRF_TRUSTED_ORIGINS = env_list("CSRF_TRUSTED_ORIGINS")
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
# A page that was opened to pick an element on it hands the choice back to the form that opened it.
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin-allow-popups"

# Redis carries task messages only; a second without an answer means "go on without it".
CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://")
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 3600, "socket_timeout": 5, "socket_connect_timeout": 1}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = 600
CELERY_TASK_PUBLISH_RETRY = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["tracking.api.auth.KeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["tracking.api.auth.HasScope"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["tracking.api.bodies.StrictJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "tracking.api.schema.AutoSchema",
    "DEFAULT_PAGINATION_CLASS": "tracking.api.paging.Pages",
    "EXCEPTION_HANDLER": "config.errors.answer",
    "PAGE_SIZE": 50,
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Microlift API",
    "VERSION": "1",
    "DESCRIPTION": "Projects, goals, experiments and their results. Authenticate with a secret key: "
    "`Authorization: Bearer sk_…`.",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1/",
    "OAS_VERSION": "3.1.0",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "StatusEnum": "experiments.models.Status",
        "PhaseStatusEnum": "experiments.api.result_forms.PHASE_STATUSES",
        "CheckStatusEnum": "experiments.api.result_forms.CHECK_STATUSES",
        "KindEnum": "experiments.models.kind_choices",
        "PageKindEnum": "experiments.api.audience_forms.PAGE_KINDS",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "tracking.api.hot_schema.add_hot_paths",
        "experiments.api.hot_schema.add_hot_paths",
    ],
}
DRF_STANDARDIZED_ERRORS = {"ENABLE_IN_DEBUG_FOR_UNHANDLED_EXCEPTIONS": True}

UNFOLD = {
    "SITE_TITLE": "Microlift",
    "SITE_HEADER": "Microlift",
    "SITE_SUBHEADER": _("A/B tests that learn from small steps"),
    "SITE_SYMBOL": "science",
    "SITE_URL": None,
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "BORDER_RADIUS": "8px",
    "COLORS": {
        "primary": {
            "50": "#eef2ff",
            "100": "#e0e7ff",
            "200": "#c7d2fe",
            "300": "#a5b4fc",
            "400": "#7b90f7",
            "500": "#5b7bfb",
            "600": "#3b5bdb",
            "700": "#2f49b8",
            "800": "#283d94",
            "900": "#243575",
            "950": "#161f45",
        },
    },
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda _request: static("experiments/favicon.svg")}
    ],
    "STYLES": [lambda _request: static("experiments/admin.css")],
    "SCRIPTS": [lambda _request: static("experiments/admin.js")],
    "DASHBOARD_CALLBACK": "experiments.admin.dashboard.dashboard",
    "SIDEBAR": {
        "show_search": False,
        "navigation": [
            {
                "items": [
                    {"title": _("Overview"), "icon": "home", "link": reverse_lazy("admin:index")},
                ],
            },
            {
                "title": _("Plan and run"),
                "items": [
                    {
                        "title": _("Experiments"),
                        "icon": "science",
                        "link": reverse_lazy("admin:experiments_experiment_changelist"),
                    },
                    {
                        "title": _("Goals"),
                        "icon": "flag",
                        "link": reverse_lazy("admin:tracking_goal_changelist"),
                    },
                    {
                        "title": _("Find goals"),
                        "icon": "travel_explore",
                        "link": reverse_lazy("admin:tracking_pageinventory_changelist"),
                    },
                    {
                        "title": _("Triggers"),
                        "icon": "bolt",
                        "link": reverse_lazy("admin:tracking_trigger_changelist"),
                    },
                    {
                        "title": _("Arrivals"),
                        "icon": "inbox",
                        "link": reverse_lazy("admin:tracking_rejectedevent_changelist"),
                    },
                    {
                        "title": _("Audience lists"),
                        "icon": "groups",
                        "link": reverse_lazy("admin:experiments_savedgroup_changelist"),
                    },
                    {
                        "title": _("Exclusion groups"),
                        "icon": "join_inner",
                        "link": reverse_lazy("admin:experiments_namespace_changelist"),
                    },
                ],
            },
            {
                "title": _("Settings"),
                "separator": True,
                "items": [
                    {
                        "title": _("Projects"),
                        "icon": "storefront",
                        "link": reverse_lazy("admin:tracking_project_changelist"),
                    },
                    {
                        "title": _("Keys"),
                        "icon": "key",
                        "link": reverse_lazy("admin:tracking_key_changelist"),
                    },
                    {
                        "title": _("Holdout"),
                        "icon": "visibility_off",
                        "link": reverse_lazy("admin:experiments_holdout_changelist"),
                    },
                    {
                        "title": _("A person’s data"),
                        "icon": "person_search",
                        "link": reverse_lazy("admin:tracking_privacyreceipt_changelist"),
                    },
                    {
                        "title": _("People with access"),
                        "icon": "group",
                        "link": reverse_lazy("admin:auth_user_changelist"),
                    },
                ],
            },
        ],
    },
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"()": "config.redaction.WithoutSecrets", "fmt": "%(asctime)s %(levelname)s %(name)s: %(message)s"}
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": log_level("LOG_LEVEL", "WARNING")},
}
