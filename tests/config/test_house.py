"""The installation that flow tests use is a real one, and goes away."""

import urllib.request

from config.processes import wait_until
from tests.house import running_house
from tests.installation import processes_of


def test_a_house_runs_obeys_and_leaves_nothing() -> None:
    with running_house(start=("web", "worker"), environment={"LOG_LEVEL": "ERROR"}) as house:
        with urllib.request.urlopen(f"{house.base_url}/livez") as answer:
            assert answer.status == 200
        assert house.query("SELECT count(*) FROM auth_user WHERE username = %s", "admin") == [(1,)]
        assert "No migrations to apply" in house.manage("migrate")

        house.kill_worker()
        assert not any(" worker " in command for command in processes_of(house.data).values())
        house.start_worker()
        assert wait_until(lambda: any(" worker " in line for line in processes_of(house.data).values()), seconds=20)

    assert not processes_of(house.data)
