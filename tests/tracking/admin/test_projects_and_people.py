"""Projects and the people who may look."""

from django.contrib.auth.models import User
from django.urls import reverse

from tests.factories import make_key, make_project
from tests.rest import queries
from tracking.models import KeyKind, Project

ADD = reverse("admin:tracking_project_add")


def test_a_new_project_has_its_script_tag_at_once(admin):
    form = {
        "name": "My Shop",
        "timezone": "Europe/Kyiv",
        "currency": "eur",
        "requires_consent": "True",
        "_continue": "1",
    }

    answer = admin.post(ADD, form, follow=True)

    project = Project.objects.get()
    key = project.keys.get()
    assert (project.key, project.currency, key.kind) == ("my-shop", "EUR", KeyKind.CLIENT)
    assert f"data-key=&quot;{key.token}&quot;" in answer.content.decode()


def test_a_currency_has_three_letters(admin):
    answer = admin.post(ADD, {"name": "Shop", "timezone": "UTC", "currency": "e1"})

    assert answer.context["adminform"].form.errors["currency"] == [
        "Write a currency as three capital letters, such as EUR."
    ]


def test_a_project_cannot_be_thrown_away(admin, project):
    assert admin.get(reverse("admin:tracking_project_delete", args=[project.pk])).status_code == 403


def test_whether_visitors_are_asked_first_must_be_said_and_yes_is_offered(admin):
    assert admin.get(ADD).context["adminform"].form["requires_consent"].initial is True
    form = {"name": "Shop", "timezone": "UTC", "currency": "EUR"}

    admin.post(ADD, form)
    assert not Project.objects.exists()
    admin.post(ADD, {**form, "requires_consent": "False"})

    assert Project.objects.get().requires_consent is False


def test_the_key_of_a_project_stays(admin, project):
    address = reverse("admin:tracking_project_change", args=[project.pk])

    admin.post(address, {"name": "New", "key": "new", "timezone": "UTC", "currency": "USD", "requires_consent": "True"})

    project.refresh_from_db()
    assert (project.name, project.key) == ("New", "shop")


def test_people_are_made_with_a_password_of_their_own(admin):
    password = "correct horse battery"
    form = {"username": "ann", "password1": password, "password2": password, "usable_password": "true"}

    admin.post(reverse("admin:auth_user_add"), form)

    assert User.objects.get(username="ann").check_password(password)


def test_the_login_leads_to_the_overview(client, django_user_model):
    django_user_model.objects.create_superuser("mara", password="correct horse")

    answer = client.post(reverse("admin:login"), {"username": "mara", "password": "correct horse"})

    assert answer.url == reverse("admin:index")


def test_the_pages_of_projects_cost_few_queries(admin, project):
    for other in [make_project() for _ in range(5)]:
        make_key(other, "client")

    # session, user, the list and two counts of it
    with queries(6):
        assert admin.get(reverse("admin:tracking_project_changelist")).status_code == 200
    with queries(6):
        assert admin.get(reverse("admin:tracking_project_change", args=[project.pk])).status_code == 200
