"""Examples of audiences in the API's documentation. A test sends each request of them and compares the answers."""

from typing import Any

TIMES = {"created_at": "2027-03-01T09:00:00Z", "updated_at": "2027-03-01T09:00:00Z"}

NAMESPACE: dict[str, Any] = {"key": "checkout", "name": "Tests of the checkout"}
NAMESPACE_ANSWER: dict[str, Any] = {**NAMESPACE, "created_at": TIMES["created_at"]}
NAMESPACE_CHANGE: dict[str, Any] = {"name": "Checkout"}
GROUP: dict[str, Any] = {"key": "customers", "attribute": "user_id", "values": ["4711", "4712"]}
GROUP_ANSWER: dict[str, Any] = {**GROUP, "name": "Customers", "public": False, **TIMES}
GROUP_CHANGE: dict[str, Any] = {"values": ["4711", "4712", "4713"]}
HOLDOUT: dict[str, Any] = {"share": 0.05}
HOLDOUT_ANSWER: dict[str, Any] = {**HOLDOUT, "locked": False}
