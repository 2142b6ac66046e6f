"""Trust: accounts and sessions, the log of acts, key groups, requests, and what residents do."""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

SQLITE_GUARDS = (
    "CREATE TRIGGER audit_entry_no_update BEFORE UPDATE ON audit_entry BEGIN SELECT RAISE(ABORT, 'the log of acts is append-only'); END",
    "CREATE TRIGGER audit_entry_no_delete BEFORE DELETE ON audit_entry WHEN NOT EXISTS (SELECT 1 FROM audit_checkpoint WHERE destroyed_at IS NOT NULL AND OLD.seq BETWEEN first_seq AND seq) BEGIN SELECT RAISE(ABORT, 'the log of acts is append-only'); END",
    "CREATE TRIGGER audit_checkpoint_no_update BEFORE UPDATE ON audit_checkpoint WHEN OLD.destroyed_at IS NOT NULL OR NEW.destroyed_at IS NULL OR NEW.seq IS NOT OLD.seq OR NEW.first_seq IS NOT OLD.first_seq OR NEW.digest IS NOT OLD.digest OR NEW.at IS NOT OLD.at OR NEW.signature IS NOT OLD.signature BEGIN SELECT RAISE(ABORT, 'a checkpoint stays as it is'); END",
    "CREATE TRIGGER audit_checkpoint_no_delete BEFORE DELETE ON audit_checkpoint BEGIN SELECT RAISE(ABORT, 'a checkpoint stays as it is'); END",
)
POSTGRESQL_GUARDS = (
    "CREATE OR REPLACE FUNCTION audit_entry_guard() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TG_OP = 'DELETE' THEN IF EXISTS (SELECT 1 FROM audit_checkpoint WHERE destroyed_at IS NOT NULL AND OLD.seq BETWEEN first_seq AND seq) THEN RETURN OLD; END IF; END IF; RAISE EXCEPTION 'the log of acts is append-only'; END $$",
    "CREATE TRIGGER audit_entry_guard BEFORE UPDATE OR DELETE ON audit_entry FOR EACH ROW EXECUTE FUNCTION audit_entry_guard()",
    "CREATE OR REPLACE FUNCTION audit_checkpoint_guard() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TG_OP = 'UPDATE' THEN IF OLD.destroyed_at IS NULL AND NEW.destroyed_at IS NOT NULL AND ROW(NEW.seq, NEW.first_seq, NEW.digest, NEW.at, NEW.signature) = ROW(OLD.seq, OLD.first_seq, OLD.digest, OLD.at, OLD.signature) THEN RETURN NEW; END IF; END IF; RAISE EXCEPTION 'a checkpoint stays as it is'; END $$",
    "CREATE TRIGGER audit_checkpoint_guard BEFORE UPDATE OR DELETE ON audit_checkpoint FOR EACH ROW EXECUTE FUNCTION audit_checkpoint_guard()",
)


def upgrade() -> None:
    op.create_table(
        "answered_count",
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("year", "late", name="pk_answered_count"),
    )
    op.create_table(
        "audit_checkpoint",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("first_seq", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("destroyed_at", UTCDateTime(), nullable=True),
        sa.Column("destroyed_signature", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("seq", name="pk_audit_checkpoint"),
    )
    op.create_table(
        "audit_entry",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("role", AutoString(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.Column("purpose", AutoString(), nullable=False),
        sa.Column("act", AutoString(), nullable=False),
        sa.Column("subject", AutoString(), nullable=False),
        sa.Column("details", AutoString(), nullable=False),
        sa.Column("previous", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_audit_entry"),
    )
    with op.batch_alter_table("audit_entry") as batch_op:
        batch_op.create_index("ix_audit_entry_at", ["at"], unique=False)
        batch_op.create_index("ix_audit_entry_person_id_seq", ["person_id", "seq"], unique=False)
        batch_op.create_index("ix_audit_entry_subject_seq", ["subject", "seq"], unique=False)

    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_head"),
    )
    op.create_table(
        "ended_count",
        sa.Column(
            "kind",
            sa.Enum(
                "nuisance",
                "concern",
                "arrears",
                name="ended_kind",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=False,
        ),
        sa.Column(
            "ending",
            sa.Enum(
                "withdrawn", "unfounded", name="ending", native_enum=False, create_constraint=True
            ),
            nullable=False,
        ),
        sa.Column("period", sa.Integer(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "ending", "period", name="pk_ended_count"),
    )
    op.create_table(
        "household_request",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reference", AutoString(), nullable=False),
        sa.Column("key_id", sa.Uuid(), nullable=False),
        sa.Column("asked", sa.LargeBinary(), nullable=True),
        sa.Column("asked_at", UTCDateTime(), nullable=False),
        sa.Column("due_at", UTCDateTime(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open", "answered", name="request_state", native_enum=False, create_constraint=True
            ),
            nullable=False,
        ),
        sa.Column("answered_at", UTCDateTime(), nullable=True),
        sa.Column(
            "identity",
            sa.Enum(
                "not_checked",
                "at_the_desk",
                "at_home",
                "by_letter",
                name="identity",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=True,
        ),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
        sa.Column("shouted_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_household_request"),
        sa.UniqueConstraint("reference", name="uq_household_request_reference"),
    )
    with op.batch_alter_table("household_request") as batch_op:
        batch_op.create_index("ix_household_request_due_at", ["due_at"], unique=False)

    op.create_table(
        "inquiry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("reference", AutoString(), nullable=False),
        sa.Column("reason_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("asked_at", UTCDateTime(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("agreed_at", UTCDateTime(), nullable=True),
        sa.Column("agreed_by", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_inquiry"),
    )
    with op.batch_alter_table("inquiry") as batch_op:
        batch_op.create_index("ix_inquiry_asked_at", ["asked_at"], unique=False)
        batch_op.create_index("ix_inquiry_reference", ["reference"], unique=False)

    op.create_table(
        "key_group",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("purpose", AutoString(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("retired_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_key_group"),
    )
    with op.batch_alter_table("key_group") as batch_op:
        batch_op.create_index(
            "uq_key_group_in_use",
            ["purpose"],
            unique=True,
            sqlite_where=sa.text("retired_at IS NULL"),
            postgresql_where=sa.text("retired_at IS NULL"),
        )

    op.create_table(
        "organisation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", AutoString(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "municipality",
                "corporation",
                "police",
                "care_provider",
                name="organisation_kind",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=False,
        ),
        sa.Column("made_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_organisation"),
        sa.UniqueConstraint("name", name="uq_organisation_name"),
    )
    op.create_table(
        "person_home",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("address_key", AutoString(), nullable=False),
        sa.PrimaryKeyConstraint("person_id", name="pk_person_home"),
    )
    op.create_table(
        "provider_copy",
        sa.Column("sid", AutoString(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "sms", "call", name="provider_copy_kind", native_enum=False, create_constraint=True
            ),
            nullable=False,
        ),
        sa.Column("made_at", UTCDateTime(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_try_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("sid", name="pk_provider_copy"),
    )
    with op.batch_alter_table("provider_copy") as batch_op:
        batch_op.create_index("ix_provider_copy_next_try_at", ["next_try_at"], unique=False)

    op.create_table(
        "try_count",
        sa.Column("key", AutoString(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("forget_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_try_count"),
    )
    with op.batch_alter_table("try_count") as batch_op:
        batch_op.create_index("ix_try_count_forget_at", ["forget_at"], unique=False)

    op.create_table(
        "person",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("email", AutoString(), nullable=True),
        sa.Column("subject", AutoString(), nullable=True),
        sa.Column("duty_name", AutoString(), nullable=False),
        sa.Column("password_hash", AutoString(), nullable=True),
        sa.Column("totp_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("totp_counter", sa.Integer(), nullable=False),
        sa.Column("pin_hash", AutoString(), nullable=True),
        sa.Column("invited_at", UTCDateTime(), nullable=False),
        sa.Column("joined_at", UTCDateTime(), nullable=True),
        sa.Column("ended_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name="fk_person_organisation_id_organisation"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_person"),
    )
    with op.batch_alter_table("person") as batch_op:
        batch_op.create_index("ix_person_ended_at", ["ended_at"], unique=False)
        batch_op.create_index("ix_person_organisation_id", ["organisation_id"], unique=False)
        batch_op.create_index(
            "uq_person_live_email",
            ["email"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )
        batch_op.create_index(
            "uq_person_live_subject",
            ["subject"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )

    op.create_table(
        "assignment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "housing_consultant",
                "police_officer",
                "team_member",
                "care_worker",
                "debt_helper",
                "duty_contact",
                "allocator",
                "coordinator",
                "planner",
                "policy_officer",
                "back_office",
                "administrator",
                "auditor",
                "data_protection_officer",
                name="assignment_role",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=False,
        ),
        sa.Column("districts", AutoString(), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name="fk_assignment_person_id_person"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_assignment"),
        sa.UniqueConstraint("person_id", "role", name="uq_assignment_person_id_role"),
    )
    op.create_table(
        "device",
        sa.Column("token_hash", AutoString(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("seen_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_device_person_id_person"),
        sa.PrimaryKeyConstraint("token_hash", name="pk_device"),
    )
    with op.batch_alter_table("device") as batch_op:
        batch_op.create_index("ix_device_person_id", ["person_id"], unique=False)
        batch_op.create_index("ix_device_seen_at", ["seen_at"], unique=False)

    op.create_table(
        "invitation",
        sa.Column("token_hash", AutoString(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("expires_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name="fk_invitation_person_id_person"
        ),
        sa.PrimaryKeyConstraint("token_hash", name="pk_invitation"),
    )
    with op.batch_alter_table("invitation") as batch_op:
        batch_op.create_index("ix_invitation_expires_at", ["expires_at"], unique=False)
        batch_op.create_index("ix_invitation_person_id", ["person_id"], unique=False)

    op.create_table(
        "recovery_code",
        sa.Column("code_hash", AutoString(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name="fk_recovery_code_person_id_person"
        ),
        sa.PrimaryKeyConstraint("code_hash", name="pk_recovery_code"),
    )
    with op.batch_alter_table("recovery_code") as batch_op:
        batch_op.create_index("ix_recovery_code_person_id", ["person_id"], unique=False)

    op.create_table(
        "staff_session",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", AutoString(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column(
            "step",
            sa.Enum(
                "password",
                "second_factor",
                "role",
                "pin",
                "done",
                name="staff_session_step",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=False,
        ),
        sa.Column(
            "role",
            sa.Enum(
                "housing_consultant",
                "police_officer",
                "team_member",
                "care_worker",
                "debt_helper",
                "duty_contact",
                "allocator",
                "coordinator",
                "planner",
                "policy_officer",
                "back_office",
                "administrator",
                "auditor",
                "data_protection_officer",
                name="staff_session_role",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=True,
        ),
        sa.Column("device_hash", AutoString(), nullable=True),
        sa.Column("started_at", UTCDateTime(), nullable=False),
        sa.Column("last_seen_at", UTCDateTime(), nullable=False),
        sa.Column("pin_tries", sa.Integer(), nullable=False),
        sa.Column("pin_given_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name="fk_staff_session_person_id_person"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_staff_session"),
        sa.UniqueConstraint("token_hash", name="uq_staff_session_token_hash"),
    )
    with op.batch_alter_table("staff_session") as batch_op:
        batch_op.create_index("ix_staff_session_person_id", ["person_id"], unique=False)
        batch_op.create_index("ix_staff_session_started_at", ["started_at"], unique=False)

    op.create_table(
        "neighbourhood_year",
        sa.Column("neighbourhood_code", AutoString(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "nuisance",
                "concern",
                "arrears",
                name="year_kind",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=False,
        ),
        sa.Column("category", AutoString(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("voices", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(
            ["neighbourhood_code"],
            ["neighbourhood.code"],
            name="fk_neighbourhood_year_neighbourhood_code_neighbourhood",
        ),
        sa.PrimaryKeyConstraint(
            "neighbourhood_code", "kind", "category", "year", name="pk_neighbourhood_year"
        ),
    )
    op.create_table(
        "report_addition",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.Column("added_at", UTCDateTime(), nullable=False),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["report_id"],
            ["report.id"],
            name="fk_report_addition_report_id_report",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_report_addition"),
    )
    with op.batch_alter_table("report_addition") as batch_op:
        batch_op.create_index("ix_report_addition_report_id", ["report_id"], unique=False)

    with op.batch_alter_table("receipt_try") as batch_op:
        batch_op.drop_index("ix_receipt_try_last_counted_at")

    op.drop_table("receipt_try")
    with op.batch_alter_table("conversation") as batch_op:
        batch_op.create_index("ix_conversation_report_id", ["report_id"], unique=False)

    with op.batch_alter_table("data_key") as batch_op:
        batch_op.add_column(sa.Column("key_group_id", sa.Uuid(), nullable=True))
        batch_op.create_index("ix_data_key_key_group_id", ["key_group_id"], unique=False)
        batch_op.create_foreign_key(
            "fk_data_key_key_group_id_key_group", "key_group", ["key_group_id"], ["id"]
        )

    with op.batch_alter_table("inbound_text") as batch_op:
        batch_op.create_index("ix_inbound_text_received_at", ["received_at"], unique=False)

    with op.batch_alter_table("night_call_step") as batch_op:
        batch_op.create_index("ix_night_call_step_at", ["at"], unique=False)
        batch_op.create_index("ix_night_call_step_case_id", ["case_id"], unique=False)

    with op.batch_alter_table("night_case") as batch_op:
        batch_op.add_column(sa.Column("district", AutoString(), nullable=True))
        batch_op.create_index(
            "ix_night_case_closed",
            ["closed_at"],
            unique=False,
            sqlite_where=sa.text("closed_at IS NOT NULL"),
            postgresql_where=sa.text("closed_at IS NOT NULL"),
        )

    with op.batch_alter_table("night_reply_code") as batch_op:
        batch_op.create_index("ix_night_reply_code_case_id", ["case_id"], unique=False)

    with op.batch_alter_table("outbox") as batch_op:
        batch_op.add_column(sa.Column("sealed", sa.LargeBinary(), nullable=True))
        batch_op.add_column(sa.Column("number_sign", AutoString(), nullable=True))
        batch_op.create_index("ix_outbox_number_sign", ["number_sign"], unique=False)

    with op.batch_alter_table("report") as batch_op:
        batch_op.add_column(sa.Column("closed_at", UTCDateTime(), nullable=True))
        batch_op.create_index("ix_report_block_id_week", ["block_id", "week"], unique=False)

    with op.batch_alter_table("sealed_report") as batch_op:
        batch_op.alter_column("text", existing_type=sa.LargeBinary(), nullable=True)
    # What ended before this version ended when it last changed.
    op.execute("UPDATE report SET closed_at = changed_at WHERE status IN ('done', 'closed')")
    # An older night case knows its neighbourhood by name only.
    op.execute(
        "UPDATE night_case SET district = (SELECT MIN(district_code) FROM neighbourhood"
        " WHERE neighbourhood.name = night_case.neighbourhood"
        " GROUP BY neighbourhood.name HAVING COUNT(*) = 1)"
    )
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in SQLITE_GUARDS if is_sqlite else POSTGRESQL_GUARDS:
        op.execute(statement)


def downgrade() -> None:
    """Keys that hang on a group are lost to the older version, and with them what they sealed."""
    op.execute("UPDATE sealed_report SET text = '' WHERE text IS NULL")
    with op.batch_alter_table("sealed_report") as batch_op:
        batch_op.alter_column("text", existing_type=sa.LargeBinary(), nullable=False)
    with op.batch_alter_table("report") as batch_op:
        batch_op.drop_index("ix_report_block_id_week")
        batch_op.drop_column("closed_at")
    with op.batch_alter_table("outbox") as batch_op:
        batch_op.drop_index("ix_outbox_number_sign")
        batch_op.drop_column("number_sign")
        batch_op.drop_column("sealed")
    op.drop_index("ix_night_reply_code_case_id", table_name="night_reply_code")
    with op.batch_alter_table("night_case") as batch_op:
        batch_op.drop_index("ix_night_case_closed")
        batch_op.drop_column("district")
    op.drop_index("ix_night_call_step_case_id", table_name="night_call_step")
    op.drop_index("ix_night_call_step_at", table_name="night_call_step")
    op.drop_index("ix_inbound_text_received_at", table_name="inbound_text")
    with op.batch_alter_table("data_key") as batch_op:
        batch_op.drop_constraint("fk_data_key_key_group_id_key_group", type_="foreignkey")
        batch_op.drop_index("ix_data_key_key_group_id")
        batch_op.drop_column("key_group_id")
    op.drop_index("ix_conversation_report_id", table_name="conversation")
    op.create_table(
        "receipt_try",
        sa.Column("public_key", AutoString(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("last_counted_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("public_key", name="pk_receipt_try"),
    )
    op.create_index("ix_receipt_try_last_counted_at", "receipt_try", ["last_counted_at"])
    for table in (
        "report_addition",
        "neighbourhood_year",
        "staff_session",
        "recovery_code",
        "invitation",
        "device",
        "assignment",
        "person",
        "try_count",
        "provider_copy",
        "person_home",
        "organisation",
        "key_group",
        "inquiry",
        "household_request",
        "ended_count",
        "audit_head",
        "audit_entry",
        "audit_checkpoint",
        "answered_count",
    ):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION IF EXISTS audit_entry_guard()")
        op.execute("DROP FUNCTION IF EXISTS audit_checkpoint_guard()")
