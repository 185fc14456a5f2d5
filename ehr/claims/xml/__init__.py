"""Claim files in and out: `read_claims` one HOSO at a time, `claim_files` out of archives and folders, writers."""

from ehr.claims.xml.files import claim_files
from ehr.claims.xml.limits import LIMITS, Limits
from ehr.claims.xml.read import ClaimReader, offset_after, read_claims, scan
from ehr.claims.xml.write import write_claims, write_records

__all__ = [
    "LIMITS", "ClaimReader", "Limits", "claim_files", "offset_after", "read_claims", "scan", "write_claims",
    "write_records",
]  # fmt: skip
