"""The example of docs/python.md does and prints what stands there."""

import contextlib
import io
import re
from pathlib import Path

from microlift import Client

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "python.md").read_text()


def test_the_example_prints_what_the_page_says(house):
    (code,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    (printed,) = re.findall(r"```\n(blue.*?)```", TEXT, re.DOTALL)
    assign = Client(house.base_url, house.key).assign
    visitor = next(name for name in map(str, range(1000, 1100)) if assign(name)["hero-cta"].variant == "blue")
    code = code.replace("https://microlift.example", house.base_url).replace("sk_your_secret_key", house.key)
    said = io.StringIO()

    with contextlib.redirect_stdout(said):
        exec(code.replace("visitor-17", visitor).replace("timeout=0.3", "timeout=5"))

    assert said.getvalue() == printed
    rows = house.query("SELECT name FROM tracking_event WHERE visitor_id = %s ORDER BY name", visitor)
    assert [name for (name,) in rows] == ["experiment_viewed", "purchase"]
