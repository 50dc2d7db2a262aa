"""What ships is found by name."""

from trans3dhead.weights.shipped import network_path, shipped_folder


def test_a_name_that_ships_means_what_ships(tmp_path, monkeypatch):
    (tmp_path / "small").write_text("not a network")
    monkeypatch.chdir(tmp_path)
    assert network_path("small") == shipped_folder() / "small.safetensors"
