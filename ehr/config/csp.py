"""Content-Security-Policy: our own screens run no inline script or style; the admin has a narrower exception."""

OWN = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; manifest-src 'self'"
)
# django-unfold is built on Alpine.js, which evaluates expressions in attributes, and sets inline styles. It serves
# staff only and loads nothing from elsewhere.
ADMIN = OWN.replace("script-src 'self'", "script-src 'self' 'unsafe-inline' 'unsafe-eval'").replace(
    "style-src 'self'", "style-src 'self' 'unsafe-inline'"
)
# The viewer of the REST description sets inline styles; its script is a file of its own.
VIEWER = OWN.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'")
EXCEPTIONS = {"/quan-tri/": ADMIN, "/api/v1/docs/": VIEWER}


class ContentSecurityPolicyMiddleware:
    """Sets the policy on every answer, error pages included."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        policy = next((found for path, found in EXCEPTIONS.items() if request.path.startswith(path)), OWN)
        response.headers.setdefault("Content-Security-Policy", policy)
        response.headers.setdefault("Referrer-Policy", "same-origin")
        if not request.path.startswith("/static/"):
            response.headers.setdefault("Cache-Control", "no-store")
        return response
