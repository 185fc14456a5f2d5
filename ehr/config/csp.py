"""Content-Security-Policy: our own screens run no inline script or style; the admin has a narrower exception."""

OWN = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; manifest-src 'self'"
)
# django-unfold is built on Alpine.js, which evaluates expressions in attributes, and sets inline styles; the REST
# viewer starts itself with an inline script. Both serve staff and partners only and load nothing from elsewhere.
ADMIN = OWN.replace("script-src 'self'", "script-src 'self' 'unsafe-inline' 'unsafe-eval'").replace(
    "style-src 'self'", "style-src 'self' 'unsafe-inline'"
)
ADMIN_PATHS = ("/quan-tri/", "/api/v1/docs")


class ContentSecurityPolicyMiddleware:
    """Sets the policy on every answer, error pages included."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        policy = ADMIN if request.path.startswith(ADMIN_PATHS) else OWN
        response.headers.setdefault("Content-Security-Policy", policy)
        response.headers.setdefault("Referrer-Policy", "same-origin")
        if not request.path.startswith("/static/"):
            response.headers.setdefault("Cache-Control", "no-store")
        return response
