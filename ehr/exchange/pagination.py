"""Pages by cursor: their cost does not grow with the page number."""

from __future__ import annotations

from typing import Any

from rest_framework.exceptions import ErrorDetail, NotFound, ValidationError
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request

LARGEST_KEY = 2**63 - 1


class CursorPages(CursorPagination):
    """`?cursor=…&page_size=…` (at most 200); ordered by primary key, so that new rows never shift a page."""

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200
    ordering = "pk"
    cursor_query_description = "Con trỏ trang, lấy từ next hoặc previous của trang trước."
    page_size_query_description = "Số bản ghi mỗi trang, từ 1 đến 200."

    def get_page_size(self, request: Request) -> int:
        text = request.query_params.get(self.page_size_query_param, str(self.page_size))
        if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= self.max_page_size):
            raise _invalid("page_size", "Số bản ghi mỗi trang là số nguyên từ 1 đến 200.")
        return int(text)

    def decode_cursor(self, request: Request) -> Cursor | None:
        """The cursor; a forged one is an error of the caller, never of the database."""
        try:
            cursor = super().decode_cursor(request)
            if cursor and cursor.position is not None and not 0 <= int(cursor.position) <= LARGEST_KEY:
                raise ValueError
        except (NotFound, ValueError) as exc:
            raise _invalid("cursor", "Con trỏ trang không đúng; hãy dùng nguyên địa chỉ trong next, previous.") from exc
        return cursor

    def rows(self, request: Request, queryset: Any, view: Any) -> list[Any]:
        """The rows of the page asked for. One query."""
        return self.paginate_queryset(queryset, request, view=view) or []


def _invalid(name: str, message: str) -> ValidationError:
    return ValidationError({name: [ErrorDetail(message, code=f"{name}.invalid")]})
