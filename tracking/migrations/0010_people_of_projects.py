from django.conf import settings
from django.db import migrations, models


def let_everybody_stay(apps, schema_editor):
    """Until now whoever could log in saw every project, and nobody loses that."""
    Project = apps.get_model("tracking", "Project")
    user_app, user_model = settings.AUTH_USER_MODEL.split(".")
    staff = apps.get_model(user_app, user_model).objects.filter(is_active=True, is_staff=True, is_superuser=False)
    people = list(staff.values_list("pk", flat=True))
    for project in Project.objects.only("pk"):
        project.people.add(*people)


class Migration(migrations.Migration):

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ('tracking', '0009_events_by_name'),
    ]

    operations = [
        migrations.AddField(
            model_name='project',
            name='people',
            field=models.ManyToManyField(blank=True, help_text='Who sees this project and works in it. What each of them may do is set with the person. Administrators see every project anyway.', related_name='projects', to=settings.AUTH_USER_MODEL, verbose_name='people'),
        ),
        # Nothing to take back: the table goes.
        migrations.RunPython(let_everybody_stay, migrations.RunPython.noop),
    ]
