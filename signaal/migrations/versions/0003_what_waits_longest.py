"""A text message keeps no sign of its sender; what waits in a status is found at once."""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("inbound_text") as batch_op:
        batch_op.drop_column("conversation_key")
    op.create_index("ix_report_status_received_at", "report", ["status", "received_at"])


def downgrade() -> None:
    op.drop_index("ix_report_status_received_at", table_name="report")
    with op.batch_alter_table("inbound_text") as batch_op:
        batch_op.add_column(
            sa.Column("conversation_key", AutoString(), nullable=False, server_default="")
        )
