"""Pages by cursor: their cost does not grow with the page number."""

from rest_framework.pagination import CursorPagination


class CursorPages(CursorPagination):
    """`?cursor=…&page_size=…` (at most 200); ordered by primary key, so that new rows never shift a page."""

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200
    ordering = "pk"
