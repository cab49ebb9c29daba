import pytest
from django.core.management import call_command
from tests.population import Crowd, send

pytestmark = pytest.mark.django_db(transaction=True)

@pytest.mark.parametrize("seed", range(100, 125))
def test_x(seed, capsys):
    crowd = Crowd(seed, people=120)
    half = len(crowd.sent)//2
    send(crowd.project, crowd.sent[:half])
    from experiments.rollups import roll_up
    roll_up(seconds=20)
    crowd.stop_the_mail()
    send(crowd.project, crowd.sent[half:])
    crowd.ask_one_more()
    call_command("verify")
