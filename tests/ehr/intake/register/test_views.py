"""The comparison on the screen: what is shown, what the buttons do, who may see it, how many queries it takes."""

import uuid

import pytest
from django.urls import reverse

from ehr.audit.models import AccessLog
from ehr.intake.register import services
from ehr.intake.register.models import RegisterAcceptance, RegisterLine
from ehr.records.models import Person
from tests.ehr.intake.register.people import BA, CON, EVERYBODY, HAI, HOA, LAN, TU, Resident, ago

pytestmark = pytest.mark.django_db
STRANGER = Resident("Vũ Văn Lạ", number="038080000999", household="7")
LISTED = (
    HAI.but(note="Đã mất"), LAN, CON.but(relation="Cháu"), BA, HOA, STRANGER,
    Resident("Phạm Văn Bé", born=ago(90), household="3", village="Thôn Bắc Nam", relation="Cháu"),
)  # fmt: skip


@pytest.fixture
def batch(register):
    batch = register.compare(*LISTED)
    services.compare(batch, villages=[village.pk for village in register.places.villages])
    return batch


def url(batch, name="register", *more, **query):
    found = reverse(f"intake:{name}", args=[batch.key, *more])
    return found + ("?" + "&".join(f"{key}={value}" for key, value in query.items()) if query else "")


def post(client, batch, name, *more, **data):
    return client.post(url(batch, name, *more), {"submission": str(uuid.uuid4()), **data}, follow=True)


def test_groups_are_counted_and_the_first_is_shown(clerk_client, batch):
    page = clerk_client.get(url(batch))

    assert page.status_code == 200
    shown = {group.value: tally.waiting for group, tally, _ in page.context["groups"]}
    assert shown == {"born": 1, "missing_here": 1, "changed": 1, "died": 1, "missing_there": 1}
    assert page.context["group"] == "born"
    assert [row.name for row in page.context["villages"]] == ["Thôn Đông Hải", "Thôn Bắc Nam"]


@pytest.mark.parametrize(
    ("group", "texts"),
    [
        ("changed", ["Con đẻ", "Cháu", CON.name]), ("died", ["chưa ghi ngày mất"]), ("missing_there", [TU.name]),
        ("missing_here", ["038080000999"]), ("born", ["cần chọn", HOA.name, "Là mẹ"]),
    ],
)  # fmt: skip
def test_lines_say_what_differs(clerk_client, batch, group, texts):
    content = clerk_client.get(url(batch, nhom=group)).content.decode()

    for text in texts:
        assert text in content


def test_a_line_that_could_not_be_written_says_why(clerk_client, batch):
    problems = [{"field": "", "code": "row.clash", "level": "error", "message": "Hồ sơ vừa được người khác thay đổi."}]
    RegisterLine.objects.filter(batch=batch, group="changed").update(state="refused", problems=problems)

    assert problems[0]["message"] in clerk_client.get(url(batch, nhom="changed")).content.decode()


def test_the_villages_are_offered_with_those_ticked_that_are_compared(clerk_client, batch, places):
    services.compare(batch, villages=[places.villages[1].pk])

    content = clerk_client.get(url(batch)).content.decode()

    boxes = [f'<input type="checkbox" name="villages" value="{village.pk}"' for village in places.villages[:2]]
    assert f"{boxes[0]}>" in content
    assert f"{boxes[1]} checked>" in content


def test_lines_can_be_seen_by_village(clerk_client, batch, places):
    page = clerk_client.get(url(batch, nhom="missing_there", thon=places.villages[0].pk))

    assert page.context["lines"] == []
    page = clerk_client.get(url(batch, nhom="missing_there", thon=places.villages[1].pk))
    assert [line.line.name for line in page.context["lines"]] == [TU.name]


def test_the_page_logs_whose_record_it_shows(clerk_client, batch):
    clerk_client.get(url(batch, nhom="changed"))

    assert AccessLog.objects.filter(person_id=Person.objects.get(full_name=CON.name).pk).exists()


def test_a_group_is_accepted_and_undone(clerk_client, batch):
    page = post(clerk_client, batch, "register_accept", group="changed", lam="nhom", ve="nhom=changed&")

    assert "Đã ghi 1 người." in page.content.decode()
    made = RegisterAcceptance.objects.get()
    assert (made.accepted, made.by.username) == (1, "nhaplieu")
    assert page.redirect_chain[-1][0].endswith("?nhom=changed&")

    page = post(clerk_client, batch, "register_undo", made.pk)
    assert "Đã hoàn tác." in page.content.decode()
    assert RegisterLine.objects.get(name=CON.name).state == "open"


def test_a_double_click_accepts_once(clerk_client, batch):
    key = str(uuid.uuid4())
    for _ in range(2):
        clerk_client.post(url(batch, "register_accept"), {"submission": key, "group": "missing_here", "lam": "nhom"})

    assert RegisterAcceptance.objects.count() == 1
    assert Person.objects.filter(full_name=STRANGER.name).count() == 1


def test_one_line_and_chosen_lines(clerk_client, batch):
    line = RegisterLine.objects.get(name=STRANGER.name)
    gone = RegisterLine.objects.get(name=TU.name)

    post(clerk_client, batch, "register_accept", group="missing_here", mot=line.pk)
    page = post(clerk_client, batch, "register_accept", group="missing_there", lam="chon", dong=gone.pk)
    assert "Hãy chọn: đã chuyển đi hay đã mất." in page.content.decode()
    assert page.redirect_chain[-1][0].startswith(url(batch)), "back to the lines"
    post(
        clerk_client, batch, "register_accept", group="missing_there", lam="chon", dong=gone.pk, outcome="moved",
        day="05/01/2026", place="Hà Nội",
    )  # fmt: skip

    assert Person.objects.filter(full_name=STRANGER.name).exists()
    assert Person.objects.get(full_name=TU.name).moved_out_to == "Hà Nội"


def test_chosen_lines_are_kept_and_opened_again(clerk_client, batch):
    line = RegisterLine.objects.get(name=TU.name)

    post(clerk_client, batch, "register_accept", group="missing_there", lam="giu", dong=line.pk)
    assert RegisterLine.objects.get(pk=line.pk).state == "kept"
    assert "Mở lại" in clerk_client.get(url(batch, nhom="missing_there", tt="xong")).content.decode()
    post(clerk_client, batch, "register_accept", group="missing_there", lam="mo", dong=line.pk)
    assert RegisterLine.objects.get(pk=line.pk).state == "open"


def test_nothing_chosen_is_said(clerk_client, batch):
    page = post(clerk_client, batch, "register_accept", group="missing_there", lam="chon")

    assert "Chưa chọn dòng nào." in page.content.decode()


def test_the_mother_is_chosen_by_a_button(clerk_client, batch):
    line = RegisterLine.objects.get(group="born")
    mother = Person.objects.get(full_name=HOA.name)

    post(clerk_client, batch, "register_decide", quyet=f"{line.pk}:me:{mother.pk}")
    line.refresh_from_db()

    assert (line.mother, line.mother_state) == (mother, "chosen")


def test_a_doubtful_row_is_decided_by_a_button(clerk_client, register):
    cousin = Resident("Nguyễn Văn Hải", born="12/03/1980", household="8")
    register.add(cousin)
    batch = register.compare(*EVERYBODY, cousin)
    line = RegisterLine.objects.get(batch=batch)
    assert "Là người này" in clerk_client.get(url(batch)).content.decode()

    post(clerk_client, batch, "register_decide", quyet=f"{line.pk}:new")

    assert RegisterLine.objects.filter(batch=batch, name=cousin.name, group="missing_here").exists()


def test_villages_are_chosen_on_the_screen(clerk_client, batch, places):
    page = post(clerk_client, batch, "register_compare", chon="1", villages=places.villages[0].pk)

    assert not RegisterLine.objects.filter(batch=batch, group="missing_there").exists()
    assert "Thôn Đông Hải" in page.content.decode()


@pytest.mark.parametrize("who", ["far", "admin", "nobody"])
def test_others_get_404(login, users, batch, who):
    client = login(getattr(users, who))

    assert client.get(url(batch)).status_code == 404
    for name in ("register_accept", "register_decide", "register_compare"):
        assert client.post(url(batch, name)).status_code == 404
    assert client.post(url(batch, "register_undo", 1)).status_code == 404


def test_other_kinds_of_batches_have_no_comparison(clerk_client, batch):
    batch.kind = "survey"
    batch.save(update_fields=["kind"])

    assert clerk_client.get(url(batch)).status_code == 404


@pytest.mark.parametrize("people", [2, 40])
def test_queries_do_not_grow_with_the_lines(clerk_client, register, django_assert_max_num_queries, people):
    strangers = [STRANGER.but(name=f"Vũ Văn Lạ {i}", number=f"03808000{1000 + i}") for i in range(people)]
    batch = register.compare(*[one.but(born="01/01/1979") for one in EVERYBODY], *strangers)
    clerk_client.get(url(batch))

    for group in ("missing_here", "changed"):
        with django_assert_max_num_queries(18):
            clerk_client.get(url(batch, nhom=group))
