"""What `trans3dhead demo` says where it cannot serve; `tests/demo` has the page itself."""

import socket
from pathlib import Path

from command_line import failed


def test_a_port_that_is_taken_is_said():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        words = failed("demo", "--port", port)
        assert f"expected an address of this machine and a free port, got 127.0.0.1 and {port}" in words
        assert words.endswith("; --port 0 takes any that is free")


def test_an_address_of_another_machine_is_said():
    assert "got 192.0.2.1 and 0" in failed("demo", "--host", "192.0.2.1", "--port", 0)  # of RFC 5737: nobody has it


def test_a_static_page_takes_no_options_of_a_server(tmp_path: Path):
    assert "--static: expected no --detector" in failed("demo", "--static", tmp_path / "page", "--device", "cuda")
    assert "got " in failed("demo", "--static", tmp_path / "page", "--model", "huge")
    words = failed("demo", "--static", tmp_path / "page", "--closer-look", "tiny")
    assert "--static: expected a closer look that reads faces, such as face, or none; got tiny" in words
    assert not (tmp_path / "page" / "index.html").exists()


def test_a_name_that_is_no_address_is_said():
    assert "expected an address of this machine" in failed("demo", "--host", "no.such.invalid")
