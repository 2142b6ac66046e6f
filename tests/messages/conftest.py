import pytest

from signaal.policies import Policies
from signaal.services import Services
from signaal.settings import Settings
from tests.fakes import TrustingCheck


@pytest.fixture
def services(database, clock, phone, tmp_path) -> Services:
    """The outbox goes by no policy: it must work when those are still to be written."""
    return Services(
        settings=Settings(data_dir=tmp_path, database_url=database.url),
        database=database,
        clock=clock,
        line_clock=clock,
        policies=Policies({}),
        carrier=phone,
        signatures=TrustingCheck(),
    )
