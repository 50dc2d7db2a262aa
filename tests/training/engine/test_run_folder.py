"""The tables of a run folder."""

from trans3dhead.training.engine.run_folder import append_row, drop_rows_after


def test_a_resumed_table_forgets_what_came_after(tmp_path):
    path = tmp_path / "train.csv"
    for step in (2, 4, 6):
        append_row(path, {"step": step, "loss": step / 7})
    drop_rows_after(path, 4)
    append_row(path, {"step": 6, "loss": 1.0})
    assert path.read_text().split() == ["step,loss", "2,0.285714", "4,0.571429", "6,1"]


def test_a_log_keeps_the_columns_that_it_began_with(tmp_path):
    """A run that an earlier version began may be resumed by one with more terms."""
    path = tmp_path / "train.csv"
    append_row(path, {"step": 1, "loss": 0.5})
    append_row(path, {"new": 9.0, "step": 2, "loss": 0.25})
    assert path.read_text().split() == ["step,loss", "1,0.5", "2,0.25"]
