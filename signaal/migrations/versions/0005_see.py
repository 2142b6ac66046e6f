"""See: early warnings and their life, the list of the week, what people made of it; e-mail."""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "background",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("layer", AutoString(length=16), nullable=False),
        sa.Column("name", AutoString(length=120), nullable=False),
        sa.Column("wkb", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_background"),
    )
    op.create_table(
        "early_warning",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "nuisance",
                "concern",
                "arrears",
                name="early_warning_kind",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=False,
        ),
        sa.Column("places", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "raised",
                "growing",
                "fading",
                "ended",
                name="early_warning_state",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=False,
        ),
        sa.Column("raised_week", sa.Integer(), nullable=False),
        sa.Column("seen_week", sa.Integer(), nullable=False),
        sa.Column("step_week", sa.Integer(), nullable=False),
        sa.Column("most_per_week", sa.Float(), nullable=False),
        sa.Column("since_week", sa.Integer(), nullable=False),
        sa.Column("observed", sa.Integer(), nullable=False),
        sa.Column("expected", sa.Float(), nullable=False),
        sa.Column("chance", sa.Float(), nullable=False),
        sa.Column("recurrence_weeks", sa.Float(), nullable=False),
        sa.Column("coloured_week", sa.Integer(), nullable=True),
        sa.Column("ended_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_early_warning"),
    )
    op.create_index("ix_early_warning_ended_at", "early_warning", ["ended_at"], unique=False)
    op.create_index("ix_early_warning_raised_week", "early_warning", ["raised_week"], unique=False)

    op.create_table(
        "no_better_told",
        sa.Column("month", sa.Integer(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("month", name="pk_no_better_told"),
    )
    op.create_table(
        "warning_head",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("week", sa.Integer(), nullable=False),
        sa.Column("snapshot", AutoString(), nullable=False),
        sa.Column("policy", AutoString(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_warning_head"),
    )
    op.create_table(
        "week_list",
        sa.Column("week", sa.Integer(), nullable=False),
        sa.Column("district_code", AutoString(), nullable=False),
        sa.Column("made_at", UTCDateTime(), nullable=False),
        sa.Column("snapshot", AutoString(), nullable=False),
        sa.Column("policy", AutoString(), nullable=False),
        sa.Column("random_share", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("week", "district_code", name="pk_week_list"),
    )
    op.create_index("ix_week_list_made_at", "week_list", ["made_at"], unique=False)

    op.create_table(
        "week_place",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("week", sa.Integer(), nullable=False),
        sa.Column("district_code", AutoString(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("block_code", AutoString(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "nuisance",
                "concern",
                "arrears",
                name="week_place_kind",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=False,
        ),
        sa.Column(
            "listed_as",
            sa.Enum(
                "warning",
                "hotspot",
                "drawn",
                name="week_place_listed_as",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=False,
        ),
        sa.Column("warning_id", sa.Uuid(), nullable=True),
        sa.Column("is_new", sa.Boolean(), nullable=False),
        sa.Column("neighbourhood", AutoString(), nullable=False),
        sa.Column("dwellings", sa.Integer(), nullable=False),
        sa.Column("reporters", sa.Integer(), nullable=False),
        sa.Column("expected", sa.Float(), nullable=False),
        sa.Column("chance", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_week_place"),
        sa.UniqueConstraint(
            "week",
            "district_code",
            "block_code",
            "kind",
            name="uq_week_place_week_district_code_block_code_kind",
        ),
    )
    op.create_table(
        "early_warning_step",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("warning_id", sa.Uuid(), nullable=False),
        sa.Column("week", sa.Integer(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "raised",
                "growing",
                "fading",
                "ended",
                name="early_warning_step_state",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=False,
        ),
        sa.Column(
            "cause",
            sa.Enum(
                "new_group",
                "more_blocks",
                "more_reporters",
                "back",
                "moved",
                "not_seen",
                "merged",
                "blocks_gone",
                "not_watched",
                name="early_warning_step_cause",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=False,
        ),
        sa.Column("places", sa.Text(), nullable=False),
        sa.Column("since_week", sa.Integer(), nullable=False),
        sa.Column("observed", sa.Integer(), nullable=False),
        sa.Column("expected", sa.Float(), nullable=False),
        sa.Column("chance", sa.Float(), nullable=False),
        sa.Column("recurrence_weeks", sa.Float(), nullable=False),
        sa.Column("merged_into", sa.Uuid(), nullable=True),
        sa.Column("policy", AutoString(), nullable=False),
        sa.Column("snapshot", AutoString(), nullable=False),
        sa.ForeignKeyConstraint(
            ["warning_id"],
            ["early_warning.id"],
            name="fk_early_warning_step_warning_id_early_warning",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_early_warning_step"),
    )
    op.create_index(
        "ix_early_warning_step_warning_id", "early_warning_step", ["warning_id"], unique=False
    )

    op.create_table(
        "place_look",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("place_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("role", AutoString(), nullable=False),
        sa.Column(
            "verdict",
            sa.Enum(
                "worth_it",
                "not_worth_it",
                "unclear",
                name="place_look_verdict",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=False,
        ),
        sa.Column("reason", AutoString(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["place_id"], ["week_place.id"], name="fk_place_look_place_id_week_place"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_place_look"),
    )
    op.create_index("ix_place_look_at", "place_look", ["at"], unique=False)
    op.create_index("ix_place_look_place_id", "place_look", ["place_id"], unique=False)
    _travels_by("sms", "call", "mail", until_now=("sms", "call"))


def downgrade() -> None:
    """The older version knows no e-mail: what waits is lost with what was sent."""
    op.execute("DELETE FROM outbox WHERE channel = 'mail'")
    _travels_by("sms", "call", until_now=("sms", "call", "mail"))
    for table in (
        "place_look",
        "early_warning_step",
        "week_place",
        "week_list",
        "warning_head",
        "no_better_told",
        "early_warning",
        "background",
    ):
        op.drop_table(table)


def _travels_by(*channels: str, until_now: tuple[str, ...]) -> None:
    with op.batch_alter_table("outbox") as batch_op:
        batch_op.alter_column(
            "channel",
            existing_type=_channels(until_now),
            type_=_channels(channels),
            existing_nullable=False,
        )


def _channels(known: tuple[str, ...]) -> sa.Enum:
    return sa.Enum(*known, name="outbox_channel", native_enum=False, create_constraint=True)
