"""Record completeness per place (CMP-01…11): what is missing opens its work list, what is there is a rate."""

from reports.facts import LATER, Facts
from reports.figures import Count, Item, Rate, columns_of, fold, table_of
from reports.periods import KINDS
from reports.places import Place, place_of
from reports.questions import Question
from reports.report import GROUPS, PeopleList, Report
from reports.tables import Note, Table

LEVELS = {
    "commune": ("village", "site", "unit"),
    "district": ("commune", "village", "site"),
    "province": ("commune", "village", "commune_old", "district", "site", "province"),
}
PHONE = "(base.phone_mobile <> '' OR base.phone_landline <> '')"
ANY_PHONE = f"({PHONE} OR kin.phone IS TRUE)"
CARD = "number.card IS TRUE"
NO_CARD = "'health_insurance_number' = ANY(base.answered_none)"
NATIONAL = "number.national IS TRUE"
PART_A = "(base.section_a_complete_on IS NOT NULL AND base.section_a_complete_on < %(end)s)"
PART_B = "(history.risks IS TRUE AND disease.asked IS TRUE)"
CHILD = "base.age < 14"
REASON = "reason.code"
#: Condition of each figure over the living residents.
CONDITIONS = {
    "people": "true",
    "no_number": f"NOT {NATIONAL}",
    "newborn": f"NOT {NATIONAL} AND {REASON} = '1'",
    "no_papers": f"NOT {NATIONAL} AND {REASON} IN ('2', '4')",
    "foreigner": f"NOT {NATIONAL} AND {REASON} = '3'",
    "other_reason": f"NOT {NATIONAL} AND {REASON} NOT IN ('1', '2', '3', '4')",
    "not_asked": f"NOT {NATIONAL} AND base.id_missing_reason_id IS NULL",
    "numbered": NATIONAL,
    "verified": f"{NATIONAL} AND base.identity_source IN ('chip', 'vneid', 'insurance')",
    "no_phone": f"NOT {ANY_PHONE}",
    "phone": ANY_PHONE,
    "own_phone": PHONE,
    "no_card": f"NOT {CARD} AND NOT {NO_CARD}",
    "card": CARD,
    "card_known": f"({CARD} OR {NO_CARD})",
    "bad_address": "place.fits IS NOT TRUE",
    "address": "place.fits IS TRUE",
    "no_part_a": f"NOT {PART_A}",
    "part_a": PART_A,
    "no_part_b": f"NOT {PART_B}",
    "part_b": PART_B,
    "no_blood": "base.blood_group_abo = ''",
    "blood": "base.blood_group_abo <> ''",
    "children": CHILD,
    "no_guardian": f"{CHILD} AND kin.reachable IS NOT TRUE",
    "guardian": f"{CHILD} AND kin.reachable IS TRUE",
}
NUMBER, CONTACT = "Số định danh", "Điện thoại và BHYT"
IDENTITY: tuple[Item, ...] = (
    Count("people", "Hồ sơ đang quản lý", 16),
    Count("no_number", "Chưa có số", 14, group=NUMBER),
    Count("newborn", "Trẻ sơ sinh", 13, group=NUMBER),
    Count("no_papers", "Không có giấy tờ", 16, group=NUMBER),
    Count("foreigner", "Người nước ngoài", 15, group=NUMBER),
    Count("other_reason", "Lý do khác", 14, group=NUMBER),
    Count("not_asked", "Chưa hỏi", 14, group=NUMBER),
    Count("numbered", "Có số", 15, group=NUMBER),
    Rate("number_rate", "% có số", "numbered", "people", 20, group=NUMBER),
    Count("verified", "Đã xác thực", 15, group=NUMBER),
    Rate("verified_rate", "% đã xác thực", "verified", "numbered", 20, group=NUMBER),
)
CONTACTS: tuple[Item, ...] = (
    Count("people", "Hồ sơ đang quản lý", 16),
    Count("no_phone", "Chưa có", 15, group="Điện thoại"),
    Count("phone", "Có", 15, group="Điện thoại"),
    Count("own_phone", "Của bản thân", 15, group="Điện thoại"),
    Rate("phone_rate", "% có", "phone", "people", 18, group="Điện thoại"),
    Count("no_card", "Chưa rõ", 15, group="Thẻ BHYT"),
    Count("card", "Có thẻ", 15, group="Thẻ BHYT"),
    Rate("card_rate", "% có thẻ", "card", "people", 18, group="Thẻ BHYT"),
    Count("card_known", "Có thẻ hoặc ghi không có", 20, group="Thẻ BHYT"),
    Rate("card_known_rate", "% rõ về BHYT", "card_known", "people", 20, group="Thẻ BHYT"),
)
PARTS: tuple[Item, ...] = (
    Count("people", "Hồ sơ đang quản lý", 15),
    Count("bad_address", "Sai, thiếu", 12, group="Địa chỉ"),
    Count("address", "Đúng", 14, group="Địa chỉ"),
    Rate("address_rate", "%", "address", "people", 16, group="Địa chỉ"),
    Count("no_part_a", "Thiếu", 12, group="Phần A"),
    Count("part_a", "Đủ", 14, group="Phần A"),
    Rate("part_a_rate", "%", "part_a", "people", 16, group="Phần A"),
    Count("no_part_b", "Thiếu", 12, group="Phần B"),
    Count("part_b", "Đủ", 14, group="Phần B"),
    Rate("part_b_rate", "%", "part_b", "people", 16, group="Phần B"),
)
BLOOD: tuple[Item, ...] = (
    Count("people", "Hồ sơ đang quản lý", 18),
    Count("no_blood", "Chưa có nhóm máu", 18),
    Count("blood", "Có nhóm máu", 18),
    Rate("blood_rate", "% có nhóm máu", "blood", "people", 20),
    Count("children", "Trẻ dưới 14 tuổi", 18),
    Count("no_guardian", "Chưa có người giám hộ", 20),
    Count("guardian", "Có người giám hộ", 18),
    Rate("guardian_rate", "% trẻ có người giám hộ", "guardian", "children", 20),
)


def _living(condition: str) -> str:
    return f"base.living AND {condition}"


def _wanted(items: tuple[Item, ...]) -> dict[str, str]:
    return {item.key: _living(CONDITIONS[item.key]) for item in items if isinstance(item, Count)}


class _Part:
    """One table of the indicators: its items, and the codes of what they mean."""

    def __init__(self, key: str, title: str, items: tuple[Item, ...], codes: tuple[str, ...]) -> None:
        self.key, self.title, self.items, self.codes = key, title, items, codes

    def build(self, question: Question) -> Table:
        """Counts by place, one statement; about eight queries in all at any size."""
        place = place_of(question)
        figures = fold(place, Facts(question, place).count(_wanted(self.items)))
        past = question.period.end <= question.today
        return table_of(
            question, place, self.items, figures, report=self.key, title=self.title, codes=("REC-LIVING", *self.codes),
            notes=(Note(LATER),) if past else (),
        )  # fmt: skip

    def people(self, question: Question, place: Place) -> dict[str, PeopleList]:
        facts, headings = Facts(question, place), {column.key: column for column in columns_of(self.items)}
        return {
            key: PeopleList(": ".join(filter(None, (headings[key].group, headings[key].heading))), facts.people(sql))
            for key, sql in _wanted(self.items).items()
        }


def _report(part: _Part, path: str, summary: str) -> Report:
    return Report(
        key=part.key, path=path, title=part.title, summary=summary, build=part.build, levels=LEVELS, periods=KINDS,
        group=GROUPS[1], people=part.people,
    )  # fmt: skip


REPORTS = (
    _report(
        _Part("completeness_identity", "Số định danh của hồ sơ", IDENTITY, ("CMP-01", "CMP-02", "CMP-06")),
        "so-dinh-danh",
        "Hồ sơ có và chưa có số định danh, lý do chưa có, số đã xác thực; mỗi số thiếu mở danh sách cần làm.",
    ),
    _report(
        _Part(
            "completeness_contact",
            "Điện thoại và thẻ bảo hiểm y tế của hồ sơ",
            CONTACTS,
            ("CMP-03", "CMP-04", "CMP-05"),
        ),
        "dien-thoai-bhyt",
        "Hồ sơ có và chưa có điện thoại, thẻ BHYT; mỗi số thiếu mở danh sách cần làm.",
    ),
    _report(
        _Part("completeness_parts", "Địa chỉ, phần A và phần B của hồ sơ", PARTS, ("CMP-07", "CMP-08", "CMP-09")),
        "day-du-phan-a-b",
        "Hồ sơ đúng địa chỉ theo danh mục hai cấp, đủ phần A, đủ phần B.",
    ),
    _report(
        _Part("completeness_blood", "Nhóm máu và người giám hộ", BLOOD, ("CMP-10", "CMP-11")),
        "nhom-mau-giam-ho",
        "Hồ sơ có nhóm máu; trẻ dưới 14 tuổi có người giám hộ liên lạc được.",
    ),
)
