import django.contrib.auth.models
import django.contrib.auth.validators
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
import ehr.common.modelfields
from django.conf import settings
from django.contrib.postgres.operations import BtreeGinExtension, TrigramExtension
from django.db import migrations, models


# The search form of a text: ehr.common.text.plain in SQL; a test holds both equal.
PLAIN = r"""
create or replace function public.plain(text) returns text
language sql immutable parallel safe strict
return btrim(regexp_replace(
    translate(
        regexp_replace(normalize($1, NFD), '[\u0300-\u036F\u0001-\u0008\u000E-\u001B\u007F-\u0084\u0086-\u009F\u00AD\u061C\u180E\u200B-\u200F\u202A-\u202E\u2060-\u2064\u2066-\u206F\uFEFF]', '', 'g'),
        'ABCDEFGHIJKLMNOPQRSTUVWXYZđĐƀɃøØłŁı',
        'abcdefghijklmnopqrstuvwxyzddbboolli'
    ),
    '[^a-z0-9]+', ' ', 'g'
))
"""


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        TrigramExtension(),
        BtreeGinExtension(),
        migrations.RunSQL(PLAIN, 'DROP FUNCTION IF EXISTS public.plain(text)'),
        migrations.CreateModel(
            name='User',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                ('username', models.CharField(error_messages={'unique': 'A user with that username already exists.'}, help_text='Required. 150 characters or fewer. Letters, digits and @/./+/-/_ only.', max_length=150, unique=True, validators=[django.contrib.auth.validators.UnicodeUsernameValidator()], verbose_name='username')),
                ('email', models.EmailField(blank=True, max_length=254, verbose_name='email address')),
                ('is_staff', models.BooleanField(default=False, help_text='Designates whether the user can log into this admin site.', verbose_name='staff status')),
                ('is_active', models.BooleanField(default=True, help_text='Designates whether this user should be treated as active. Unselect this instead of deleting accounts.', verbose_name='active')),
                ('date_joined', models.DateTimeField(default=django.utils.timezone.now, verbose_name='date joined')),
                ('full_name', ehr.common.modelfields.CharField(max_length=100, verbose_name='Họ và tên')),
                ('phone', models.CharField(blank=True, max_length=15, verbose_name='Điện thoại')),
                ('must_change_password', models.BooleanField(default=True, verbose_name='Phải đổi mật khẩu lần đăng nhập tới')),
                ('groups', models.ManyToManyField(blank=True, help_text='The groups this user belongs to. A user will get all permissions granted to each of their groups.', related_name='user_set', related_query_name='user', to='auth.group', verbose_name='groups')),
                ('user_permissions', models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions')),
            ],
            options={
                'verbose_name': 'Người dùng',
                'verbose_name_plural': 'Người dùng',
                'ordering': ['username'],
            },
            managers=[
                ('objects', django.contrib.auth.models.UserManager()),
            ],
        ),
        migrations.CreateModel(
            name='AdminUnit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('scheme', models.CharField(choices=[('old', 'Ba cấp (đến 30/06/2025)'), ('new', 'Hai cấp (từ 01/07/2025)')], max_length=3, verbose_name='Danh mục')),
                ('code', models.CharField(max_length=5, verbose_name='Mã')),
                ('level', models.CharField(choices=[('province', 'Tỉnh/thành phố'), ('district', 'Quận/huyện (cũ)'), ('commune', 'Xã/phường/đặc khu')], max_length=8, verbose_name='Cấp')),
                ('unit_type', models.CharField(help_text='Xã, Phường, Thị trấn, Đặc khu, Tỉnh, Thành phố…', max_length=20, verbose_name='Loại')),
                ('full_name', ehr.common.modelfields.CharField(max_length=120, verbose_name='Tên đầy đủ')),
                ('name', ehr.common.modelfields.CharField(max_length=100, verbose_name='Tên')),
                ('plain_name', models.CharField(editable=False, max_length=120, verbose_name='Tên không dấu')),
                ('valid_from', ehr.common.modelfields.DateField(blank=True, null=True, verbose_name='Hiệu lực từ')),
                ('valid_to', ehr.common.modelfields.DateField(blank=True, help_text='Ngày đầu tiên không còn hiệu lực.', null=True, verbose_name='Hiệu lực đến')),
                ('source', models.CharField(blank=True, max_length=120, verbose_name='Nguồn')),
                ('parent', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='children', to='stations.adminunit', verbose_name='Thuộc đơn vị')),
            ],
            options={
                'verbose_name': 'Đơn vị hành chính',
                'verbose_name_plural': 'Đơn vị hành chính',
                'ordering': ['scheme', 'code'],
                'indexes': [django.contrib.postgres.indexes.GinIndex(django.contrib.postgres.indexes.OpClass(models.F('plain_name'), name='gin_trgm_ops'), name='admin_unit_plain_trgm'), models.Index(fields=['level', 'scheme', 'plain_name'], name='admin_unit_level_plain')],
                'constraints': [models.UniqueConstraint(fields=('scheme', 'code', 'level'), name='admin_unit_code_unique', violation_error_message='Mã đơn vị đã có trong danh mục này.'), models.CheckConstraint(condition=models.Q(('valid_to', None), ('valid_from', None), ('valid_to__gt', models.F('valid_from')), _connector='OR'), name='admin_unit_period', violation_error_message='Ngày hết hiệu lực phải sau ngày bắt đầu.')],
            },
        ),
        migrations.CreateModel(
            name='AdminUnitName',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('full_name', ehr.common.modelfields.CharField(max_length=120, verbose_name='Tên đầy đủ')),
                ('unit_type', models.CharField(max_length=20, verbose_name='Loại')),
                ('valid_from', ehr.common.modelfields.DateField(blank=True, null=True, verbose_name='Từ ngày')),
                ('valid_to', ehr.common.modelfields.DateField(blank=True, null=True, verbose_name='Đến ngày')),
                ('document', models.CharField(blank=True, max_length=200, verbose_name='Văn bản')),
                ('unit', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='names', to='stations.adminunit', verbose_name='Đơn vị')),
            ],
            options={
                'verbose_name': 'Tên đơn vị theo thời gian',
                'verbose_name_plural': 'Tên đơn vị theo thời gian',
                'ordering': ['unit', 'valid_from'],
                'constraints': [models.UniqueConstraint(fields=('unit', 'valid_from'), name='unit_name_once', nulls_distinct=False)],
            },
        ),
        migrations.CreateModel(
            name='AdminUnitSuccession',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('part', models.CharField(choices=[('whole', 'Toàn bộ'), ('partial', 'Một phần')], max_length=7, verbose_name='Phạm vi')),
                ('is_default', models.BooleanField(default=False, verbose_name='Mặc định')),
                ('effective', ehr.common.modelfields.DateField(verbose_name='Ngày hiệu lực')),
                ('basis', models.CharField(max_length=60, verbose_name='Căn cứ')),
                ('new', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='predecessions', to='stations.adminunit', verbose_name='Đơn vị mới')),
                ('old', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='successions', to='stations.adminunit', verbose_name='Đơn vị cũ')),
            ],
            options={
                'verbose_name': 'Chuyển đổi đơn vị',
                'verbose_name_plural': 'Chuyển đổi đơn vị cũ – mới',
                'ordering': ['old', '-is_default'],
                'constraints': [models.UniqueConstraint(fields=('old', 'new'), name='succession_pair_unique'), models.UniqueConstraint(condition=models.Q(('is_default', True)), fields=('old',), name='succession_one_default')],
            },
        ),
        migrations.CreateModel(
            name='Organization',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', ehr.common.modelfields.CharField(max_length=150, verbose_name='Tên cơ sở')),
                ('plain_name', models.CharField(editable=False, max_length=150, verbose_name='Tên không dấu')),
                ('kind', models.CharField(choices=[('ministry', 'Bộ Y tế'), ('department', 'Sở Y tế'), ('cdc', 'Trung tâm Kiểm soát bệnh tật'), ('centre', 'Trung tâm y tế'), ('hospital', 'Bệnh viện'), ('polyclinic', 'Phòng khám'), ('station', 'Trạm y tế'), ('site', 'Điểm trạm')], max_length=10, verbose_name='Loại')),
                ('address', ehr.common.modelfields.CharField(blank=True, max_length=200, verbose_name='Địa chỉ')),
                ('valid_from', ehr.common.modelfields.DateField(blank=True, null=True, verbose_name='Hoạt động từ')),
                ('valid_to', ehr.common.modelfields.DateField(blank=True, null=True, verbose_name='Hoạt động đến')),
                ('parent', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='children', to='stations.organization', verbose_name='Đơn vị quản lý')),
                ('unit', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='organizations', to='stations.adminunit', verbose_name='Địa bàn')),
            ],
            options={
                'verbose_name': 'Cơ sở y tế',
                'verbose_name_plural': 'Cơ sở y tế',
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='FacilityCode',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('claims', 'Mã CSKCB (5 ký tự)'), ('gln', 'Mã GLN (13 chữ số)')], max_length=6, verbose_name='Loại mã')),
                ('code', models.CharField(max_length=13, verbose_name='Mã')),
                ('valid_from', ehr.common.modelfields.DateField(blank=True, null=True, verbose_name='Từ ngày')),
                ('valid_to', ehr.common.modelfields.DateField(blank=True, null=True, verbose_name='Đến ngày')),
                ('source', models.CharField(blank=True, max_length=120, verbose_name='Nguồn')),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='codes', to='stations.organization', verbose_name='Cơ sở')),
            ],
            options={
                'verbose_name': 'Mã cơ sở',
                'verbose_name_plural': 'Mã cơ sở',
                'constraints': [models.UniqueConstraint(condition=models.Q(('valid_to', None)), fields=('kind', 'code'), name='facility_code_unique', violation_error_message='Mã này đang dùng cho cơ sở khác.'), models.CheckConstraint(condition=models.Q(models.Q(('code__regex', '^[0-9A-Z]{5}$'), ('kind', 'claims')), models.Q(('code__regex', '^[0-9]{13}$'), ('kind', 'gln')), _connector='OR'), name='facility_code_format', violation_error_message='Mã CSKCB gồm 5 ký tự; mã GLN gồm 13 chữ số.')],
            },
        ),
        migrations.CreateModel(
            name='Assignment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(choices=[('clerk', 'Tổ nhập liệu'), ('head', 'Trưởng trạm'), ('centre', 'Trung tâm y tế'), ('department', 'Sở Y tế'), ('admin', 'Quản trị hệ thống'), ('partner', 'Hệ thống đối tác')], max_length=10, verbose_name='Vai trò')),
                ('valid_from', ehr.common.modelfields.DateField(verbose_name='Từ ngày')),
                ('valid_to', ehr.common.modelfields.DateField(blank=True, help_text='Ngày đầu tiên không còn quyền.', null=True, verbose_name='Đến ngày')),
                ('unit', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='assignments', to='stations.adminunit', verbose_name='Đơn vị hành chính')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='assignments', to=settings.AUTH_USER_MODEL, verbose_name='Người dùng')),
                ('organization', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='assignments', to='stations.organization', verbose_name='Cơ sở y tế')),
            ],
            options={
                'verbose_name': 'Phân công',
                'verbose_name_plural': 'Phân công',
                'ordering': ['user', '-valid_from'],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('organization', None), ('role', 'admin'), ('unit', None)), models.Q(models.Q(('role', 'admin'), _negated=True), models.Q(models.Q(('organization', None), ('unit__isnull', False)), models.Q(('organization__isnull', False), ('unit', None)), _connector='OR')), _connector='OR'), name='assignment_one_place', violation_error_message='Chọn một đơn vị hành chính hoặc một cơ sở; quản trị hệ thống không gắn địa bàn.'), models.CheckConstraint(condition=models.Q(('valid_to', None), ('valid_to__gt', models.F('valid_from')), _connector='OR'), name='assignment_period', violation_error_message='Ngày kết thúc phải sau ngày bắt đầu.')],
            },
        ),
        migrations.CreateModel(
            name='Village',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(help_text='Mã nội bộ, duy nhất trong xã.', max_length=20, verbose_name='Mã thôn')),
                ('name', ehr.common.modelfields.CharField(max_length=100, verbose_name='Tên thôn, bản, tổ dân phố')),
                ('plain_name', models.CharField(editable=False, max_length=100, verbose_name='Tên không dấu')),
                ('kind', models.CharField(choices=[('thon', 'Thôn'), ('ban', 'Bản'), ('tdp', 'Tổ dân phố'), ('ap', 'Ấp'), ('other', 'Khác')], default='thon', max_length=5, verbose_name='Loại')),
                ('position', models.PositiveSmallIntegerField(default=0, verbose_name='Thứ tự')),
                ('valid_from', ehr.common.modelfields.DateField(blank=True, null=True, verbose_name='Từ ngày')),
                ('valid_to', ehr.common.modelfields.DateField(blank=True, null=True, verbose_name='Đến ngày')),
                ('commune', models.ForeignKey(limit_choices_to={'level': 'commune', 'scheme': 'new'}, on_delete=django.db.models.deletion.PROTECT, related_name='villages', to='stations.adminunit', verbose_name='Xã/phường')),
                ('old_commune', models.ForeignKey(blank=True, limit_choices_to={'level': 'commune', 'scheme': 'old'}, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='old_villages', to='stations.adminunit', verbose_name='Xã/phường cũ')),
            ],
            options={
                'verbose_name': 'Thôn, bản, tổ dân phố',
                'verbose_name_plural': 'Thôn, bản, tổ dân phố',
                'ordering': ['commune', 'position', 'name'],
                'constraints': [models.UniqueConstraint(fields=('commune', 'code'), name='village_code_unique', violation_error_message='Mã thôn đã có trong xã này.'), models.UniqueConstraint(models.F('commune'), django.db.models.functions.text.Upper('name'), condition=models.Q(('valid_to', None)), name='village_name_unique', violation_error_message='Tên thôn đã có trong xã này.')],
            },
        ),
        migrations.CreateModel(
            name='ServiceArea',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('valid_from', ehr.common.modelfields.DateField(blank=True, null=True, verbose_name='Từ ngày')),
                ('valid_to', ehr.common.modelfields.DateField(blank=True, null=True, verbose_name='Đến ngày')),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='service_areas', to='stations.organization', verbose_name='Trạm')),
                ('village', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='service_areas', to='stations.village', verbose_name='Thôn')),
            ],
            options={
                'verbose_name': 'Địa bàn phụ trách',
                'verbose_name_plural': 'Địa bàn phụ trách',
                'constraints': [models.UniqueConstraint(condition=models.Q(('valid_to', None)), fields=('organization', 'village'), name='service_area_once', violation_error_message='Thôn này đã thuộc địa bàn của trạm.')],
            },
        ),
        migrations.CreateModel(
            name='PopulationFigure',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('period_start', ehr.common.modelfields.DateField(verbose_name='Từ ngày')),
                ('period_end', ehr.common.modelfields.DateField(verbose_name='Đến hết ngày')),
                ('population', models.PositiveIntegerField(verbose_name='Dân số trung bình')),
                ('source', ehr.common.modelfields.CharField(max_length=200, verbose_name='Nguồn số liệu')),
                ('entered_at', models.DateTimeField(auto_now_add=True, verbose_name='Nhập lúc')),
                ('unit', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='population_figures', to='stations.adminunit', verbose_name='Đơn vị')),
                ('village', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='population_figures', to='stations.village', verbose_name='Thôn')),
            ],
            options={
                'verbose_name': 'Dân số trung bình',
                'verbose_name_plural': 'Dân số trung bình',
                'ordering': ['-period_start'],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('unit', None), ('village__isnull', False)), models.Q(('unit__isnull', False), ('village', None)), _connector='OR'), name='population_one_place', violation_error_message='Chọn một đơn vị hoặc một thôn.'), models.CheckConstraint(condition=models.Q(('period_end__gte', models.F('period_start'))), name='population_period', violation_error_message='Ngày cuối kỳ phải sau ngày đầu kỳ.'), models.UniqueConstraint(fields=('unit', 'village', 'period_start', 'period_end'), name='population_once', nulls_distinct=False, violation_error_message='Kỳ này đã có số liệu dân số.')],
            },
        ),
        migrations.CreateModel(
            name='VillagePlacement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('valid_from', ehr.common.modelfields.DateField(blank=True, null=True, verbose_name='Từ ngày')),
                ('valid_to', ehr.common.modelfields.DateField(blank=True, null=True, verbose_name='Đến ngày')),
                ('document', models.CharField(blank=True, max_length=200, verbose_name='Văn bản')),
                ('commune', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='stations.adminunit', verbose_name='Xã/phường')),
                ('village', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='placements', to='stations.village', verbose_name='Thôn')),
            ],
            options={
                'verbose_name': 'Thôn thuộc xã theo thời gian',
                'verbose_name_plural': 'Thôn thuộc xã theo thời gian',
                'ordering': ['village', 'valid_from'],
                'constraints': [models.UniqueConstraint(fields=('village', 'valid_from'), name='village_placement_once', nulls_distinct=False)],
            },
        ),
        migrations.CreateModel(
            name='VillageTarget',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('year', models.PositiveSmallIntegerField(verbose_name='Năm')),
                ('target', models.PositiveIntegerField(verbose_name='Chỉ tiêu lập hồ sơ')),
                ('source', ehr.common.modelfields.CharField(max_length=200, verbose_name='Nguồn')),
                ('village', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='targets', to='stations.village', verbose_name='Thôn')),
            ],
            options={
                'verbose_name': 'Chỉ tiêu của thôn',
                'verbose_name_plural': 'Chỉ tiêu của thôn',
                'ordering': ['-year', 'village'],
                'constraints': [models.UniqueConstraint(fields=('village', 'year'), name='village_target_once', violation_error_message='Thôn đã có chỉ tiêu của năm này.')],
            },
        ),
    ]
