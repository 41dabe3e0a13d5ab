"""What rows look like on a terminal."""

import pytest

from usage_service.cli.printing import print_table


def test_tables_show_control_characters_escaped(capsys: pytest.CaptureFixture[str]) -> None:
    print_table([{"service": "a\x1b[31m\x9b2J"}], ["service"])
    assert r"a\x1b[31m\x9b2J" in capsys.readouterr().out
