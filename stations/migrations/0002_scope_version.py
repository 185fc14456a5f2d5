"""A number that grows whenever anybody's places or roles may have changed: what was read at one number stays right
while the number stays, so that a request need not read its user's scope again."""

from django.db import migrations

FORWARDS = """
CREATE TABLE stations_scopeversion (version bigint NOT NULL);
INSERT INTO stations_scopeversion VALUES (1);
CREATE FUNCTION stations_scope_changed() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN UPDATE stations_scopeversion SET version = version + 1; RETURN NULL; END $$;
CREATE TRIGGER scope_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON stations_assignment
    FOR EACH STATEMENT EXECUTE FUNCTION stations_scope_changed();
CREATE TRIGGER scope_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON stations_servicearea
    FOR EACH STATEMENT EXECUTE FUNCTION stations_scope_changed();
CREATE TRIGGER scope_changed AFTER INSERT OR DELETE OR TRUNCATE OR UPDATE OF commune_id, old_commune_id
    ON stations_village FOR EACH STATEMENT EXECUTE FUNCTION stations_scope_changed();
CREATE TRIGGER scope_changed AFTER UPDATE OF kind, unit_id ON stations_organization
    FOR EACH STATEMENT EXECUTE FUNCTION stations_scope_changed();
CREATE TRIGGER scope_changed AFTER UPDATE OF parent_id, scheme, level ON stations_adminunit
    FOR EACH STATEMENT EXECUTE FUNCTION stations_scope_changed();
"""
TABLES = ("assignment", "servicearea", "village", "organization", "adminunit")
BACKWARDS = (
    "".join(f"DROP TRIGGER scope_changed ON stations_{table};" for table in TABLES)
    + "DROP FUNCTION stations_scope_changed(); DROP TABLE stations_scopeversion;"
)


class Migration(migrations.Migration):
    dependencies = [("stations", "0001_initial")]
    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
