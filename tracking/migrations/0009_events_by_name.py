from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    # Built while events go on arriving; the old index goes last.
    atomic = False

    dependencies = [
        ('tracking', '0008_events_by_arrival'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='event',
            index=models.Index(fields=['project', 'visitor_id', 'occurred_at', 'name'], name='event_of_visitor_by_name'),
        ),
        AddIndexConcurrently(
            model_name='event',
            index=models.Index(condition=models.Q(('user_id', ''), _negated=True), fields=['project', 'visitor_id', 'user_id'], name='user_of_visitor'),
        ),
        RemoveIndexConcurrently(
            model_name='event',
            name='event_of_visitor',
        ),
    ]
