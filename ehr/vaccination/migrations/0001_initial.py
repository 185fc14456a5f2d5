import django.db.models.deletion
import ehr.audit.operations
import ehr.common.modelfields
import pghistory.utils
import pgtrigger.compiler
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('records', '0001_initial'),
        ('stations', '0001_initial'),
    ]

    operations = [
        ehr.audit.operations.Together([
            migrations.CreateModel(
                name='Vaccine',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('code', models.CharField(max_length=30, unique=True, verbose_name='Mã')),
                    ('name', ehr.common.modelfields.CharField(max_length=150, verbose_name='Tên vắc xin')),
                    ('diseases', ehr.common.modelfields.CharField(blank=True, max_length=200, verbose_name='Phòng bệnh')),
                    ('icd10', models.CharField(blank=True, max_length=60, verbose_name='ICD-10 của bệnh')),
                    ('cvx', models.CharField(blank=True, max_length=10, verbose_name='CVX')),
                    ('atc', models.CharField(blank=True, max_length=10, verbose_name='ATC')),
                    ('in_epi', models.BooleanField(default=False, verbose_name='Thuộc chương trình TCMR')),
                    ('kind', models.CharField(blank=True, max_length=20, verbose_name='Loại')),
                    ('route', models.CharField(blank=True, max_length=20, verbose_name='Đường dùng')),
                    ('valid_from', ehr.common.modelfields.DateField(blank=True, null=True, verbose_name='Từ ngày')),
                    ('valid_to', ehr.common.modelfields.DateField(blank=True, null=True, verbose_name='Đến ngày')),
                ],
                options={
                    'verbose_name': 'Vắc xin',
                    'verbose_name_plural': 'Vắc xin',
                    'ordering': ['name'],
                },
            ),
            migrations.CreateModel(
                name='FormRow',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('code', models.CharField(max_length=40, unique=True, verbose_name='Mã dòng')),
                    ('table', models.CharField(choices=[('1', 'Tiêm chủng cơ bản cho trẻ em'), ('2', 'Tiêm chủng ngoài chương trình TCMR'), ('3', 'Tiêm chủng VX uốn ván (phụ nữ có thai)')], max_length=1, verbose_name='Bảng')),
                    ('label', ehr.common.modelfields.CharField(max_length=60, verbose_name='Dòng in trên mẫu')),
                    ('dose_number', models.PositiveSmallIntegerField(verbose_name='Mũi số')),
                    ('position', models.PositiveSmallIntegerField(verbose_name='Thứ tự')),
                    ('valid_from', ehr.common.modelfields.DateField(blank=True, null=True, verbose_name='Từ ngày')),
                    ('valid_to', ehr.common.modelfields.DateField(blank=True, null=True, verbose_name='Đến ngày')),
                    ('vaccine', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='form_rows', to='vaccination.vaccine', verbose_name='Vắc xin')),
                ],
                options={
                    'verbose_name': 'Dòng trên mẫu tiêm chủng',
                    'verbose_name_plural': 'Dòng trên mẫu tiêm chủng',
                    'ordering': ['table', 'position'],
                },
            ),
            migrations.CreateModel(
                name='Immunization',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='Tạo lúc')),
                    ('updated_at', models.DateTimeField(auto_now=True, verbose_name='Cập nhật lúc')),
                    ('table', models.CharField(choices=[('1', 'Tiêm chủng cơ bản cho trẻ em'), ('2', 'Tiêm chủng ngoài chương trình TCMR'), ('3', 'Tiêm chủng VX uốn ván (phụ nữ có thai)')], max_length=1, verbose_name='Bảng')),
                    ('dose_number', models.PositiveSmallIntegerField(default=1, verbose_name='Mũi số')),
                    ('status', models.CharField(choices=[('given', 'Đã chủng ngừa'), ('not_given', 'Chưa chủng ngừa'), ('unknown', 'Không rõ')], max_length=9, verbose_name='Tình trạng')),
                    ('occurrence_date', ehr.common.modelfields.DateField(blank=True, null=True, verbose_name='Ngày tiêm')),
                    ('pregnancy_month', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='Tháng thai')),
                    ('reaction', ehr.common.modelfields.CharField(blank=True, max_length=200, verbose_name='Phản ứng sau tiêm')),
                    ('next_date', ehr.common.modelfields.DateField(blank=True, null=True, verbose_name='Ngày hẹn tiêm')),
                    ('lot_number', models.CharField(blank=True, max_length=40, verbose_name='Số lô')),
                    ('lot_expiry', ehr.common.modelfields.DateField(blank=True, null=True, verbose_name='Hạn dùng')),
                    ('facility_name', ehr.common.modelfields.CharField(blank=True, max_length=150, verbose_name='Tên cơ sở tiêm (ngoài danh mục)')),
                    ('staff_name', ehr.common.modelfields.CharField(blank=True, max_length=100, verbose_name='Người tiêm')),
                    ('facility', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='stations.organization', verbose_name='Cơ sở tiêm')),
                    ('form_row', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='vaccination.formrow', verbose_name='Dòng trên mẫu')),
                    ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='%(class)s_set', to='records.person', verbose_name='Người dân')),
                    ('vaccine', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='immunizations', to='vaccination.vaccine', verbose_name='Loại vắc xin')),
                ],
                options={
                    'verbose_name': 'Mũi tiêm',
                    'verbose_name_plural': 'Mũi tiêm',
                    'ordering': ['table', 'vaccine', 'dose_number'],
                    'indexes': [models.Index(fields=['person', 'occurrence_date'], name='immunization_person_date')],
                    'constraints': [models.UniqueConstraint(condition=models.Q(('form_row__isnull', False)), fields=('person', 'form_row'), name='immunization_row_once', violation_error_message='Dòng này của mẫu đã ghi.'), models.CheckConstraint(condition=models.Q(('status', 'given'), models.Q(('occurrence_date', None), ('pregnancy_month', None), ('reaction', '')), _connector='OR'), name='immunization_not_given_is_empty', violation_error_code='status.not_given', violation_error_message='Mũi chưa tiêm không có ngày tiêm, tháng thai, phản ứng.'), models.CheckConstraint(condition=models.Q(('pregnancy_month', None), ('pregnancy_month__range', (1, 10)), _connector='OR'), name='immunization_pregnancy_month', violation_error_code='pregnancy_month.range', violation_error_message='Tháng thai từ 1 đến 10.')],
                    'triggers': [pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "vaccination_immunizationevent" ("created_at", "dose_number", "facility_id", "facility_name", "form_row_id", "id", "lot_expiry", "lot_number", "next_date", "occurrence_date", "person_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "pregnancy_month", "reaction", "staff_name", "status", "table", "updated_at", "vaccine_id") SELECT new_values."created_at", new_values."dose_number", new_values."facility_id", new_values."facility_name", new_values."form_row_id", new_values."id", new_values."lot_expiry", new_values."lot_number", new_values."next_date", new_values."occurrence_date", new_values."person_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'insert\', new_values."id", new_values."pregnancy_month", new_values."reaction", new_values."staff_name", new_values."status", new_values."table", new_values."updated_at", new_values."vaccine_id" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='826e79b63c38a6a19f1ee9769aaa7c51cbea85f2', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_15c56', referencing='REFERENCING NEW TABLE AS new_values ', table='vaccination_immunization', when='AFTER')), pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "vaccination_immunizationevent" ("created_at", "dose_number", "facility_id", "facility_name", "form_row_id", "id", "lot_expiry", "lot_number", "next_date", "occurrence_date", "person_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "pregnancy_month", "reaction", "staff_name", "status", "table", "updated_at", "vaccine_id") SELECT new_values."created_at", new_values."dose_number", new_values."facility_id", new_values."facility_name", new_values."form_row_id", new_values."id", new_values."lot_expiry", new_values."lot_number", new_values."next_date", new_values."occurrence_date", new_values."person_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'update\', new_values."id", new_values."pregnancy_month", new_values."reaction", new_values."staff_name", new_values."status", new_values."table", new_values."updated_at", new_values."vaccine_id" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."dose_number" IS DISTINCT FROM (new_values."dose_number") OR old_values."facility_id" IS DISTINCT FROM (new_values."facility_id") OR old_values."facility_name" IS DISTINCT FROM (new_values."facility_name") OR old_values."form_row_id" IS DISTINCT FROM (new_values."form_row_id") OR old_values."id" IS DISTINCT FROM (new_values."id") OR old_values."lot_expiry" IS DISTINCT FROM (new_values."lot_expiry") OR old_values."lot_number" IS DISTINCT FROM (new_values."lot_number") OR old_values."next_date" IS DISTINCT FROM (new_values."next_date") OR old_values."occurrence_date" IS DISTINCT FROM (new_values."occurrence_date") OR old_values."person_id" IS DISTINCT FROM (new_values."person_id") OR old_values."pregnancy_month" IS DISTINCT FROM (new_values."pregnancy_month") OR old_values."reaction" IS DISTINCT FROM (new_values."reaction") OR old_values."staff_name" IS DISTINCT FROM (new_values."staff_name") OR old_values."status" IS DISTINCT FROM (new_values."status") OR old_values."table" IS DISTINCT FROM (new_values."table") OR old_values."vaccine_id" IS DISTINCT FROM (new_values."vaccine_id")) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='bda75cd5de595da13c13235e10f233b75c6788d2', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_5e83e', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='vaccination_immunization', when='AFTER')), pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "vaccination_immunizationevent" ("created_at", "dose_number", "facility_id", "facility_name", "form_row_id", "id", "lot_expiry", "lot_number", "next_date", "occurrence_date", "person_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "pregnancy_month", "reaction", "staff_name", "status", "table", "updated_at", "vaccine_id") SELECT old_values."created_at", old_values."dose_number", old_values."facility_id", old_values."facility_name", old_values."form_row_id", old_values."id", old_values."lot_expiry", old_values."lot_number", old_values."next_date", old_values."occurrence_date", old_values."person_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'delete\', old_values."id", old_values."pregnancy_month", old_values."reaction", old_values."staff_name", old_values."status", old_values."table", old_values."updated_at", old_values."vaccine_id" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='eb5a6379b2c75f4e52254bca19941480a929327e', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_daf33', referencing='REFERENCING OLD TABLE AS old_values ', table='vaccination_immunization', when='AFTER'))],
                },
            ),
            migrations.CreateModel(
                name='VaccinationRecord',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='Tạo lúc')),
                    ('updated_at', models.DateTimeField(auto_now=True, verbose_name='Cập nhật lúc')),
                    ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='Phiên bản')),
                    ('mother_tetanus_dose_count', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='Số mũi vắc xin uốn ván mẹ đã tiêm')),
                    ('person', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='vaccination_record', to='records.person', verbose_name='Người dân')),
                ],
                options={
                    'verbose_name': 'Sổ tiêm chủng (phần C)',
                    'verbose_name_plural': 'Sổ tiêm chủng (phần C)',
                    'triggers': [pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "vaccination_vaccinationrecordevent" ("created_at", "id", "mother_tetanus_dose_count", "person_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "updated_at", "version") SELECT new_values."created_at", new_values."id", new_values."mother_tetanus_dose_count", new_values."person_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'insert\', new_values."id", new_values."updated_at", new_values."version" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='7494cf256ec9d346e03508be3f3b8bcfa745ef8b', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_b2734', referencing='REFERENCING NEW TABLE AS new_values ', table='vaccination_vaccinationrecord', when='AFTER')), pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "vaccination_vaccinationrecordevent" ("created_at", "id", "mother_tetanus_dose_count", "person_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "updated_at", "version") SELECT new_values."created_at", new_values."id", new_values."mother_tetanus_dose_count", new_values."person_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'update\', new_values."id", new_values."updated_at", new_values."version" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."id" IS DISTINCT FROM (new_values."id") OR old_values."mother_tetanus_dose_count" IS DISTINCT FROM (new_values."mother_tetanus_dose_count") OR old_values."person_id" IS DISTINCT FROM (new_values."person_id") OR old_values."version" IS DISTINCT FROM (new_values."version")) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='274e2f283b3f5591e1dabf9bec1e017a17286e33', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_85ba8', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='vaccination_vaccinationrecord', when='AFTER')), pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "vaccination_vaccinationrecordevent" ("created_at", "id", "mother_tetanus_dose_count", "person_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "updated_at", "version") SELECT old_values."created_at", old_values."id", old_values."mother_tetanus_dose_count", old_values."person_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'delete\', old_values."id", old_values."updated_at", old_values."version" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='a63ee373b45376d308b8760944314ab028df86dc', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_146f2', referencing='REFERENCING OLD TABLE AS old_values ', table='vaccination_vaccinationrecord', when='AFTER'))],
                },
            ),
            migrations.CreateModel(
                name='VaccinationRecordEvent',
                fields=[
                    ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                    ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                    ('pgh_label', models.TextField(help_text='The event label.')),
                    ('pgh_context', pghistory.utils.JSONField(null=True)),
                    ('id', models.BigIntegerField()),
                    ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='Tạo lúc')),
                    ('updated_at', models.DateTimeField(auto_now=True, verbose_name='Cập nhật lúc')),
                    ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='Phiên bản')),
                    ('mother_tetanus_dose_count', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='Số mũi vắc xin uốn ván mẹ đã tiêm')),
                    ('person', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='records.person', verbose_name='Người dân')),
                    ('pgh_obj', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='vaccination.vaccinationrecord')),
                ],
                options={
                    'verbose_name': 'Lịch sử: Sổ tiêm chủng (phần C)',
                    'abstract': False,
                    'indexes': [models.Index(fields=['person', 'pgh_id'], name='vaccinationrecord_event_by')],
                },
            ),
            migrations.CreateModel(
                name='ScheduleDose',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('program', models.CharField(max_length=10, verbose_name='Chương trình')),
                    ('diseases', ehr.common.modelfields.CharField(blank=True, max_length=200, verbose_name='Phòng bệnh')),
                    ('dose_number', models.PositiveSmallIntegerField(verbose_name='Mũi số')),
                    ('dose_type', models.CharField(blank=True, max_length=12, verbose_name='Loại mũi')),
                    ('recommended_age', models.CharField(blank=True, max_length=10, verbose_name='Tuổi khuyến cáo')),
                    ('min_age', models.CharField(blank=True, max_length=10, verbose_name='Tuổi tối thiểu')),
                    ('max_age', models.CharField(blank=True, max_length=10, verbose_name='Tuổi tối đa')),
                    ('min_interval', models.CharField(blank=True, max_length=10, verbose_name='Khoảng cách tối thiểu')),
                    ('target', models.CharField(blank=True, max_length=60, verbose_name='Đối tượng')),
                    ('basis', models.CharField(blank=True, max_length=200, verbose_name='Căn cứ')),
                    ('valid_from', ehr.common.modelfields.DateField(blank=True, null=True, verbose_name='Từ ngày')),
                    ('valid_to', ehr.common.modelfields.DateField(blank=True, null=True, verbose_name='Đến ngày')),
                    ('to_verify', models.BooleanField(default=False, verbose_name='Cần xác minh')),
                    ('note', models.CharField(blank=True, max_length=300, verbose_name='Ghi chú')),
                    ('vaccine', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='schedule', to='vaccination.vaccine', verbose_name='Vắc xin')),
                ],
                options={
                    'verbose_name': 'Mũi trong lịch tiêm',
                    'verbose_name_plural': 'Lịch tiêm chủng',
                    'ordering': ['program', 'vaccine', 'dose_number'],
                    'constraints': [models.UniqueConstraint(fields=('program', 'vaccine', 'dose_number', 'dose_type', 'target', 'valid_from'), name='schedule_dose_once', nulls_distinct=False)],
                },
            ),
            migrations.CreateModel(
                name='ImmunizationEvent',
                fields=[
                    ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                    ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                    ('pgh_label', models.TextField(help_text='The event label.')),
                    ('pgh_context', pghistory.utils.JSONField(null=True)),
                    ('id', models.BigIntegerField()),
                    ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='Tạo lúc')),
                    ('updated_at', models.DateTimeField(auto_now=True, verbose_name='Cập nhật lúc')),
                    ('table', models.CharField(choices=[('1', 'Tiêm chủng cơ bản cho trẻ em'), ('2', 'Tiêm chủng ngoài chương trình TCMR'), ('3', 'Tiêm chủng VX uốn ván (phụ nữ có thai)')], max_length=1, verbose_name='Bảng')),
                    ('dose_number', models.PositiveSmallIntegerField(default=1, verbose_name='Mũi số')),
                    ('status', models.CharField(choices=[('given', 'Đã chủng ngừa'), ('not_given', 'Chưa chủng ngừa'), ('unknown', 'Không rõ')], max_length=9, verbose_name='Tình trạng')),
                    ('occurrence_date', ehr.common.modelfields.DateField(blank=True, null=True, verbose_name='Ngày tiêm')),
                    ('pregnancy_month', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='Tháng thai')),
                    ('reaction', ehr.common.modelfields.CharField(blank=True, max_length=200, verbose_name='Phản ứng sau tiêm')),
                    ('next_date', ehr.common.modelfields.DateField(blank=True, null=True, verbose_name='Ngày hẹn tiêm')),
                    ('lot_number', models.CharField(blank=True, max_length=40, verbose_name='Số lô')),
                    ('lot_expiry', ehr.common.modelfields.DateField(blank=True, null=True, verbose_name='Hạn dùng')),
                    ('facility_name', ehr.common.modelfields.CharField(blank=True, max_length=150, verbose_name='Tên cơ sở tiêm (ngoài danh mục)')),
                    ('staff_name', ehr.common.modelfields.CharField(blank=True, max_length=100, verbose_name='Người tiêm')),
                    ('facility', models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='stations.organization', verbose_name='Cơ sở tiêm')),
                    ('form_row', models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='vaccination.formrow', verbose_name='Dòng trên mẫu')),
                    ('person', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='records.person', verbose_name='Người dân')),
                    ('pgh_obj', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='vaccination.immunization')),
                    ('vaccine', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='vaccination.vaccine', verbose_name='Loại vắc xin')),
                ],
                options={
                    'verbose_name': 'Lịch sử: Mũi tiêm',
                    'abstract': False,
                    'indexes': [models.Index(fields=['person', 'pgh_id'], name='immunization_event_by')],
                },
            ),
        ]),
        ehr.audit.operations.InstallTriggers(
            models=['immunization', 'vaccinationrecord'],
        ),
    ]
