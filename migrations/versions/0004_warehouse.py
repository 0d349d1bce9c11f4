"""warehouse: bins, temperatures, controlled register, holds, count sheets, photos, kits, recalls followed

Revision ID: 0004
Revises: 0003
Create Date: 2026-11-25 06:45:00

"""

from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


WORDS = {
    ("alert", "kind"): (
        [
            "stock_out",
            "emergency",
            "reorder",
            "overstock",
            "expiring",
            "expired",
            "expiry_risk",
            "shipment_late",
        ]
        + ["discrepancy", "authorisation_expiring", "recall", "needs_attention"],
        ["temperature"],
    ),
    ("location", "kind"): (
        ["stock", "quarantine", "refused", "in_transit", "donor", "supplier", "patients", "disposed", "lost"]
        + ["found", "missing", "partner"],
        ["kitted"],
    ),
    ("posting", "kind"): (
        ["receipt", "consumption", "adjustment", "disposal", "count", "zone_move", "dispatch"]
        + ["shipment_receipt", "found", "write_off"],
        ["kit_assembly", "kit_disassembly"],
    ),
    ("stock_event", "kind"): (
        ["consumption", "adjustment", "disposal", "count", "zone_move"],
        ["kit_assembly", "kit_disassembly"],
    ),
}
"""(table, column) -> the words it had, and those that are new."""


def set_words(table, column, words):
    """Keep a column to these words. A posting's `reversal` stands last."""
    words = [*words, "reversal"] if table == "posting" else words
    listed = ", ".join(f"'{word}'" for word in words)
    with op.batch_alter_table(table, schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f(f"ck_{table}_{column}_word"), type_="check")
        batch_op.create_check_constraint(batch_op.f(f"ck_{table}_{column}_word"), f"{column} IN ({listed})")


def upgrade():
    for (table, column), (old, new) in WORDS.items():
        set_words(table, column, old + new)
    op.create_table(
        "count_interval",
        sa.Column("group", sa.String(length=16), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.CheckConstraint("days >= 0", name=op.f("ck_count_interval_days_not_negative")),
        sa.PrimaryKeyConstraint("group", name=op.f("pk_count_interval")),
    )
    op.create_table(
        "bin",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("site_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("zone", sa.String(length=32), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=True),
        sa.Column("temperature", sa.String(length=32), nullable=False),
        sa.Column("frost_free", sa.Boolean(), nullable=False),
        sa.Column("locked", sa.Boolean(), nullable=False),
        sa.Column("for_dangerous", sa.Boolean(), nullable=False),
        sa.Column("volume_m3", sa.BigInteger(), nullable=True),
        sa.Column("weight_kg", sa.BigInteger(), nullable=True),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "temperature IN ('ambient', 'cool', 'cold_chain', 'frozen')", name=op.f("ck_bin_temperature_word")
        ),
        sa.CheckConstraint("zone IN ('stock', 'quarantine', 'refused')", name=op.f("ck_bin_zone_word")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_bin_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bin")),
        sa.UniqueConstraint("site_id", "code", name="uq_bin_site_code"),
    )
    with op.batch_alter_table("bin", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_bin_site_id"), ["site_id"], unique=False)

    op.create_table(
        "attachment",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("document", sa.String(length=24), nullable=False),
        sa.Column("line", sa.Integer(), nullable=True),
        sa.Column("site_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("media_type", sa.String(length=200), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("caption", sa.Text(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved_by", sa.String(length=200), nullable=True),
        sa.Column("by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('photo', 'paper')", name=op.f("ck_attachment_kind_word")),
        sa.ForeignKeyConstraint(["by_id"], ["account.id"], name=op.f("fk_attachment_by_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_attachment_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachment")),
        sa.UniqueConstraint("key", name=op.f("uq_attachment_key")),
    )
    with op.batch_alter_table("attachment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_attachment_by_id"), ["by_id"], unique=False)
        batch_op.create_index("ix_attachment_document", ["document", "line"], unique=False)
        batch_op.create_index(batch_op.f("ix_attachment_site_id"), ["site_id"], unique=False)

    op.create_table(
        "count_sheet",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.String(length=24), nullable=False),
        sa.Column("site_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("zone", sa.String(length=32), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("blind", sa.Boolean(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("opened_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("opened_by", sa.String(length=200), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("closed_by", sa.String(length=200), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("alone_reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "reason IN ('by_hand', 'cycle', 'full', 'suspicion')", name=op.f("ck_count_sheet_reason_word")
        ),
        sa.CheckConstraint(
            "status IN ('open', 'recount', 'submitted', 'final', 'cancelled')",
            name=op.f("ck_count_sheet_status_word"),
        ),
        sa.CheckConstraint(
            "zone IN ('stock', 'quarantine', 'refused')", name=op.f("ck_count_sheet_zone_word")
        ),
        sa.ForeignKeyConstraint(["closed_by_id"], ["account.id"], name=op.f("fk_count_sheet_closed_by_id")),
        sa.ForeignKeyConstraint(["opened_by_id"], ["account.id"], name=op.f("fk_count_sheet_opened_by_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_count_sheet_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_count_sheet")),
        sa.UniqueConstraint("number", name=op.f("uq_count_sheet_number")),
    )
    with op.batch_alter_table("count_sheet", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_count_sheet_site_id"), ["site_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_count_sheet_status"), ["status"], unique=False)

    op.create_table(
        "attachment_content",
        sa.Column(
            "attachment_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["attachment_id"], ["attachment.id"], name=op.f("fk_attachment_content_attachment_id")
        ),
        sa.PrimaryKeyConstraint("attachment_id", name=op.f("pk_attachment_content")),
    )
    op.create_table(
        "permit",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("number", sa.String(length=200), nullable=False),
        sa.Column("authority", sa.String(length=200), nullable=True),
        sa.Column("importer", sa.String(length=200), nullable=True),
        sa.Column("exporter", sa.String(length=200), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("site_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("shipment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("cites", sa.String(length=200), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('import', 'export', 'model_form', 'licence')", name=op.f("ck_permit_kind_word")
        ),
        sa.CheckConstraint("valid_until >= valid_from", name=op.f("ck_permit_ends_after_it_begins")),
        sa.ForeignKeyConstraint(["by_id"], ["account.id"], name=op.f("fk_permit_by_id")),
        sa.ForeignKeyConstraint(["shipment_id"], ["shipment.id"], name=op.f("fk_permit_shipment_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_permit_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_permit")),
        sa.UniqueConstraint("kind", "number", name="uq_permit_kind_number"),
    )
    with op.batch_alter_table("permit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_permit_by_id"), ["by_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_permit_shipment_id"), ["shipment_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_permit_site_id"), ["site_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_permit_valid_until"), ["valid_until"], unique=False)

    op.create_table(
        "recall_notice",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("recall_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("site_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("shipment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("dispensed", sa.BigInteger(), nullable=False),
        sa.Column("reply", sa.String(length=32), nullable=False),
        sa.Column("person", sa.String(length=200), nullable=True),
        sa.Column("found", sa.BigInteger(), nullable=True),
        sa.Column("returned", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("informed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("informed_by", sa.String(length=200), nullable=True),
        sa.Column("informed_how", sa.String(length=32), nullable=True),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.String(length=200), nullable=True),
        sa.CheckConstraint(
            "reply IN ('open', 'informed', 'blocked', 'returned', 'nothing_left')",
            name=op.f("ck_recall_notice_reply_word"),
        ),
        sa.CheckConstraint(
            "site_id IS NOT NULL OR shipment_id IS NOT NULL", name=op.f("ck_recall_notice_names_a_holder")
        ),
        sa.ForeignKeyConstraint(["recall_id"], ["recall.id"], name=op.f("fk_recall_notice_recall_id")),
        sa.ForeignKeyConstraint(["shipment_id"], ["shipment.id"], name=op.f("fk_recall_notice_shipment_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_recall_notice_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recall_notice")),
        sa.UniqueConstraint("recall_id", "site_id", "shipment_id", name="uq_recall_notice_holder"),
    )
    with op.batch_alter_table("recall_notice", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_recall_notice_recall_id"), ["recall_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_recall_notice_shipment_id"), ["shipment_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_recall_notice_site_id"), ["site_id"], unique=False)

    op.create_table(
        "temperature_logger",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=True),
        sa.Column("site_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("bin_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("shipment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("temperature", sa.String(length=32), nullable=False),
        sa.Column("holds_freeze_sensitive", sa.Boolean(), nullable=False),
        sa.Column("low", sa.BigInteger(), nullable=True),
        sa.Column("high", sa.BigInteger(), nullable=True),
        sa.Column("calibrated_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retired", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "temperature IN ('ambient', 'cool', 'cold_chain', 'frozen')",
            name=op.f("ck_temperature_logger_temperature_word"),
        ),
        sa.CheckConstraint(
            "site_id IS NOT NULL OR shipment_id IS NOT NULL", name=op.f("ck_temperature_logger_is_somewhere")
        ),
        sa.ForeignKeyConstraint(["bin_id"], ["bin.id"], name=op.f("fk_temperature_logger_bin_id")),
        sa.ForeignKeyConstraint(
            ["shipment_id"], ["shipment.id"], name=op.f("fk_temperature_logger_shipment_id")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_temperature_logger_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_temperature_logger")),
        sa.UniqueConstraint("code", name=op.f("uq_temperature_logger_code")),
    )
    with op.batch_alter_table("temperature_logger", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_temperature_logger_bin_id"), ["bin_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_temperature_logger_shipment_id"), ["shipment_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_temperature_logger_site_id"), ["site_id"], unique=False)

    op.create_table(
        "controlled_signature",
        sa.Column(
            "posting_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["account.id"], name=op.f("fk_controlled_signature_by_id")),
        sa.ForeignKeyConstraint(
            ["posting_id"], ["posting.id"], name=op.f("fk_controlled_signature_posting_id")
        ),
        sa.PrimaryKeyConstraint("posting_id", name=op.f("pk_controlled_signature")),
    )
    op.create_table(
        "excursion",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("logger_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("site_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("bin_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("shipment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("limit", sa.BigInteger(), nullable=False),
        sa.Column("extreme", sa.BigInteger(), nullable=False),
        sa.Column("mkt", sa.BigInteger(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("readings", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(length=32), nullable=True),
        sa.Column("document", sa.String(length=24), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("decided_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("decided_by", sa.String(length=200), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('heat', 'cold', 'freezing')", name=op.f("ck_excursion_kind_word")),
        sa.CheckConstraint("outcome IN ('harmless', 'quarantined')", name=op.f("ck_excursion_outcome_word")),
        sa.CheckConstraint(
            "(outcome IS NULL) = (decided_at IS NULL)", name=op.f("ck_excursion_decided_with_outcome")
        ),
        sa.CheckConstraint("ended_at >= started_at", name=op.f("ck_excursion_ends_after_it_begins")),
        sa.ForeignKeyConstraint(["bin_id"], ["bin.id"], name=op.f("fk_excursion_bin_id")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["account.id"], name=op.f("fk_excursion_decided_by_id")),
        sa.ForeignKeyConstraint(
            ["logger_id"], ["temperature_logger.id"], name=op.f("fk_excursion_logger_id")
        ),
        sa.ForeignKeyConstraint(["shipment_id"], ["shipment.id"], name=op.f("fk_excursion_shipment_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_excursion_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_excursion")),
        sa.UniqueConstraint("logger_id", "kind", "started_at", name="uq_excursion_logger_kind_started"),
    )
    with op.batch_alter_table("excursion", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_excursion_shipment_id"), ["shipment_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_excursion_site_id"), ["site_id"], unique=False)

    op.create_table(
        "permit_line",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("permit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_permit_line_quantity_positive")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_permit_line_item_id")),
        sa.ForeignKeyConstraint(["permit_id"], ["permit.id"], name=op.f("fk_permit_line_permit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_permit_line")),
        sa.UniqueConstraint("permit_id", "item_id", name="uq_permit_line_permit_item"),
    )
    with op.batch_alter_table("permit_line", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_permit_line_item_id"), ["item_id"], unique=False)

    op.create_table(
        "temperature_file",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("logger_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("readings", sa.Integer(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["account.id"], name=op.f("fk_temperature_file_by_id")),
        sa.ForeignKeyConstraint(
            ["logger_id"], ["temperature_logger.id"], name=op.f("fk_temperature_file_logger_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_temperature_file")),
        sa.UniqueConstraint("logger_id", "sha256", name="uq_temperature_file_logger_sha256"),
    )
    op.create_table(
        "temperature_reading",
        sa.Column(
            "logger_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("celsius", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["logger_id"], ["temperature_logger.id"], name=op.f("fk_temperature_reading_logger_id")
        ),
        sa.PrimaryKeyConstraint("logger_id", "at", name=op.f("pk_temperature_reading")),
    )
    op.create_table(
        "bin_move",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("lot_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("source_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("destination_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("posting_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("by", sa.String(length=200), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_bin_move_quantity_positive")),
        sa.CheckConstraint(
            "source_id IS NOT NULL OR destination_id IS NOT NULL", name=op.f("ck_bin_move_moves")
        ),
        sa.ForeignKeyConstraint(["by_id"], ["account.id"], name=op.f("fk_bin_move_by_id")),
        sa.ForeignKeyConstraint(["destination_id"], ["bin.id"], name=op.f("fk_bin_move_destination_id")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_bin_move_lot_id")),
        sa.ForeignKeyConstraint(["posting_id"], ["posting.id"], name=op.f("fk_bin_move_posting_id")),
        sa.ForeignKeyConstraint(["source_id"], ["bin.id"], name=op.f("fk_bin_move_source_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bin_move")),
    )
    with op.batch_alter_table("bin_move", schema=None) as batch_op:
        batch_op.create_index("ix_bin_move_destination_lot", ["destination_id", "lot_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_bin_move_lot_id"), ["lot_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_bin_move_posting_id"), ["posting_id"], unique=False)
        batch_op.create_index("ix_bin_move_source_lot", ["source_id", "lot_id"], unique=False)

    op.create_table(
        "bin_stock",
        sa.Column(
            "bin_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column(
            "lot_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("quantity >= 0", name=op.f("ck_bin_stock_quantity_not_negative")),
        sa.ForeignKeyConstraint(["bin_id"], ["bin.id"], name=op.f("fk_bin_stock_bin_id")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_bin_stock_lot_id")),
        sa.PrimaryKeyConstraint("bin_id", "lot_id", name=op.f("pk_bin_stock")),
    )
    with op.batch_alter_table("bin_stock", schema=None) as batch_op:
        batch_op.create_index("ix_bin_stock_lot", ["lot_id"], unique=False)

    op.create_table(
        "controlled_entry",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("site_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("posting_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("lot_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("change", sa.BigInteger(), nullable=False),
        sa.Column("balance", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("balance >= 0", name=op.f("ck_controlled_entry_balance_not_negative")),
        sa.CheckConstraint("change <> 0", name=op.f("ck_controlled_entry_changes")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_controlled_entry_item_id")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_controlled_entry_lot_id")),
        sa.ForeignKeyConstraint(["posting_id"], ["posting.id"], name=op.f("fk_controlled_entry_posting_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_controlled_entry_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_controlled_entry")),
        sa.UniqueConstraint("site_id", "item_id", "sequence", name="uq_controlled_entry_site_item_sequence"),
    )
    with op.batch_alter_table("controlled_entry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_controlled_entry_item_id"), ["item_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_controlled_entry_lot_id"), ["lot_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_controlled_entry_posting_id"), ["posting_id"], unique=False)

    op.create_table(
        "count_sheet_line",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("sheet_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("bin_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("lot_number", sa.String(length=200), nullable=False),
        sa.Column("lot_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("expected", sa.BigInteger(), nullable=True),
        sa.Column("counted", sa.BigInteger(), nullable=True),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("counted_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("counted_by", sa.String(length=200), nullable=True),
        sa.Column("recount_expected", sa.BigInteger(), nullable=True),
        sa.Column("recounted", sa.BigInteger(), nullable=True),
        sa.Column("recounted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("recounted_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("recounted_by", sa.String(length=200), nullable=True),
        sa.Column("recount", sa.Boolean(), nullable=False),
        sa.Column("skipped", sa.Boolean(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("event_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint("counted >= 0", name=op.f("ck_count_sheet_line_counted_not_negative")),
        sa.CheckConstraint("recounted >= 0", name=op.f("ck_count_sheet_line_recounted_not_negative")),
        sa.ForeignKeyConstraint(["bin_id"], ["bin.id"], name=op.f("fk_count_sheet_line_bin_id")),
        sa.ForeignKeyConstraint(
            ["counted_by_id"], ["account.id"], name=op.f("fk_count_sheet_line_counted_by_id")
        ),
        sa.ForeignKeyConstraint(["event_id"], ["stock_event.id"], name=op.f("fk_count_sheet_line_event_id")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_count_sheet_line_item_id")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_count_sheet_line_lot_id")),
        sa.ForeignKeyConstraint(
            ["recounted_by_id"], ["account.id"], name=op.f("fk_count_sheet_line_recounted_by_id")
        ),
        sa.ForeignKeyConstraint(["sheet_id"], ["count_sheet.id"], name=op.f("fk_count_sheet_line_sheet_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_count_sheet_line")),
    )
    with op.batch_alter_table("count_sheet_line", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_count_sheet_line_bin_id"), ["bin_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_count_sheet_line_event_id"), ["event_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_count_sheet_line_item_id"), ["item_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_count_sheet_line_lot_id"), ["lot_id"], unique=False)
        batch_op.create_index("ix_count_sheet_line_sheet", ["sheet_id", "id"], unique=False)

    op.create_table(
        "hold",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.String(length=24), nullable=False),
        sa.Column("site_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("lot_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("zone", sa.String(length=32), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("cause", sa.String(length=32), nullable=False),
        sa.Column("detail", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("document", sa.String(length=24), nullable=True),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("outcome", sa.String(length=32), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("proposed_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("proposed_by", sa.String(length=200), nullable=True),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("decided_by", sa.String(length=200), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("event_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("opened_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("opened_by", sa.String(length=200), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(status = 'decided') = (decided_at IS NOT NULL)", name=op.f("ck_hold_decided_with_time")
        ),
        sa.CheckConstraint(
            "outcome IN ('release', 'accept', 'refuse', 'return', 'destroy', 'gone')",
            name=op.f("ck_hold_outcome_word"),
        ),
        sa.CheckConstraint("status IN ('open', 'proposed', 'decided')", name=op.f("ck_hold_status_word")),
        sa.CheckConstraint("zone IN ('stock', 'quarantine', 'refused')", name=op.f("ck_hold_zone_word")),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_hold_quantity_positive")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["account.id"], name=op.f("fk_hold_decided_by_id")),
        sa.ForeignKeyConstraint(["event_id"], ["stock_event.id"], name=op.f("fk_hold_event_id")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_hold_item_id")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_hold_lot_id")),
        sa.ForeignKeyConstraint(["opened_by_id"], ["account.id"], name=op.f("fk_hold_opened_by_id")),
        sa.ForeignKeyConstraint(["proposed_by_id"], ["account.id"], name=op.f("fk_hold_proposed_by_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_hold_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hold")),
        sa.UniqueConstraint("number", name=op.f("uq_hold_number")),
    )
    with op.batch_alter_table("hold", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_hold_document"), ["document"], unique=False)
        batch_op.create_index(batch_op.f("ix_hold_event_id"), ["event_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_hold_item_id"), ["item_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_hold_lot_id"), ["lot_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_hold_site_id"), ["site_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_hold_status"), ["status"], unique=False)

    op.create_table(
        "kit_content",
        sa.Column(
            "kit_lot_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column(
            "lot_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_kit_content_quantity_positive")),
        sa.ForeignKeyConstraint(["kit_lot_id"], ["lot.id"], name=op.f("fk_kit_content_kit_lot_id")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_kit_content_lot_id")),
        sa.PrimaryKeyConstraint("kit_lot_id", "lot_id", name=op.f("pk_kit_content")),
    )
    with op.batch_alter_table("kit_content", schema=None) as batch_op:
        batch_op.create_index("ix_kit_content_lot", ["lot_id"], unique=False)

    with op.batch_alter_table("posting", schema=None) as batch_op:
        batch_op.add_column(sa.Column("witness", sa.String(length=200), nullable=True))

    with op.batch_alter_table("recall", schema=None) as batch_op:
        batch_op.add_column(sa.Column("drill", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column("source", sa.String(length=200), nullable=True))
        batch_op.add_column(sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("closed_by", sa.String(length=200), nullable=True))
        batch_op.add_column(sa.Column("close_reason", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("withdrawal", sa.Text(), nullable=True))
        batch_op.add_column(
            sa.Column("withdrawal_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
        )
        batch_op.add_column(sa.Column("withdrawal_by", sa.String(length=200), nullable=True))
        batch_op.add_column(sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("withdrawn_by", sa.String(length=200), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_recall_withdrawal_by_id"), "account", ["withdrawal_by_id"], ["id"]
        )
        batch_op.drop_constraint(batch_op.f("uq_recall_item_lot"), type_="unique")
        batch_op.create_index(
            "uq_recall_item_lot",
            ["item_id", "lot_number"],
            unique=True,
            sqlite_where=sa.text("NOT drill AND withdrawn_at IS NULL"),
            postgresql_where=sa.text("NOT drill AND withdrawn_at IS NULL"),
        )
        batch_op.alter_column("drill", server_default=None)

    with op.batch_alter_table("count_line", schema=None) as batch_op:
        batch_op.add_column(sa.Column("zone", sa.String(length=32), nullable=False, server_default="stock"))
        batch_op.add_column(sa.Column("counted_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("partial", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.create_check_constraint(
            batch_op.f("ck_count_line_zone_word"), "zone IN ('stock', 'quarantine', 'refused')"
        )
    with op.batch_alter_table("count_line", schema=None) as batch_op:
        batch_op.alter_column("zone", server_default=None)
        batch_op.alter_column("partial", server_default=None)

    with op.batch_alter_table("receipt", schema=None) as batch_op:
        batch_op.add_column(sa.Column("announced_on", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("vehicle", sa.String(length=200), nullable=True))
        batch_op.add_column(sa.Column("seal_declared", sa.String(length=200), nullable=True))
        batch_op.add_column(sa.Column("seal_found", sa.String(length=200), nullable=True))
        batch_op.add_column(sa.Column("seal_intact", sa.Boolean(), nullable=True))
        batch_op.add_column(sa.Column("logger", sa.String(length=200), nullable=True))
        batch_op.add_column(sa.Column("logger_low", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("logger_high", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("logger_alarm", sa.Boolean(), nullable=True))
        batch_op.add_column(sa.Column("costs_paid_by", sa.String(length=200), nullable=True))
        batch_op.add_column(sa.Column("not_found", sa.JSON(none_as_null=True), nullable=True))

    with op.batch_alter_table("receipt_line", schema=None) as batch_op:
        batch_op.add_column(sa.Column("declared_weight_kg", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("brand", sa.String(length=200), nullable=True))
        batch_op.add_column(sa.Column("presentation", sa.String(length=200), nullable=True))
        batch_op.add_column(sa.Column("pack_quantity", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("condition", sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column("storage", sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column("label_missing", sa.JSON(none_as_null=True), nullable=True))
        batch_op.add_column(sa.Column("value_source", sa.String(length=200), nullable=True))
        batch_op.add_column(sa.Column("on_list", sa.Boolean(), nullable=True))
        batch_op.add_column(sa.Column("registered", sa.Boolean(), nullable=True))
        batch_op.add_column(sa.Column("quality_seen", sa.Boolean(), nullable=True))

    with op.batch_alter_table("stock_event", schema=None) as batch_op:
        batch_op.add_column(sa.Column("place", sa.String(length=200), nullable=True))
        batch_op.add_column(sa.Column("authority", sa.String(length=200), nullable=True))

    with op.batch_alter_table("alert_rule", schema=None) as batch_op:
        batch_op.add_column(sa.Column("silent_days", sa.Integer(), nullable=True))


def downgrade():
    """Kits that were assembled cannot be told in the old words: they must be taken back first."""
    op.execute(
        "DELETE FROM alert WHERE kind = 'temperature' OR previous_id IN (SELECT id FROM alert WHERE kind = 'temperature')"
    )
    for (table, column), (old, new) in WORDS.items():
        listed = ", ".join(f"'{word}'" for word in new)
        left = op.get_bind().scalar(sa.text(f"SELECT count(*) FROM {table} WHERE {column} IN ({listed})"))
        if left and table != "location":
            raise RuntimeError(f"{left} rows of {table} say {listed}, which the older version does not know")
    op.execute("DELETE FROM balance WHERE location_id IN (SELECT id FROM location WHERE kind = 'kitted')")
    op.execute("DELETE FROM location WHERE kind = 'kitted'")
    op.execute("DELETE FROM recall_notice")
    op.execute("DELETE FROM recall WHERE drill OR withdrawn_at IS NOT NULL")
    for (table, column), (old, _) in WORDS.items():
        set_words(table, column, old)
    with op.batch_alter_table("alert_rule", schema=None) as batch_op:
        batch_op.drop_column("silent_days")

    with op.batch_alter_table("stock_event", schema=None) as batch_op:
        batch_op.drop_column("authority")
        batch_op.drop_column("place")

    with op.batch_alter_table("receipt_line", schema=None) as batch_op:
        batch_op.drop_column("quality_seen")
        batch_op.drop_column("registered")
        batch_op.drop_column("on_list")
        batch_op.drop_column("value_source")
        batch_op.drop_column("label_missing")
        batch_op.drop_column("storage")
        batch_op.drop_column("condition")
        batch_op.drop_column("pack_quantity")
        batch_op.drop_column("presentation")
        batch_op.drop_column("brand")
        batch_op.drop_column("declared_weight_kg")

    with op.batch_alter_table("receipt", schema=None) as batch_op:
        batch_op.drop_column("not_found")
        batch_op.drop_column("costs_paid_by")
        batch_op.drop_column("logger_alarm")
        batch_op.drop_column("logger_high")
        batch_op.drop_column("logger_low")
        batch_op.drop_column("logger")
        batch_op.drop_column("seal_intact")
        batch_op.drop_column("seal_found")
        batch_op.drop_column("seal_declared")
        batch_op.drop_column("vehicle")
        batch_op.drop_column("announced_on")

    with op.batch_alter_table("count_line", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_count_line_zone_word"), type_="check")
        batch_op.drop_column("partial")
        batch_op.drop_column("counted_at")
        batch_op.drop_column("zone")

    with op.batch_alter_table("recall", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_recall_item_lot", sqlite_where=sa.text("NOT drill AND withdrawn_at IS NULL"), postgresql_where=sa.text("NOT drill AND withdrawn_at IS NULL")
        )
        batch_op.create_unique_constraint(batch_op.f("uq_recall_item_lot"), ["item_id", "lot_number"])
        batch_op.drop_constraint(batch_op.f("fk_recall_withdrawal_by_id"), type_="foreignkey")
        for column in ("withdrawn_by", "withdrawn_at", "withdrawal_by", "withdrawal_by_id", "withdrawal"):
            batch_op.drop_column(column)
        batch_op.drop_column("close_reason")
        batch_op.drop_column("closed_by")
        batch_op.drop_column("closed_at")
        batch_op.drop_column("source")
        batch_op.drop_column("drill")

    with op.batch_alter_table("posting", schema=None) as batch_op:
        batch_op.drop_column("witness")

    with op.batch_alter_table("kit_content", schema=None) as batch_op:
        batch_op.drop_index("ix_kit_content_lot")

    op.drop_table("kit_content")
    with op.batch_alter_table("hold", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_hold_status"))
        batch_op.drop_index(batch_op.f("ix_hold_site_id"))
        batch_op.drop_index(batch_op.f("ix_hold_lot_id"))
        batch_op.drop_index(batch_op.f("ix_hold_item_id"))
        batch_op.drop_index(batch_op.f("ix_hold_event_id"))
        batch_op.drop_index(batch_op.f("ix_hold_document"))

    op.drop_table("hold")
    with op.batch_alter_table("count_sheet_line", schema=None) as batch_op:
        batch_op.drop_index("ix_count_sheet_line_sheet")
        batch_op.drop_index(batch_op.f("ix_count_sheet_line_lot_id"))
        batch_op.drop_index(batch_op.f("ix_count_sheet_line_item_id"))
        batch_op.drop_index(batch_op.f("ix_count_sheet_line_event_id"))
        batch_op.drop_index(batch_op.f("ix_count_sheet_line_bin_id"))

    op.drop_table("count_sheet_line")
    with op.batch_alter_table("controlled_entry", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_controlled_entry_posting_id"))
        batch_op.drop_index(batch_op.f("ix_controlled_entry_lot_id"))
        batch_op.drop_index(batch_op.f("ix_controlled_entry_item_id"))

    op.drop_table("controlled_entry")
    with op.batch_alter_table("bin_stock", schema=None) as batch_op:
        batch_op.drop_index("ix_bin_stock_lot")

    op.drop_table("bin_stock")
    with op.batch_alter_table("bin_move", schema=None) as batch_op:
        batch_op.drop_index("ix_bin_move_source_lot")
        batch_op.drop_index(batch_op.f("ix_bin_move_posting_id"))
        batch_op.drop_index(batch_op.f("ix_bin_move_lot_id"))
        batch_op.drop_index("ix_bin_move_destination_lot")

    op.drop_table("bin_move")
    op.drop_table("temperature_reading")
    op.drop_table("temperature_file")
    with op.batch_alter_table("permit_line", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_permit_line_item_id"))

    op.drop_table("permit_line")
    with op.batch_alter_table("excursion", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_excursion_site_id"))
        batch_op.drop_index(batch_op.f("ix_excursion_shipment_id"))

    op.drop_table("excursion")
    op.drop_table("controlled_signature")
    with op.batch_alter_table("temperature_logger", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_temperature_logger_site_id"))
        batch_op.drop_index(batch_op.f("ix_temperature_logger_shipment_id"))
        batch_op.drop_index(batch_op.f("ix_temperature_logger_bin_id"))

    op.drop_table("temperature_logger")
    with op.batch_alter_table("recall_notice", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_recall_notice_site_id"))
        batch_op.drop_index(batch_op.f("ix_recall_notice_shipment_id"))
        batch_op.drop_index(batch_op.f("ix_recall_notice_recall_id"))

    op.drop_table("recall_notice")
    with op.batch_alter_table("permit", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_permit_valid_until"))
        batch_op.drop_index(batch_op.f("ix_permit_site_id"))
        batch_op.drop_index(batch_op.f("ix_permit_shipment_id"))
        batch_op.drop_index(batch_op.f("ix_permit_by_id"))

    op.drop_table("permit")
    op.drop_table("attachment_content")
    with op.batch_alter_table("count_sheet", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_count_sheet_status"))
        batch_op.drop_index(batch_op.f("ix_count_sheet_site_id"))

    op.drop_table("count_sheet")
    with op.batch_alter_table("attachment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_attachment_site_id"))
        batch_op.drop_index("ix_attachment_document")
        batch_op.drop_index(batch_op.f("ix_attachment_by_id"))

    op.drop_table("attachment")
    with op.batch_alter_table("bin", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_bin_site_id"))

    op.drop_table("bin")
    op.drop_table("count_interval")
