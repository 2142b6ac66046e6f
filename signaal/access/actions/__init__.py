"""The verbs of accounts, of signing in and of the log of acts."""

from signaal.access.actions.audit import record
from signaal.access.actions.audit_chain import purge_log, seal_checkpoint, verify
from signaal.access.actions.audit_review import (
    agree_inquiry,
    ask_inquiry,
    entries,
    forget_home,
    has_home,
    may_open_on_question,
    open_inquiries,
    register_home,
    striking,
)
from signaal.access.actions.joining import accept, invited
from signaal.access.actions.people import (
    addressees,
    change_roles,
    create_organisation,
    end_person,
    invite,
    invite_first,
    organisations,
    people,
    person,
    reset_second_factor,
)
from signaal.access.actions.pins import give_pin, set_pin
from signaal.access.actions.purging import purge
from signaal.access.actions.second_factor import totp_address, totp_secret_for
from signaal.access.actions.sessions import (
    revoke,
    session_of,
    sign_out,
    start_demo_session,
    visitor_of,
)
from signaal.access.actions.signing_in import (
    begin_sign_in,
    choose_role,
    give_code,
    roles_of,
    sign_in_as,
)
from signaal.access.actions.tokens import key_of_tries
from signaal.access.actions.tries import count_try, forgive_tries

__all__ = [
    "accept",
    "addressees",
    "agree_inquiry",
    "ask_inquiry",
    "begin_sign_in",
    "change_roles",
    "choose_role",
    "count_try",
    "create_organisation",
    "end_person",
    "entries",
    "forget_home",
    "forgive_tries",
    "give_code",
    "give_pin",
    "has_home",
    "invite",
    "invite_first",
    "invited",
    "key_of_tries",
    "may_open_on_question",
    "open_inquiries",
    "organisations",
    "people",
    "person",
    "purge",
    "purge_log",
    "record",
    "register_home",
    "reset_second_factor",
    "revoke",
    "roles_of",
    "seal_checkpoint",
    "session_of",
    "set_pin",
    "sign_in_as",
    "sign_out",
    "start_demo_session",
    "striking",
    "totp_address",
    "totp_secret_for",
    "verify",
    "visitor_of",
]
