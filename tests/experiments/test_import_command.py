"""manage.py import_test as far as no server is needed: previews, and mistakes told in one line."""

import pytest
from django.core.management import CommandError, call_command

MAPPING = """
[experiment]
key = "mail"
started_at = 2026-03-01
[arm]
column = "group"
control = "a"
values = { A = "a", B = "b" }
[[outcome]]
goal = "bought"
column = "bought"
kind = "binary"
role = "primary"
"""


@pytest.fixture
def run(tmp_path, capsys):
    """What it printed to the terminal, and to its error side."""

    def run(content, *options, mapping=MAPPING):
        file, config = tmp_path / "test.csv", tmp_path / "mapping.toml"
        file.write_text(content)
        config.write_text(mapping)
        call_command("import_test", str(file), "--config", str(config), *options)
        return capsys.readouterr()

    return run


def test_a_dry_run_shows_arms_outcomes_and_the_first_events(run):
    printed = run("group,bought\nA,1\nB,0\nB,1\n", "--dry-run", "--url", "http://nowhere.invalid").out.splitlines()

    assert printed[:3] == ["variant  people  bought", "a             1       1", "b             2       1"]
    assert printed[3] == "5 events would be sent to the server. The first:"
    assert printed[4].startswith('{"id":"mail:viewed:a:')
    assert len(printed) == 9


def test_bad_rows_are_told_and_the_others_imported(run, tmp_path):
    printed = run("group,bought\nA,1\nC,0\nB,maybe\n", "--dry-run", "--report", str(tmp_path / "bad.csv"))

    assert "line 3: unknown arm: C" in printed.err
    assert "line 4: neither yes nor no: bought: maybe" in printed.err
    assert (tmp_path / "bad.csv").read_text().splitlines()[1:] == [
        "3,,unknown arm,C",
        "4,,neither yes nor no,bought: maybe",
    ]


def test_a_file_without_one_good_row_fails(run):
    with pytest.raises(CommandError, match="Not one row"):
        run("group,bought\nC,1\n", "--dry-run")


def test_a_column_that_is_missing_is_named_with_those_that_are_there(run):
    with pytest.raises(CommandError, match=r"no column bought\. It has: group, purchased"):
        run("group,purchased\nA,1\n", "--dry-run")


def test_a_mistake_in_the_mapping_names_the_file(run):
    with pytest.raises(CommandError, match=r"mapping\.toml: .*`arm`"):
        run("group,bought\nA,1\n", "--dry-run", mapping=MAPPING.replace("column =", "colum =", 1))


def test_without_a_key_nothing_is_sent(run, monkeypatch):
    monkeypatch.delenv("MICROLIFT_KEY", raising=False)

    with pytest.raises(CommandError, match="secret key"):
        run("group,bought\nA,1\n", "--url", "http://127.0.0.1:9")


def test_a_missing_file_is_one_line(tmp_path):
    with pytest.raises(CommandError, match="No such file"):
        call_command("import_test", "nothing.csv", "--config", str(tmp_path / "nothing.toml"))
