"""Runs the migrations on the connection that `signaal.wiring` hands over."""

from alembic import context
from sqlalchemy import Table
from sqlmodel import SQLModel

from signaal.wiring import import_stores

import_stores()


def ours(thing: object, name: str | None, kind: str, _reflected: bool, _compared: object) -> bool:  # noqa: FBT001 - alembic's signature
    """Leaves alone what others put into the same database (PostGIS, for one)."""
    return kind != "table" or name in SQLModel.metadata.tables or not isinstance(thing, Table)


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=SQLModel.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    include_object=ours,
    compare_type=True,
    # Both databases roll back a change of tables; a half upgrade leaves nothing behind.
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
