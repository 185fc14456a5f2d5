"""Password rules beyond Django's own."""

import re

from django.core.exceptions import ValidationError

KINDS = {"chữ thường": r"[a-zà-ỹđ]", "chữ hoa": r"[A-ZÀ-ỸĐ]", "chữ số": r"[0-9]", "ký tự đặc biệt": r"[^\w\s]"}


class FourKindsValidator:
    """A password has lower and upper case letters, digits and special characters (REQ-SEC-02)."""

    def validate(self, password, user=None):
        missing = [label for label, pattern in KINDS.items() if not re.search(pattern, password)]
        if missing:
            raise ValidationError(f"Mật khẩu còn thiếu: {', '.join(missing)}.", code="password_four_kinds")

    def get_help_text(self):
        return "Mật khẩu phải có chữ thường, chữ hoa, chữ số và ký tự đặc biệt."
