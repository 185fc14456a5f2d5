import django.db.models.deletion
import ehr.common.modelfields
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('stations', '0001_initial'),
        ('stations', '__first__'),
    ]

    operations = [
        migrations.CreateModel(
            name='ReportRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('report', models.CharField(max_length=40, verbose_name='Báo cáo')),
                ('period', ehr.common.modelfields.DateField(verbose_name='Kỳ (ngày đầu kỳ)')),
                ('grouping', models.CharField(max_length=10, verbose_name='Theo')),
                ('format', models.CharField(max_length=5, verbose_name='Định dạng')),
                ('data_hash', models.CharField(max_length=64, verbose_name='SHA-256 của số liệu')),
                ('at', models.DateTimeField(auto_now_add=True, verbose_name='Lập lúc')),
                ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='stations.adminunit', verbose_name='Đơn vị')),
                ('user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='Người lập')),
            ],
            options={
                'verbose_name': 'Lần lập báo cáo',
                'verbose_name_plural': 'Lần lập báo cáo',
                'ordering': ['-at'],
            },
        ),
    ]
