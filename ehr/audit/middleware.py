"""Names the user of a web request for the history triggers."""

import pghistory


class ActorMiddleware:
    """Every write of a request carries its user, even where a view forgets to open a context of its own."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.method in ("GET", "HEAD", "OPTIONS") or not request.user.is_authenticated:
            return self.get_response(request)
        door = "admin" if request.path.startswith("/quan-tri/") else "screen"
        with pghistory.context(user=request.user.pk, door=door):
            return self.get_response(request)
