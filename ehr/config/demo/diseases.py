"""Which diseases, allergies, disabilities, operations and habits people have: shares by age and sex, and their words.

Orders of magnitude of published surveys, rounded: good for samples, not for statistics."""

from __future__ import annotations

from random import Random

from ehr.config.demo.families import Person
from ehr.config.demo.names import FEMALE, MALE
from ehr.config.demo.picks import Pick, ages

OWN_KINDS, FAMILY_KINDS, ALLERGY_KINDS, DISABILITY_KINDS = (
    range(1, 16),
    (1, 2, 3, 6, 10, 12, 13, 14, 15),
    range(1, 5),
    range(1, 8),
)
CARDIAC, HYPERTENSION, DIABETES, STOMACH, LUNG, ASTHMA, CANCER, TUBERCULOSIS, OTHER_DISEASE = (
    1,
    2,
    3,
    4,
    5,
    6,
    13,
    14,
    15,
)

# Share of people who have the disease, by age; men, women.
PREVALENCE = {
    1: (ages([(30, 0), (45, 0.01), (60, 0.05), (80, 0.12)]),) * 2,
    2: (
        ages([(22, 0), (30, 0.03), (45, 0.16), (60, 0.34), (75, 0.5)]),
        ages([(25, 0), (40, 0.07), (60, 0.3), (75, 0.48)]),
    ),
    3: (ages([(28, 0), (40, 0.025), (60, 0.1), (75, 0.12)]),) * 2,
    4: (ages([(15, 0), (25, 0.04), (50, 0.1), (70, 0.11)]),) * 2,
    5: (ages([(38, 0), (60, 0.06), (80, 0.13)]), ages([(45, 0), (60, 0.015), (80, 0.05)])),
    6: (ages([(2, 0), (6, 0.02), (40, 0.015), (80, 0.025)]),) * 2,
    7: (ages([(12, 0), (60, 0.01)]), ages([(12, 0), (30, 0.025), (60, 0.05)])),
    8: (ages([(8, 0), (30, 0.045), (60, 0.05)]), ages([(8, 0), (30, 0.03), (60, 0.035)])),
    9: (ages([(0, 0.004), (20, 0.002), (60, 0)]),) * 2,
    10: (ages([(14, 0), (25, 0.006), (80, 0.006)]),) * 2,
    11: (ages([(1, 0), (4, 0.008), (15, 0.007), (25, 0)]), ages([(1, 0), (4, 0.002), (15, 0.002), (25, 0)])),
    12: (ages([(0, 0.001), (10, 0.004), (80, 0.004)]),) * 2,
    13: (ages([(30, 0.0005), (60, 0.008), (80, 0.015)]), ages([(30, 0.001), (60, 0.008), (80, 0.01)])),
    14: (ages([(15, 0), (40, 0.003), (70, 0.008)]), ages([(15, 0), (40, 0.0015), (70, 0.003)])),
    15: (ages([(10, 0.005), (40, 0.05), (70, 0.22)]),) * 2,
}
#: The same by sex and age, without the diseases that nobody has there.
BY_AGE = [
    [[(kind, tables[sex][age]) for kind, tables in PREVALENCE.items() if tables[sex][age] > 0] for age in range(121)]
    for sex in (MALE, FEMALE)
]
ICD10 = {
    1: "I25.9",
    2: "I10",
    3: "E11.9",
    4: "K29.5",
    5: "J44.9",
    6: "J45.9",
    7: "E04.9",
    8: "B18.1",
    9: "Q24.9",
    10: "F20.9",
    11: "F84.0",
    12: "G40.9",
    14: "A16.2",
}
CANCERS = (
    Pick(
        [
            (("Ung thư gan", "C22.9"), 4),
            (("Ung thư phổi", "C34.9"), 4),
            (("Ung thư dạ dày", "C16.9"), 3),
            (("Ung thư đại tràng", "C18.9"), 2),
        ]
    ),
    Pick(
        [
            (("Ung thư vú", "C50.9"), 5),
            (("Ung thư tuyến giáp", "C73"), 3),
            (("Ung thư cổ tử cung", "C53.9"), 2),
            (("Ung thư phổi", "C34.9"), 1),
        ]
    ),
)
OTHER_DISEASES = Pick(
    [
        (("Thoái hóa khớp gối", "M17.9"), 5),
        (("Đau cột sống thắt lưng", "M54.5"), 4),
        (("Rối loạn mỡ máu", "E78.5"), 4),
        (("Gút", "M10.9"), 2),
        (("Sỏi thận", "N20.0"), 2),
        (("Viêm xoang mạn", "J32.9"), 3),
        (("Rối loạn tiền đình", "H81.9"), 2),
    ]
)
ALLERGIES = {
    1: Pick([("Penicilin", 4), ("Thuốc giảm đau, hạ sốt", 2), ("Không nhớ tên thuốc kháng sinh", 2)]),
    2: Pick([("Xi măng", 2), ("Thuốc bảo vệ thực vật", 2), ("Mỹ phẩm", 2), ("Bột giặt", 1)]),
    3: Pick([("Tôm, cua", 4), ("Cá biển", 2), ("Nhộng tằm", 2), ("Sữa bò", 1), ("Lạc", 1)]),
    4: Pick([("Phấn hoa", 2), ("Bụi nhà", 3), ("Thay đổi thời tiết", 4)]),
}
ALLERGY_SHARE = {1: 0.018, 2: 0.008, 3: 0.022, 4: 0.02}
DISABILITIES = {
    1: "Nghe kém",
    2: "Nhìn kém",
    3: "Yếu tay",
    4: "Đi lại khó khăn",
    5: "Cong vẹo cột sống",
    6: "Đã mổ khe hở môi",
    7: "Hạn chế vận động",
}
DISABILITY_SHARE = {
    1: ages([(0, 0.001), (50, 0.01), (80, 0.2)]),
    2: ages([(0, 0.001), (50, 0.015), (80, 0.18)]),
    3: ages([(0, 0.001), (80, 0.015)]),
    4: ages([(0, 0.001), (50, 0.008), (80, 0.09)]),
    5: ages([(8, 0.002), (80, 0.004)]),
    6: ages([(0, 0.0012), (80, 0.0008)]),
    7: ages([(0, 0.001), (80, 0.02)]),
}
SURGERIES = (
    Pick(
        [
            ("Cắt ruột thừa", 5),
            ("Mổ thoát vị bẹn", 2),
            ("Kết hợp xương cẳng chân", 3),
            ("Mổ sỏi thận", 2),
            ("Mổ đục thủy tinh thể", 2),
        ]
    ),
    Pick(
        [
            ("Cắt ruột thừa", 3),
            ("Mổ lấy thai", 8),
            ("Cắt u xơ tử cung", 2),
            ("Mổ tuyến giáp", 1),
            ("Mổ đục thủy tinh thể", 2),
        ]
    ),
)
SURGERY_SHARE = ages([(3, 0.005), (20, 0.03), (60, 0.14), (80, 0.2)])
FAMILY_SHARE = {1: 0.03, 2: 0.16, 3: 0.06, 6: 0.02, 10: 0.008, 12: 0.006, 13: 0.03, 14: 0.01, 15: 0.01}
WHO = Pick([("Bố", 5), ("Mẹ", 5), ("Ông nội", 2), ("Bà nội", 2), ("Bà ngoại", 2), ("Anh trai", 1), ("Chị gái", 1)])
SMOKING = ages([(15, 0), (20, 0.25), (40, 0.42), (65, 0.34), (85, 0.15)])
DRINKING = ages([(16, 0), (22, 0.3), (40, 0.45), (65, 0.3), (85, 0.1)])
CONTRACEPTION = Pick(
    [("Dụng cụ tử cung", 4), ("Thuốc uống tránh thai", 3), ("Bao cao su", 3), ("Tính vòng kinh", 1), ("Triệt sản", 0.4)]
)
EXPOSURE = Pick([("Bụi", 4), ("Tiếng ồn", 2), ("Thuốc bảo vệ thực vật", 4), ("Hóa chất", 1), ("Nắng nóng", 2)])


def give_diseases(rng: Random, person: Person) -> None:
    """Diseases are facts, known to the visits also when nobody surveyed the household."""
    random = rng.random
    found = [kind for kind, share in BY_AGE[person.sex][min(person.age, 120)] if random() < share]
    person.conditions = tuple(found)
