"""Logins and assignments."""

from datetime import date

import factory
from factory.django import DjangoModelFactory

from stations.models import Assignment, User

PASSWORD = "Mat-khau-thu-nghiem-831"


class UserFactory(DjangoModelFactory):
    """A personal account whose first password was changed already."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    username = factory.Sequence(lambda n: f"canbo{n}")
    full_name = factory.Sequence(lambda n: f"Cán Bộ Thử Nghiệm {n}")
    must_change_password = False
    password = factory.django.Password(PASSWORD)


class AssignmentFactory(DjangoModelFactory):
    """A role; give `unit` or `organization` (none for an administrator)."""

    class Meta:
        model = Assignment

    user = factory.SubFactory(UserFactory)
    role = "clerk"
    valid_from = date(2025, 1, 1)
