"""The admin's side menu, grouped the way an officer thinks."""

from django.urls import reverse_lazy

GROUPS = {
    "Hồ sơ": ["records.person", "records.household", "records.encounter", "vaccination.immunization"],
    "Phần A": ["records.identifier", "records.address", "records.relative", "records.membership"],
    "Phần B": [
        "records.healthhistory", "records.allergy", "records.condition", "records.disability", "records.surgery",
        "records.familyhistory",
    ],
    "Phần C": [
        "vaccination.vaccinationrecord", "vaccination.vaccine", "vaccination.scheduledose", "vaccination.formrow",
    ],
    "Chương trình": [
        "programmes.pregnancy", "programmes.ncdregistration", "programmes.ncdvisit", "programmes.healthcheck",
        "programmes.contraception", "programmes.abortion", "programmes.adverseevent", "programmes.indicatorsetting",
        "programmes.growthstandard",
    ],
    "Phần D": ["records.examfinding", "records.labresult", "records.diagnosis"],
    "Điều trị": [
        "records.medication", "records.procedure", "records.clinicalnote", "records.caredocument",
        "records.appointment", "records.delivery",
    ],
    "Nhập tệp": [
        "intake.importbatch", "intake.importrow", "intake.importfile", "intake.importbefore", "intake.importplan",
        "intake.savedmapping",
        "intake.registercomparison", "intake.registeracceptance", "intake.registerline",
    ],
    "Hồ sơ BHYT": [
        "claims.claimfile", "claims.claimentry", "claims.claimchunk", "claims.claimfilepart", "claims.claim",
        "claims.claimversion", "claims.claimtask", "claims.rulelevel", "claims.claimexport",
        "claims.priceitem", "claims.billingterms",
        "claims.exportedvisit",
    ],
    "Địa bàn và cơ sở": [
        "stations.village", "stations.adminunit", "stations.adminunitname", "stations.adminunitsuccession",
        "stations.villageplacement", "stations.organization", "stations.facilitycode", "stations.servicearea",
        "stations.populationfigure", "stations.villagetarget",
    ],
    "Danh mục": ["codes.code", "codes.codesystem", "codes.release"],
    "Người dùng và đối tác": ["stations.user", "stations.assignment", "exchange.partner", "exchange.apikey"],
    "Báo cáo": [
        "submission.submission", "submission.snapshot", "submission.reportduty", "dashboard.dailycount",
    ],
    "Nhật ký": ["audit.accesslog", "audit.submission", "reports.reportrun", "reports.printjob"],
}  # fmt: skip


def navigation(request):
    """Menu entries of the models that the user may view."""
    from django.apps import apps
    from django.contrib import admin

    menu = []
    for title, labels in GROUPS.items():
        items = []
        for label in labels:
            model = apps.get_model(label)
            model_admin = admin.site._registry.get(model)
            if model_admin and model_admin.has_view_permission(request):
                url = reverse_lazy(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
                items.append({"title": str(model._meta.verbose_name_plural), "link": url})
        if items:
            menu.append({"title": title, "items": items, "collapsible": True})
    return menu
