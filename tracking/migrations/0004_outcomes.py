import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('tracking', '0003_browser_client'),
    ]

    operations = [
        migrations.CreateModel(
            name='OutcomeDelta',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('hour', models.DateTimeField()),
                ('outcome', models.CharField(max_length=9)),
                ('reason', models.CharField(db_default='', default='', max_length=40)),
                ('count', models.IntegerField()),
                ('project', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tracking.project')),
            ],
            options={
                'db_table': 'tracking_outcome_delta',
                'indexes': [models.Index(fields=['project', 'hour'], name='delta_of_project')],
            },
        ),
        migrations.CreateModel(
            name='OutcomeCount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('hour', models.DateTimeField()),
                ('outcome', models.CharField(max_length=9)),
                ('reason', models.CharField(db_default='', default='', max_length=40)),
                ('count', models.BigIntegerField()),
                ('project', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tracking.project')),
            ],
            options={
                'db_table': 'tracking_outcome',
                'constraints': [models.UniqueConstraint(fields=('project', 'hour', 'outcome', 'reason'), name='outcome_once')],
            },
        ),
        migrations.CreateModel(
            name='RejectedEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('received_at', models.DateTimeField()),
                ('reason', models.CharField(max_length=40)),
                ('detail', models.CharField(db_default='', default='', max_length=200)),
                ('name', models.CharField(db_default='', default='', max_length=100)),
                ('visitor_id', models.CharField(db_default='', default='', max_length=200)),
                ('body', models.TextField(db_default='', default='')),
                ('project', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tracking.project')),
            ],
            options={
                'db_table': 'tracking_rejected',
                'indexes': [models.Index(fields=['project', 'received_at', 'id'], name='rejected_of_project'), models.Index(condition=models.Q(('visitor_id', ''), _negated=True), fields=['project', 'visitor_id'], name='rejected_of_visitor')],
            },
        ),
    ]
