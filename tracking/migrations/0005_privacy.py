import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('tracking', '0004_outcomes'),
    ]

    operations = [
        migrations.AddField(
            model_name='project',
            name='honours_dnt',
            field=models.BooleanField(db_default=False, default=False, help_text='Some browsers say “Do Not Track”. Global Privacy Control, which more and more laws back, is always heeded.', verbose_name='do not measure visitors who ask not to be tracked'),
        ),
        migrations.AddField(
            model_name='project',
            name='internal_addresses',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=50), blank=True, db_default=models.Value([], django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=50), size=None)), default=list, help_text='What is done from these internet addresses is kept but never counted: your office, your agency, your testing tools. One address, such as 203.0.113.7, or a range, such as 203.0.113.0/24.', size=None, verbose_name='addresses of your own people'),
        ),
        migrations.CreateModel(
            name='PrivacyReceipt',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('export', 'Copy of the data'), ('erasure', 'Erasure')], max_length=7, verbose_name='what was asked')),
                ('digest', models.CharField(max_length=64)),
                ('asked_by', models.CharField(blank=True, max_length=150, verbose_name='asked by')),
                ('requested_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name='asked')),
                ('done_at', models.DateTimeField(null=True, verbose_name='done')),
                ('pending', models.JSONField(default=dict)),
                ('counts', models.JSONField(default=dict, verbose_name='rows')),
                ('project', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tracking.project', verbose_name='project')),
            ],
            options={
                'verbose_name': 'receipt',
                'verbose_name_plural': 'receipts',
                'db_table': 'tracking_privacy_receipt',
                'ordering': ['-requested_at'],
            },
        ),
        migrations.CreateModel(
            name='Erased',
            fields=[
                ('pk', models.CompositePrimaryKey('project_id', 'digest', blank=True, editable=False, primary_key=True, serialize=False)),
                ('digest', models.CharField(max_length=64)),
                ('requested_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('project', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tracking.project')),
                ('receipt', models.ForeignKey(on_delete=django.db.models.deletion.RESTRICT, related_name='tombstones', to='tracking.privacyreceipt')),
            ],
            options={
                'db_table': 'tracking_erased',
            },
        ),
        migrations.AddIndex(
            model_name='privacyreceipt',
            index=models.Index(fields=['project', 'requested_at'], name='receipt_of_project'),
        ),
        migrations.AddConstraint(
            model_name='privacyreceipt',
            constraint=models.UniqueConstraint(condition=models.Q(('kind', 'erasure')), fields=('project', 'digest'), name='erasure_asked_once'),
        ),
    ]
