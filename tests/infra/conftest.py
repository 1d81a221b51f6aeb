"""The fixtures of the template rooms."""

from tests.template import deployed, template_fixture

__all__ = ["deployed", "template_fixture"]
