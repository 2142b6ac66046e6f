"""What sealing costs: per report, and when all keys are changed.

Three figures from one run. Sealing text, contact and place of a report with a key of its own, next
to the same three fields encrypted with one key for all (the least that sealing can cost). A change
of key groups for many data keys, and of the master key. On SQLite in a fresh folder.

    python bench/bench_sealing.py            # 100,000 data keys
    python bench/bench_sealing.py 10000
"""

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, process_time

from pydantic import SecretStr
from sqlalchemy import insert
from sqlmodel import Session, SQLModel
from uuid_utils.compat import uuid7

from signaal import wiring
from signaal.privacy.actions import (
    destroy_key,
    find_key,
    new_key,
    rotate_groups,
    rotate_master_key,
)
from signaal.privacy.actions.keys import active_group, unwrap_group, wrap
from signaal.privacy.actions.sealing import DataKey, encrypt, new_secret
from signaal.privacy.masks import mask
from signaal.privacy.model import KeyPurpose
from signaal.privacy.store import DataKeyRow
from signaal.services import Services
from signaal.settings import Settings

TEXT = "Al drie nachten harde muziek en geschreeuw op de galerij, vooral na twaalven. " * 4
CONTACT = "+31612345678"
PLACE = '{"street": "Dorpsstraat", "number": 14, "postcode": "8021AC"}'
REPORTS = 2000
MICRO = 1e6


def microseconds(times: int, work: Callable[[], object]) -> float:
    """How long the processor works on one turn of this, on average."""
    began = process_time()
    for _ in range(times):
        work()
    return (process_time() - began) / times * MICRO


def per_report(services: Services, session: Session) -> None:
    """Prints what one report costs, in one transaction: the commit is the same without seals."""
    master_key = services.settings.master_key
    last = DataKey(uuid7(), new_secret())

    def seal() -> None:
        nonlocal last
        last = new_key(session, key_id=uuid7(), master_key=master_key)
        for words in (TEXT, CONTACT, PLACE):
            last.seal(words)
        session.flush()

    bare = microseconds(
        REPORTS, lambda: [encrypt(last.secret, t.encode()) for t in (TEXT, CONTACT, PLACE)]
    )
    sealing = microseconds(REPORTS, seal)
    finding = microseconds(
        REPORTS, lambda: find_key(session, key_id=last.id, master_key=master_key)
    )
    masking = microseconds(REPORTS, lambda: mask(TEXT + CONTACT))
    destroying = microseconds(REPORTS, lambda: destroy_key(session, uuid7()))
    print(f"three fields with one key for all   {bare:8.0f} µs")
    print(f"the same with a key of their own    {sealing:8.0f} µs   {sealing / bare:.0f} x")
    print(f"finding a key again                 {finding:8.0f} µs")
    print(f"destroying one                      {destroying:8.0f} µs")
    print(f"masking {len(TEXT + CONTACT)} signs of text           {masking:8.0f} µs")


def fill(services: Services, count: int) -> None:
    """Keeps so many data keys."""
    master_key = services.settings.master_key
    with services.database.session() as session, session.begin():
        group = active_group(session, purpose=KeyPurpose.REPORTS, master_key=master_key)
        secret = unwrap_group(group, master_key)
        keys = [DataKey(uuid7(), new_secret()) for _ in range(count)]
        session.connection().execute(
            insert(DataKeyRow),
            [
                {"id": key.id, "wrapped": wrap(key, secret), "key_group_id": group.id}
                for key in keys
            ],
        )


def main(count: int) -> None:
    """Prints all figures."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder), master_key=SecretStr("m" * 40))
        wiring.import_stores()
        services = wiring.build(settings).services
        SQLModel.metadata.create_all(services.database.engine)
        with services.database.session() as session, session.begin():
            per_report(services, session)
        fill(services, count)
        began = perf_counter()
        done = rotate_groups(services)
        groups = perf_counter() - began
        began = perf_counter()
        rotate_master_key(services, new_master_key=SecretStr("n" * 40))
        master = perf_counter() - began
        each = groups / done.rewrapped * MICRO
        print(
            f"other key groups, {done.rewrapped:,} data keys   {groups:8.1f} s   {each:.0f} µs each"
        )
        print(f"another master key                  {master * 1000:8.1f} ms")
        services.database.close()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
