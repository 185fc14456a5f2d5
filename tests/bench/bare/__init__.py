"""The floor of pages and saves: a plain Django project with Django's own middleware; no rules, rights or history."""
