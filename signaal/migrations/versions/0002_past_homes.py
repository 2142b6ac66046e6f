"""Which dwellings a past block held last, so that it is known again when they come back."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "past_home",
        sa.Column("block_id", sa.Integer(), nullable=False),
        sa.Column("dwelling_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["block_id"], ["block.id"], name=op.f("fk_past_home_block_id_block")
        ),
        sa.ForeignKeyConstraint(
            ["dwelling_id"], ["dwelling.id"], name=op.f("fk_past_home_dwelling_id_dwelling")
        ),
        sa.PrimaryKeyConstraint("block_id", "dwelling_id", name=op.f("pk_past_home")),
    )


def downgrade() -> None:
    op.drop_table("past_home")
