import django.contrib.postgres.indexes
import django.db.models.deletion
import ehr.common.modelfields
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='CodeSystem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.SlugField(max_length=40, unique=True, verbose_name='Khóa')),
                ('name', ehr.common.modelfields.CharField(max_length=120, verbose_name='Tên danh mục')),
                ('uri', models.CharField(blank=True, max_length=200, verbose_name='URI (FHIR)')),
            ],
            options={
                'verbose_name': 'Danh mục',
                'verbose_name_plural': 'Danh mục',
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='Release',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.CharField(max_length=40, verbose_name='Phiên bản')),
                ('valid_from', ehr.common.modelfields.DateField(blank=True, null=True, verbose_name='Hiệu lực từ')),
                ('valid_to', ehr.common.modelfields.DateField(blank=True, null=True, verbose_name='Hiệu lực đến')),
                ('source', ehr.common.modelfields.CharField(max_length=300, verbose_name='Văn bản, nguồn')),
                ('sha256', models.CharField(blank=True, max_length=64, verbose_name='SHA-256 của tệp')),
                ('loaded_at', models.DateTimeField(auto_now=True, verbose_name='Nạp lúc')),
                ('system', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='releases', to='codes.codesystem', verbose_name='Danh mục')),
            ],
            options={
                'verbose_name': 'Phiên bản danh mục',
                'verbose_name_plural': 'Phiên bản danh mục',
                'ordering': ['system', '-valid_from'],
                'constraints': [models.UniqueConstraint(fields=('system', 'version'), name='release_version_unique')],
            },
        ),
        migrations.CreateModel(
            name='Code',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=30, verbose_name='Mã')),
                ('name', ehr.common.modelfields.CharField(max_length=500, verbose_name='Tên')),
                ('name_en', models.CharField(blank=True, max_length=500, verbose_name='Tên tiếng Anh')),
                ('plain_name', models.CharField(editable=False, max_length=500, verbose_name='Tên không dấu')),
                ('parent_code', models.CharField(blank=True, max_length=30, verbose_name='Mã cha')),
                ('position', models.PositiveIntegerField(default=0, verbose_name='Thứ tự')),
                ('properties', models.JSONField(blank=True, default=dict, verbose_name='Thuộc tính')),
                ('valid_from', ehr.common.modelfields.DateField(blank=True, null=True, verbose_name='Hiệu lực từ')),
                ('valid_to', ehr.common.modelfields.DateField(blank=True, null=True, verbose_name='Hiệu lực đến')),
                ('system', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='codes', to='codes.codesystem', verbose_name='Danh mục')),
                ('release', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='codes', to='codes.release', verbose_name='Phiên bản')),
            ],
            options={
                'verbose_name': 'Mã',
                'verbose_name_plural': 'Mã trong danh mục',
                'ordering': ['system', 'position', 'code'],
                'indexes': [models.Index(fields=['system', 'code'], name='code_system_code'), django.contrib.postgres.indexes.GinIndex(django.contrib.postgres.indexes.OpClass(models.F('plain_name'), name='gin_trgm_ops'), name='code_plain_trgm')],
                'constraints': [models.UniqueConstraint(fields=('release', 'code'), name='code_unique_in_release')],
            },
        ),
    ]
