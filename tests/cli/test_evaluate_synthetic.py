"""`trans3dhead evaluate synthetic` through the real command line."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from command_line import run
from toy_sets import one_shard_set
from trans3dhead.data.annotations import HeadAnnotation
from trans3dhead.evaluation.predictions import PredictedHead
from trans3dhead.evaluation.write_predictions import write_predictions
from trans3dhead.geometry.rotations import rotation_from_euler
from trans3dhead.head_model import SEVEN_LANDMARKS, HeadModel, topology_of
from trans3dhead.images import encode_jpeg


@pytest.mark.slow
def test_the_synthetic_set(tmp_path: Path):
    """Photographs of the real generator: perfect predictions score zero, and the model that ships is scored."""
    from trans3dhead.evaluation.synthetic import open_test_set, true_heads

    folder = tmp_path / "set"
    assert run("synth", "--count", 3, "--size", 96, "--without", "hair,occlusion,skin", "-o", folder).exit_code == 0
    head_model = HeadModel.shipped()
    topology = topology_of(head_model.numpy())
    heads = {}
    for head in true_heads(open_test_set(folder), head_model):
        seven = topology.landmarks(head.vertices)[list(SEVEN_LANDMARKS)]
        heads[head.id] = PredictedHead(head.rotation, None, head.landmarks, seven, head.vertices)
    write_predictions(tmp_path / "p.json", heads)
    result = run("evaluate", "synthetic", folder, "--predictions", tmp_path / "p.json", "-o", tmp_path / "out")
    assert result.exit_code == 0, result.output
    metrics = json.loads((tmp_path / "out" / "report.json").read_text())["metrics"]
    values = {key: mean["value"] for key, mean in metrics.items()}
    expected = {"nme": 0, "z5": 1, "z5_paper": 1, "chamfer": 0, "pose_error": 0, "geodesic": 0}
    assert values == pytest.approx(expected, abs=5e-3)  # float32 predictions: near ties in depth
    scored = run("evaluate", "synthetic", folder)
    assert scored.exit_code == 0, scored.output
    assert "not the fixed test set" in " ".join(scored.output.split())


@pytest.fixture
def gray_set(tmp_path: Path) -> Path:
    """Four gray photographs with labels of the head model that ships, at yaws of -100, -10, 20 and 170 degrees, jaws
    open by 0, 0.25, 0.5 and 0.75.
    """
    head_model = HeadModel.shipped()
    photographs = []
    people = ({"monk": "2", "gender": "female"}, {"monk": "9", "gender": "male"}, {"monk": "3"}, {"gender": "male"})
    for index, (yaw, words) in enumerate(zip((-100.0, -10.0, 20.0, 170.0), people, strict=True)):
        expression = np.zeros(head_model.layout.expression, np.float32)
        expression[head_model.expression_names.index("jawOpen")] = index / 4
        head = HeadAnnotation(
            shape=np.zeros(head_model.layout.shape, np.float32),
            expression=expression,
            rotation=rotation_from_euler(torch.tensor([0.0, yaw, 0.0]).double()).numpy(),
            translation=np.array([0.0, 0.0, 2.0]),
            focal=300.0,
            principal_point=np.array([48.0, 48.0]),
            image_size=(96, 96),
            box=np.array([30.0, 30.0, 36.0, 36.0]),
            attributes=words,
        )
        photographs.append((encode_jpeg(np.full((96, 96, 3), 90, np.uint8)), [head]))
    return one_shard_set(tmp_path / "set", head_model, 96, photographs)


def test_a_synthetic_set_by_signed_yaw_and_by_people(gray_set: Path, tmp_path: Path):
    from trans3dhead.evaluation.synthetic import open_test_set, true_heads

    turn = rotation_from_euler(torch.tensor([0.0, 0.0, 10.0]).double()).numpy() @ np.diag([1.0, -1.0, -1.0])
    true = true_heads(open_test_set(gray_set), HeadModel.shipped())
    off = {"000000001": 3.6, "000000003": 7.2}  # pixels; the box is 36 on each side
    heads = {
        head.id: PredictedHead(
            turn @ head.rotation,
            landmarks=head.landmarks + np.array([off.get(head.id, 0.0), 0.0]),
            blendshapes={"jawOpen": min(int(head.id) / 4, 0.5)},
        )
        for head in true
    }
    write_predictions(tmp_path / "p.json", heads)
    result = run("evaluate", "synthetic", gray_set, "--predictions", tmp_path / "p.json", "-o", tmp_path / "out")
    assert result.exit_code == 0, result.output
    for words in ("by signed yaw", "by skin tone, gender", "1 sample without a value of skin_tone", "No table by age"):
        assert words in " ".join(result.output.split())
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert report["metrics"]["geodesic"]["value"] == pytest.approx(10.0, abs=1e-3)
    yaws = report["attributes"]["signed_yaw"]
    assert len(yaws) == 12
    nme = {label: row["nme"]["value"] for label, row in yaws.items() if row["nme"]}
    assert nme == pytest.approx({"-120 to -90": 0, "-30 to 0": 10, "0 to 30": 0, "150 to 180": 20}, abs=1e-3)
    people = {name: report["attributes"][name] for name in ("skin_tone", "gender")}
    assert people["skin_tone"]["1–3"]["nme"]["count"] == 2
    assert people["gender"]["male"]["nme"]["value"] == pytest.approx(15, abs=1e-3)
    assert people["skin_tone"]["4–7"]["nme"] is None
    assert {row["heads"] for row in report["expression"].values()} == {2}  # the others look away
    assert "expressions against the true points" in result.output
    explained = report["blendshapes"]["explained_variance"]
    assert explained["facing"] == pytest.approx({"jawOpen": 1.0})
    assert explained["all"] == pytest.approx({"jawOpen": 0.8})  # one of 0, 0.25, 0.5 and 0.75 is missed by 0.25
