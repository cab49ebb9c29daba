import django.contrib.postgres.indexes
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations


class Migration(migrations.Migration):

    # Built while events go on arriving.
    atomic = False

    dependencies = [
        ('tracking', '0007_visitor_marks'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='event',
            index=django.contrib.postgres.indexes.BrinIndex(fields=['received_at'], name='event_received', pages_per_range=32),
        ),
    ]
