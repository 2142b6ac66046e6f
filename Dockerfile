# One image for the web, the worker and the migrations; the command says which.
FROM python:3.12-slim AS build
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy
RUN pip install --no-cache-dir "uv>=0.9"
WORKDIR /src
COPY requirements/server.lock requirements/server.lock
RUN uv venv /opt/signaal \
    && VIRTUAL_ENV=/opt/signaal uv pip install --require-hashes -r requirements/server.lock
COPY pyproject.toml README.md ./
COPY signaal signaal
COPY templates templates
COPY alerts alerts
COPY geodata geodata
RUN VIRTUAL_ENV=/opt/signaal uv pip install --no-deps .

FROM python:3.12-slim
ENV PATH=/opt/signaal/bin:$PATH PYTHONUNBUFFERED=1 SIGNAAL_DATA_DIR=/var/lib/signaal
RUN useradd --system --create-home --uid 10001 signaal \
    && mkdir -p /var/lib/signaal && chown signaal /var/lib/signaal
COPY --from=build /opt/signaal /opt/signaal
USER signaal
WORKDIR /var/lib/signaal
VOLUME /var/lib/signaal
EXPOSE 8000
CMD ["signaal", "serve"]
