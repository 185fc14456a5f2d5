import django.db.models.deletion
import ehr.common.modelfields
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('stations', '__first__'),
    ]

    operations = [
        migrations.CreateModel(
            name='Partner',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', ehr.common.modelfields.CharField(max_length=120, unique=True, verbose_name='Tên hệ thống')),
                ('contact', ehr.common.modelfields.CharField(blank=True, max_length=200, verbose_name='Đầu mối liên hệ')),
                ('is_active', models.BooleanField(default=True, verbose_name='Đang hoạt động')),
                ('user', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='partner', to=settings.AUTH_USER_MODEL, verbose_name='Tài khoản')),
            ],
            options={
                'verbose_name': 'Hệ thống đối tác',
                'verbose_name_plural': 'Hệ thống đối tác',
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='ApiKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('label', models.CharField(max_length=60, verbose_name='Nhãn')),
                ('digest', models.CharField(editable=False, max_length=64, unique=True, verbose_name='SHA-256 của khóa')),
                ('prefix', models.CharField(editable=False, max_length=8, verbose_name='Đầu khóa')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='Tạo lúc')),
                ('expires_at', models.DateTimeField(blank=True, null=True, verbose_name='Hết hạn')),
                ('revoked_at', models.DateTimeField(blank=True, null=True, verbose_name='Thu hồi lúc')),
                ('partner', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='keys', to='exchange.partner', verbose_name='Đối tác')),
            ],
            options={
                'verbose_name': 'Khóa truy cập',
                'verbose_name_plural': 'Khóa truy cập',
            },
        ),
    ]
