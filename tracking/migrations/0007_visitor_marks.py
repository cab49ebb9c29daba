import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('tracking', '0006_names_and_keys'),
    ]

    operations = [
        migrations.CreateModel(
            name='LookedAt',
            fields=[
                ('job', models.CharField(max_length=40, primary_key=True, serialize=False)),
                ('until', models.DateTimeField()),
            ],
            options={
                'db_table': 'tracking_looked_at',
            },
        ),
        migrations.CreateModel(
            name='VisitorMark',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('visitor_id', models.CharField(help_text='The id of the visitor, as the live page shows it.', max_length=200, verbose_name='visitor')),
                ('mark', models.CharField(choices=[('bot', 'A robot: do not count'), ('internal', 'One of our own people: do not count'), ('test', 'A test: do not count'), ('counted', 'A real visitor: count')], default='bot', max_length=8, verbose_name='decision')),
                ('reason', models.CharField(help_text='For your colleagues: what made you decide so. No personal data, please.', max_length=200, verbose_name='why')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='since')),
                ('made_by', models.CharField(blank=True, editable=False, max_length=150, verbose_name='by')),
                ('lifted_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='until')),
                ('project', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tracking.project', verbose_name='project')),
            ],
            options={
                'verbose_name': 'marked visitor',
                'verbose_name_plural': 'marked visitors',
                'db_table': 'tracking_visitor_mark',
                'ordering': ['-id'],
                'indexes': [models.Index(fields=['project', 'visitor_id'], name='mark_of_visitor')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('lifted_at', None)), fields=('project', 'visitor_id'), name='one_mark_at_a_time')],
            },
        ),
    ]
