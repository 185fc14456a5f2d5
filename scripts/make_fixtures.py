"""Derives the project's reference fixtures from a folder of collected lists.

    python scripts/make_fixtures.py SOURCE_DIR

Writes stations/fixtures, ehr/codes/fixtures and ehr/vaccination/fixtures in our own layout. Needed only when a new
collection of lists arrives; the project itself reads the fixtures. Sources and trust: README.md of each folder.
"""

import csv
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FORM831 = ROOT / "ehr/common/data/form831.csv"
STATIONS = ROOT / "stations/fixtures"
CODES = ROOT / "ehr/codes/fixtures"
VACCINATION = ROOT / "ehr/vaccination/fixtures"
Row = dict[str, str]

# The two states of the old list, and the day after the last one, when the two-tier list began.
FIRST_STATE, LAST_STATE, TWO_TIERS = "2024-06-11", "2025-06-30", "2025-07-01"

CLAIMS_NAMES = {
    "GIOI_TINH": "Giới tính (dữ liệu BHYT)",
    "KET_QUA_DTRI": "Kết quả điều trị (dữ liệu BHYT)",
    "MA_LOAI_RV": "Loại ra viện (dữ liệu BHYT)",
    "MA_KHUVUC": "Khu vực sinh sống (dữ liệu BHYT)",
    "MA_LOAI_KCB": "Loại hình khám chữa bệnh (dữ liệu BHYT)",
    "MA_LOAI_KCB_KSK": "Loại hình khám (dữ liệu khám sức khỏe)",
    "PHAN_LOAI_SK": "Phân loại sức khỏe",
}
# Religions of form 831 → code in the order of the census list, where the same religion stands under another number.
CENSUS_RELIGIONS = [
    "00",
    "01",
    "02",
    "08",
    "05",
    "03",
    "04",
    "12",
    "09",
    "10",
    "11",
    "06",
    "07",
    "13",
    "14",
    "15",
    "16",
]
ID_MISSING_REASONS = [
    ("1", "Trẻ sơ sinh, chưa được cấp số định danh"),
    ("2", "Mất giấy tờ, đang chờ cấp lại"),
    ("3", "Người nước ngoài, chưa có số định danh"),
    ("4", "Không có giấy tờ tùy thân"),
    ("5", "Từ chối cung cấp"),
    ("9", "Lý do khác"),
]
VACCINE_EXTRA = [
    "MUMPS,Vắc xin quai bị đơn giá,Quai bị,B26,07,J07BE01,0,live,subcutaneous",
    "PCV,Vắc xin phế cầu (không rõ loại),Phế cầu,A40.3;J13;G00.1,109,J07AL,0,inactivated,intramuscular",
]
# Row of the form without its dose → (vaccine, first dose number of the schedule).
FORM_VACCINES = {
    "c1_bcg": ("BCG", 1),
    "c1_hepb_birth": ("HEPB0", 0),
    "c1_dpt_hepb_hib": ("DPT_HEPB_HIB", 1),
    "c1_polio": ("BOPV", 1),
    "c1_measles": ("MEASLES", 1),
    "c1_dpt": ("DPT", 1),
    "c1_je": ("JE_INACT", 1),
    "c2_cholera": ("CHOLERA", 1),
    "c2_mumps": ("MUMPS", 1),
    "c2_influenza": ("FLU", 1),
    "c2_typhoid": ("TYPHOID_VI", 1),
    "c2_hpv": ("HPV", 1),
    "c2_pneumococcal": ("PCV", 1),
    "c3_tetanus": ("TT", 1),
}
NOTES = {
    "": "",
    "within 24 hours of birth": "trong 24 giờ sau sinh",
    "within 1 month of birth; catch-up before 12 months": "trong tháng đầu sau sinh; tiêm bù trước 12 tháng",
    "first booster; counted after the three 5-in-1 doses": "mũi nhắc đầu, tính sau ba mũi 5 trong 1",
    "second booster, reduced diphtheria dose": "mũi nhắc thứ hai, giảm liều bạch hầu",
    "age not seen in a quoted copy of TT 52/2025": "chưa thấy tuổi này trong bản trích TT 52/2025",
    "upper age by product label": "tuổi tối đa theo nhãn sản phẩm",
    "from 6 months only in outbreak campaigns": "từ 6 tháng chỉ khi chống dịch",
    "1 to 2 weeks after dose 1": "sau mũi 1 từ 1 đến 2 tuần",
    "1 year after dose 2": "sau mũi 2 một năm",
    "rollout by province": "triển khai dần theo tỉnh",
    "2 months after dose 1": "sau mũi 1 hai tháng",
    "number of doses and product left to technical guidance": "số mũi và loại vắc xin theo hướng dẫn chuyên môn",
    "as early as possible in the first pregnancy": "càng sớm càng tốt khi có thai lần đầu",
    "at least 1 month after dose 1": "ít nhất 1 tháng sau mũi 1",
    "at least 6 months after dose 2 or next pregnancy": "ít nhất 6 tháng sau mũi 2 hoặc kỳ có thai sau",
    "at least 1 year after dose 3 or next pregnancy": "ít nhất 1 năm sau mũi 3 hoặc kỳ có thai sau",
    "at least 1 year after dose 4 or next pregnancy": "ít nhất 1 năm sau mũi 4 hoặc kỳ có thai sau",
    "as early as possible in pregnancy": "càng sớm càng tốt khi có thai",
    "at least 1 year after dose 2": "ít nhất 1 năm sau mũi 2",
    "at least 1 year after dose 1": "ít nhất 1 năm sau mũi 1",
    "second dose only in the first season under 9 years": "mũi 2 chỉ ở mùa đầu tiên, dưới 9 tuổi",
    "yearly": "hằng năm",
    "from 13 years the interval is 1 month": "từ 13 tuổi khoảng cách là 1 tháng",
    "second dose only when started under 24 months": "mũi 2 chỉ khi bắt đầu trước 24 tháng",
    "every 10 years; each pregnancy at 27-36 weeks": "10 năm một lần; mỗi kỳ thai ở tuần 27–36",
    "two-dose course": "phác đồ 2 mũi",
    "three-dose course 0-2-6 months": "phác đồ 3 mũi 0–2–6 tháng",
    "repeat every 3 years": "nhắc lại 3 năm một lần",
    "days 0-3-7-14-28": "ngày 0–3–7–14–28",
    "days 0-7-21 or 28": "ngày 0–7–21 hoặc 28",
    "0-1-6 months": "0–1–6 tháng",
}
COURSES = {"two-dose course": "start_9_14", "three-dose course 0-2-6 months": "start_15_45"}


def read(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write(path: Path, columns: str, rows: list[Row]) -> int:
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.DictWriter(file, columns.split(), extrasaction="ignore", lineterminator="\n", restval="")
        out.writeheader()
        out.writerows(rows)
    return len(rows)


# --------------------------------------------------------------------------------------------------------------- places
def old_period(row: Row) -> Row:
    """Validity of a unit of the old list, as far as two dated states tell: exact days of 2023–2025 are not known."""
    in_first, in_last = row["in_2024_06_11"] == "1", row["in_2025_06_30"] == "1"
    return {
        "valid_from": "" if in_first or not in_last else "2024-06-12",
        "valid_to": TWO_TIERS if in_last else LAST_STATE if in_first else FIRST_STATE,
    }


def make_places(source: Path) -> None:
    old = [row | old_period(row) for row in read(source / "admin_units_old.csv")]
    unit = "code level unit_type full_name name parent_code valid_from"
    write(STATIONS / "admin_units_old.csv", f"{unit} valid_to", old)
    new, names = read(source / "admin_units_new.csv"), []
    for row in new:
        if not row["renamed_to"]:
            continue
        kind = row["renamed_to"].removesuffix(row["name"]).strip()
        document = "Nghị quyết 30/2026/QH16" if row["level"] == "province" else "Nghị quyết 237/NQ-UBTVQH16"
        names.append(row | {"valid_to": row["renamed_on"]})
        row |= {"full_name": row["renamed_to"], "unit_type": kind}
        names.append(row | {"valid_from": row["renamed_on"], "document": document})
    write(STATIONS / "admin_units_new.csv", unit, new)
    write(STATIONS / "admin_unit_names.csv", "code level full_name unit_type valid_from valid_to document", names)
    write(
        STATIONS / "admin_unit_succession.csv",
        "old_code new_code part is_default effective basis",
        read(source / "admin_unit_succession.csv"),
    )
    kinds = {"commune_station": "station", "polyclinic": "polyclinic", "hospital": "hospital"}
    facilities = [
        row | {"kind": kinds[row["kind"]]}
        for row in read(source / "facilities.csv")
        if row["support"] != "weak_district"  # over 15 % of a district's entries were wrong: not to be used
    ]
    write(STATIONS / "facilities.csv", "code name kind province_code_old ward_code_old support", facilities)


# ----------------------------------------------------------------------------------------------------------- code lists
class Lists:
    """Collects the lists of ehr/codes/fixtures and their index, systems.csv."""

    def __init__(self) -> None:
        self.index: list[Row] = []

    def add(self, key: str, name: str, rows: list[Row], *, extra: str = "", **about: str) -> None:
        for row in rows:  # an empty or zero flag is no property
            row.update({column: "" for column in extra.split() if row.get(column) == "0" and column in FLAGS})
        columns = "code name"
        for optional in ("name_en", "parent_code"):
            if any(row.get(optional) for row in rows):
                columns += f" {optional}"
        count = write(CODES / f"{key}.csv", f"{columns} {extra}", rows)
        self.index.append({"key": key, "name": name, "rows": str(count)} | about)


FLAGS = {"not_primary", "valid_in_claims"}
QD831 = {"version": "QD831-2017", "source": "Mẫu hồ sơ sức khỏe, QĐ 831/QĐ-BYT (2017)", "valid_from": "2017-03-11"}


def make_codes(source: Path) -> None:
    lists, form = Lists(), read(FORM831)
    add_diagnoses(lists, source)
    add_person_lists(lists, source, {row["field_code"]: row for row in form})
    add_form_lists(lists, form)
    claims = read(source / "claims_codes.csv")
    for field, name in CLAIMS_NAMES.items():
        rows = [row for row in claims if row["field"] == field]
        basis = rows[0]["basis"].replace(
            "health-check data set; to be confirmed", "Dữ liệu khám sức khỏe, cần xác nhận"
        )
        basis = basis.replace("health-check classification", "Phân loại sức khỏe")
        trust = "B" if basis.startswith("QĐ") else "C"
        lists.add(f"claims-{field}", name, rows, version="2024", source=basis, trust=trust)
    loinc = [row | {"code": row["loinc"], "name": row["name_vi"]} for row in read(source / "loinc.csv")]
    lists.add(
        "loinc", "Chỉ số và xét nghiệm (LOINC)", loinc, extra="group ucum", uri="http://loinc.org", version="2026-11",
        source="LOINC (loinc.org), tên tiếng Việt của dự án", trust="C",
    )  # fmt: skip
    write(CODES / "systems.csv", "key name uri version valid_from rows trust source", lists.index)


def add_diagnoses(lists: Lists, source: Path) -> None:
    decision = {"version": "4469-2020", "valid_from": "2020-10-28", "trust": "B"}
    icd10 = read(source / "icd10_vi.csv")
    codes = {row["code"] for row in icd10}
    for row in icd10:
        parent = row["category"] if row["category"] != row["code"] and row["category"] in codes else ""
        row |= {"name": row["name_vi"], "parent_code": parent}
    about = {"source": "Phụ lục QĐ 4469/QĐ-BYT (2020), bản bảng tính", **decision}
    lists.add(
        "icd10", "ICD-10", icd10, extra="chapter block category dual_coding not_primary sex_only",
        uri="http://hl7.org/fhir/sid/icd-10", **about,
    )  # fmt: skip
    groups = [
        row | {"name": row["name_vi"], "parent_code": row["parent"], "range": row["range"]}
        for row in read(source / "icd10_groups.csv")
    ]
    lists.add("icd10-group", "Chương và nhóm bệnh ICD-10", groups, extra="level range", **about)


def add_person_lists(lists: Lists, source: Path, fields: dict[str, Row]) -> None:
    ethnic = read(source / "ethnic_groups.csv")
    lists.add(
        "ethnicity", "Dân tộc", ethnic, extra="other_names kind", version="121-TCTK-1979", valid_from="1979-03-02",
        source="QĐ 121-TCTK/PPCĐ (1979) và chuẩn dữ liệu QĐ 130, 4750/QĐ-BYT", trust="A",
    )  # fmt: skip
    countries = [row | {"code": row["alpha2"], "name": row["name_vi"]} for row in read(source / "countries.csv")]
    lists.add(
        "country", "Quốc gia, vùng lãnh thổ", countries, extra="alpha3 numeric claims_code",
        uri="urn:iso:std:iso:3166", version="ISO3166-2026", source="ISO 3166; tên tiếng Việt theo CLDR", trust="A",
    )  # fmt: skip
    lists.add(
        "occupation", "Nghề nghiệp", read(source / "occupations.csv"), extra="level valid_in_claims",
        version="34-2020", valid_from="2021-01-15", source="QĐ 34/2020/QĐ-TTg, cấp 1 và 2", trust="C",
    )  # fmt: skip
    religions = [{"code": "0", "name": "Không tôn giáo"}, *options(fields["religion"])]
    for row, census in zip(religions, CENSUS_RELIGIONS, strict=True):
        row["census_code"] = census
    lists.add("religion", "Tôn giáo", religions, extra="census_code", trust="C", **QD831)
    lists.add("relation-831", "Quan hệ với chủ hộ (mẫu 831)", options(fields["relation_to_head"]), trust="B", **QD831)
    lists.add(
        "relationship", "Quan hệ với chủ hộ (chi tiết)", read(source / "relationships.csv"),
        extra="group hl7_role_code sex_only", version="1", source="Danh mục của dự án, theo HL7 v3 RoleCode", trust="D",
    )  # fmt: skip
    lists.add(
        "education", "Trình độ học vấn", read(source / "education_levels.csv"), extra="isced_2011",
        version="1", source="Danh mục của dự án, theo ISCED 2011", trust="D",
    )  # fmt: skip
    blood = [row | {"name": row["code"]} for row in read(source / "blood_groups.csv")]
    lists.add(
        "blood-group", "Nhóm máu", blood, extra="abo rh snomed_ct",
        version="1", source="Chuẩn dữ liệu QĐ 130/QĐ-BYT (NHOM_MAU); SNOMED CT cần giấy phép", trust="C",
    )  # fmt: skip
    missing = [{"code": code, "name": name} for code, name in ID_MISSING_REASONS]
    lists.add(
        "id-missing-reason", "Lý do chưa có số định danh", missing, version="1", source="Danh mục của dự án", trust="D"
    )


def options(field: Row) -> list[Row]:
    """`01=Chủ hộ|17=…` as rows."""
    return [dict(zip(("code", "name"), option.split("=", 1), strict=True)) for option in field["options"].split("|")]


def add_form_lists(lists: Lists, form: list[Row]) -> None:
    """Lists that form 831 prints line by line: one code per line, with the field code and the tag of the XML."""

    def lines(prefix: str, number: str = "") -> list[Row]:
        found = []
        for row in form:
            if not row["field_code"].startswith(prefix) or row["group_code"].endswith("X"):
                continue
            tag = row["xml831_tag"]
            code = tag.split(f"({number}=")[1].rstrip(")") if number else row["field_code"].split("_", 1)[1]
            found.append({
                "code": code, "name": row["label_vi"], "field": row["field_code"], "xml": tag.rsplit("/", 1)[-1],
                "text_only": "1" if row["type"] == "text" and number == "LOAIBENH" else "",
                "sensitive": "1" if "Sensitive" in row["note"] else "",
                "sex_only": "F" if row["applies_to"] == "female" else "",
                "loai": code if number else "",
            })  # fmt: skip
        return found

    diseases = lines("disease_", "LOAIBENH")
    for row in diseases:  # the line says how to fill it in; the name of the kind does not
        row["name"] = row["name"].split(" (")[0]
    lists.add("own-disease", "Bệnh của bản thân", diseases, extra="field loai text_only sensitive", trust="B", **QD831)
    allergies, disabilities = lines("allergy_", "LOAI"), lines("disability_", "LOAI")
    lists.add("allergy-kind", "Loại dị ứng", allergies, extra="field loai", trust="B", **QD831)
    lists.add("disability-kind", "Loại khuyết tật", disabilities, extra="field loai", trust="B", **QD831)
    organs = [*lines("exam_skin"), *lines("exam_general"), *lines("organ_")]
    organs[1]["name"] = "Toàn thân: khác"
    lists.add("organ-system", "Cơ quan khám", organs, extra="field xml sensitive sex_only", trust="B", **QD831)
    groups = lines("lab_")
    for row in groups:
        row |= {"xml": "", "manhom": "2" if "MANHOM=2" in row["xml"] else "1"}
    groups.append({"code": "other", "name": "Cận lâm sàng khác", "field": "", "manhom": ""})
    lists.add("lab-group", "Nhóm cận lâm sàng", groups, extra="field manhom", trust="B", **QD831)


# ---------------------------------------------------------------------------------------------------------- vaccination
def make_vaccination(source: Path) -> None:
    columns = ["code", "name_vi", "diseases", "icd10", "cvx", "atc", "in_epi", "kind", "route"]
    extra = [dict(zip(columns, line.split(","), strict=True)) for line in VACCINE_EXTRA]
    vaccines = [row | {"name": row["name_vi"]} for row in [*read(source / "vaccines.csv"), *extra]]
    write(VACCINATION / "vaccines.csv", "code name diseases icd10 cvx atc in_epi kind route", vaccines)
    doses = read(source / "vaccine_schedule.csv")
    for row in doses:
        row["target"] = COURSES.get(row["note"], row["target"])  # two courses of one vaccine, by the age at the start
        row |= {
            "note": NOTES[row["note"]],
            "basis": row["basis"].replace("product label", "Nhãn sản phẩm"),
            "dose_type": row["dose_type"].replace("_", ""),  # preexposure, postexposure: 12 letters
        }
    write(
        VACCINATION / "schedule.csv",
        "program vaccine_code diseases dose_number dose_type recommended_age min_age max_age min_interval target basis "
        "valid_from to_verify note",
        doses,
    )
    rows, position = [], 0
    for field in read(FORM831):
        code = field["field_code"]
        if not code.startswith(("c1_", "c2_", "c3_")) or "_col_" in code:
            continue
        stem, _, last = code.rpartition("_")
        dose = int(last) if last.isdigit() else 0
        vaccine, first = FORM_VACCINES[stem if dose else code]
        if code == "c1_measles_2":  # printed "Sởi 2"; the programme gives measles-rubella as the second dose
            vaccine = "MR"
        position += 1
        rows.append({
            "code": code, "table": code[1], "label": field["label_vi"], "vaccine_code": vaccine,
            "dose_number": str(dose or first), "position": str(position), "valid_from": "2017-03-11",
        })  # fmt: skip
    write(VACCINATION / "form_rows.csv", "code table label vaccine_code dose_number position valid_from", rows)


def main() -> None:
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_dir():
        sys.exit("Usage: python scripts/make_fixtures.py SOURCE_DIR")
    source = Path(sys.argv[1])
    make_places(source)
    make_codes(source)
    make_vaccination(source)
    for folder in (STATIONS, CODES, VACCINATION):
        for path in sorted(folder.glob("*.csv")):
            print(f"{path.relative_to(ROOT)}: {len(read(path)):,} rows, {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
