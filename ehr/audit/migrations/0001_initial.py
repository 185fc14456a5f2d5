import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


# The access log only grows: no door, SQL included, changes or removes a line (REQ-PDP-04).
APPEND_ONLY = """
create or replace function audit_refuse_change() returns trigger language plpgsql as $$
begin
    raise exception 'audit_accesslog is append-only';
end $$;
create trigger append_only before update or delete or truncate on audit_accesslog
for each statement execute function audit_refuse_change();
"""


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('stations', '__first__'),
    ]

    operations = [
        migrations.CreateModel(
            name='Submission',
            fields=[
                ('key', models.UUIDField(primary_key=True, serialize=False, verbose_name='Khóa')),
                ('result', models.CharField(blank=True, max_length=200, verbose_name='Kết quả')),
                ('at', models.DateTimeField(auto_now_add=True, verbose_name='Lúc')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='Người dùng')),
            ],
            options={
                'verbose_name': 'Lượt gửi',
                'verbose_name_plural': 'Lượt gửi',
            },
        ),
        migrations.CreateModel(
            name='AccessLog',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(auto_now_add=True, verbose_name='Thời điểm')),
                ('roles', models.CharField(blank=True, max_length=60, verbose_name='Vai trò')),
                ('person_id', models.BigIntegerField(verbose_name='Người dân')),
                ('action', models.CharField(choices=[('view', 'Xem'), ('print', 'In'), ('export', 'Xuất dữ liệu'), ('change', 'Sửa')], max_length=6, verbose_name='Hành động')),
                ('object', models.CharField(blank=True, help_text='Phần hồ sơ, biểu mẫu hoặc báo cáo.', max_length=60, verbose_name='Nội dung')),
                ('door', models.CharField(help_text='screen, admin, rest, task…', max_length=10, verbose_name='Kênh')),
                ('address', models.GenericIPAddressField(null=True, verbose_name='Địa chỉ mạng')),
                ('user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='Người dùng')),
            ],
            options={
                'verbose_name': 'Lượt truy cập hồ sơ',
                'verbose_name_plural': 'Lượt truy cập hồ sơ',
                'ordering': ['-at'],
                'indexes': [models.Index(fields=['person_id', '-at'], name='access_person_at')],
            },
        ),
        migrations.RunSQL(APPEND_ONLY, 'DROP FUNCTION audit_refuse_change() CASCADE'),
    ]
