import pytest
from django.core.management import call_command
from tests.population import Crowd, send

pytestmark = pytest.mark.django_db(transaction=True)

@pytest.mark.parametrize("seed", range(1, 5))
def test_rollups_rebuild_and_sql_agree_on_any_crowd(seed, capsys):
    crowd = Crowd(seed)
    third = len(crowd.sent) // 3
    send(crowd.project, crowd.sent[:third])
    crowd.stop_the_mail()
    send(crowd.project, crowd.sent[third:])
    crowd.ask_one_more()

    call_command("verify")
    print(capsys.readouterr().out)
