"""The record of form 831: people and households (A), history (B), visits (D) and what was done at them. Vaccinations
(C) have their own app."""

from ehr.records.models.care import Appointment, CareDocument, ClinicalNote, Delivery, Medication, Procedure
from ehr.records.models.encounter import Diagnosis, Encounter, ExamFinding, LabResult
from ehr.records.models.history import Allergy, Condition, Disability, FamilyHistory, HealthHistory, Surgery
from ehr.records.models.household import Household, Membership
from ehr.records.models.person import Address, Identifier, Person, Relative

__all__ = [
    "Address",
    "Allergy",
    "Appointment",
    "CareDocument",
    "ClinicalNote",
    "Condition",
    "Delivery",
    "Diagnosis",
    "Disability",
    "Encounter",
    "ExamFinding",
    "FamilyHistory",
    "HealthHistory",
    "Household",
    "Identifier",
    "LabResult",
    "Medication",
    "Membership",
    "Person",
    "Procedure",
    "Relative",
    "Surgery",
]
