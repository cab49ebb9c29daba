"""The example of a result in the API's documentation: a test run elsewhere, as the worker has computed it."""

from typing import Any

RESULT: dict[str, Any] = {}
NOT_COMPUTED: dict[str, Any] = {}
