# Two stages: the first may compile, the second only runs.
FROM python:3.13-slim AS builder
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /venv
COPY requirements/production.txt /requirements.txt
RUN /venv/bin/pip install --require-hashes -r /requirements.txt

FROM python:3.13-slim
ENV PATH=/venv/bin:$PATH \
    PYTHONPATH=/app:/app/platform \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=config.settings \
    HOST=0.0.0.0 \
    PORT=8000
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin aforo
WORKDIR /app
COPY --from=builder /venv /venv
COPY manage.py ./
COPY platform ./platform
COPY tenants ./tenants
COPY catalog ./catalog
COPY attendance ./attendance
COPY webhooks ./webhooks
COPY notifications ./notifications
COPY analytics ./analytics
# The secrets live for this one command; they are in no layer and sign nothing.
RUN SECRET_KEY=$(python -c 'import secrets; print(secrets.token_hex(32))') \
    ENCRYPTION_KEY=$(python -c 'import secrets; print(secrets.token_hex(32))') \
    python manage.py collectstatic --noinput
USER 10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/health', timeout=2)"]
CMD ["python", "-m", "config.web"]
