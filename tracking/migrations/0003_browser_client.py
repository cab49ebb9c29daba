import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('tracking', '0002_redirect_hosts'),
    ]

    operations = [
        migrations.AddField(
            model_name='project',
            name='form_analytics',
            field=models.BooleanField(db_default=False, default=False, help_text='Which fields people linger over, correct or leave. Never what they type.', verbose_name='look closely at forms'),
        ),
        migrations.AddField(
            model_name='project',
            name='requires_consent',
            field=models.BooleanField(db_default=False, default=True, help_text="Nothing is kept in a visitor's browser, and nothing told of a visitor, before they agreed.", verbose_name='ask for consent first'),
        ),
        migrations.CreateModel(
            name='PageInventory',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('path', models.CharField(max_length=300)),
                ('items', models.JSONField(default=list)),
                ('reports', models.PositiveIntegerField(db_default=0, default=0)),
                ('seen_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tracking.project')),
            ],
            options={
                'verbose_name': 'page',
                'verbose_name_plural': 'pages',
                'constraints': [models.UniqueConstraint(fields=('project', 'path'), name='page_once')],
            },
        ),
        migrations.CreateModel(
            name='Trigger',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(help_text='A short name for the API.', max_length=60, validators=[django.core.validators.RegexValidator('\\A[a-z0-9][a-z0-9._-]*\\Z', 'Use lower-case letters, digits, dots, dashes and underscores.')], verbose_name='key')),
                ('name', models.CharField(max_length=120, verbose_name='name')),
                ('kind', models.CharField(max_length=30, verbose_name='when')),
                ('event', models.CharField(blank=True, help_text='What is told when it happens. Empty: the usual name for this kind.', max_length=100, validators=[django.core.validators.RegexValidator('\\A[A-Za-z$][\\w.$: -]*\\Z', 'Begin with a letter; then letters, digits, spaces and . _ - : $ are fine.')], verbose_name='event')),
                ('params', models.JSONField(blank=True, default=dict, verbose_name='details')),
                ('conditions', models.JSONField(blank=True, default=list, verbose_name='only when')),
                ('properties', models.JSONField(blank=True, default=list, verbose_name='what is told with it')),
                ('is_on', models.BooleanField(default=True, verbose_name='in use')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='triggers', to='tracking.project', verbose_name='project')),
            ],
            options={
                'verbose_name': 'trigger',
                'verbose_name_plural': 'triggers',
                'ordering': ['name'],
                'constraints': [models.UniqueConstraint(fields=('project', 'key'), name='trigger_key_once', violation_error_message='This project already has a trigger with this key.')],
            },
        ),
        migrations.CreateModel(
            name='TriggerVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField(verbose_name='version')),
                ('body', models.JSONField(default=list)),
                ('note', models.CharField(blank=True, max_length=200, verbose_name='note')),
                ('author', models.CharField(blank=True, max_length=150, verbose_name='published by')),
                ('restored_from', models.PositiveIntegerField(blank=True, null=True)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name='published')),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='trigger_versions', to='tracking.project', verbose_name='project')),
            ],
            options={
                'verbose_name': 'published version',
                'verbose_name_plural': 'published versions',
                'ordering': ['project', '-number'],
                'constraints': [models.UniqueConstraint(fields=('project', 'number'), name='trigger_version_once')],
            },
        ),
    ]
