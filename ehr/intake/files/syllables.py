"""Whether a word can be a Vietnamese syllable: the test by which misread text is told from text."""

from __future__ import annotations

import re
import unicodedata

_TONES = "\u0300\u0309\u0303\u0301\u0323"
_ONSETS = "b c ch d đ g gh gi h k kh l m n ng ngh nh p ph qu r s t th tr v x".split()  # noqa: SIM905
_OPEN = """
a ai ao au ay âu ây e eo ê êu i ia iu iêu o oa oai oao oay oe oeo oi ô ôi ơ ơi u ua uau uay uây ui uê ui uy uya uyu
uôi uơ ue ueo uao uai ư ưa ưi ưu ươi ươu y yêu ươ uô iê
am an ang anh ăm ăn ăng âm ân âng em en eng êm ên ênh êng im in inh iêm iên iêng om on ong oong oam oan oang oanh oăm
oăn oăng oen ôm ôn ông ơm ơn ơng um un ung uân uâng uên uênh uôm uôn uông uyên uynh uyn uan uang uanh uăn uăng uen ưm
ưn ưng ươm ươn ương yêm yên yêng uyêng uơn uông uem ynh oem
""".split()  # noqa: SIM905
_STOPPED = """
ac ach ap at ăc ăp ăt ăk âc âp ât ec ep et êch êp êt êc ich ip it iêc iêp iêt oc op ot ooc oac oach oap oat oăc oăp oăt
oet ôc ôp ôt ơp ơt uc up ut uât uâc uêch uêt uôc uôt uôp uych uyêt uyt yt uyp uac uat uăc uăt uap uet uit ưc ưt ưp
ươc ươp ươt yêt ych ak âk ôk ôông
""".split()  # noqa: SIM905
_SYLLABLE = re.compile(f"(?:{'|'.join(_ONSETS)})?(?:(?P<open>{'|'.join(_OPEN)})|(?P<stopped>{'|'.join(_STOPPED)}))")
_SPLIT = re.compile(rf"[{_TONES}]")


def is_syllable(word: str) -> bool:
    """ "Nguyễn", "HUỲNH", "đ" yes; "NguyÔn", "Müller", "Krông" no. A syllable that ends in c, ch, p or t has sắc or
    nặng. One vowel or consonant with its mark may stand alone, as an abbreviation does ("Đ.", "ấp")."""
    lower = unicodedata.normalize("NFD", word.lower())
    tones = _SPLIT.findall(lower)
    if len(tones) > 1:
        return False
    base = unicodedata.normalize("NFC", _SPLIT.sub("", lower))
    if base in ("đ", "tđ", "đt", "đc", "đk", "gđ", "cđ", "hđ", "qđ", "xđ", "tp"):
        return not tones
    found = _SYLLABLE.fullmatch(base)
    if found is None:
        return False
    return found["open"] is not None or (bool(tones) and tones[0] in "\u0301\u0323")
