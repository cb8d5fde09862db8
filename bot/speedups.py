"""Makes Rasa stop checking its own schema on every answer of the action server.

``RemoteAction`` validates each answer with ``jsonschema.validate``, which first checks the
(constant) schema itself; that was 72 % of a form turn. The schema is compiled once here, the
answers are checked as before. Importing this module applies it; it is a no-op for a Rasa that
no longer has the method.
"""

from __future__ import annotations

from typing import Any

from jsonschema import Draft7Validator, ValidationError  # type: ignore[import-untyped]
from rasa.core.actions.action import RemoteAction


def _make_check() -> Any:
    validator = Draft7Validator(RemoteAction.action_response_format_spec())

    def _validate_action_result(_self: RemoteAction, result: dict[str, Any]) -> bool:
        """Return True for a well-formed answer.

        Raises:
            ValidationError: the first thing that is wrong with it.
        """
        error: ValidationError | None = next(validator.iter_errors(result), None)
        if error is not None:
            raise error
        return True

    return _validate_action_result


def apply() -> None:
    """Replace the check, once."""
    if hasattr(RemoteAction, "_validate_action_result"):
        RemoteAction._validate_action_result = _make_check()


apply()
