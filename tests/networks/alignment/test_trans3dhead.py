"""The network as a whole: variants, partial sums, references, independence of the batch."""

import pytest
import torch
from torch import Tensor

from small_networks import BEYOND, LAYOUT, SURFACE, frontal_parameters, made_up_points, small_network
from trans3dhead.networks.alignment import Trans3DHead, Trans3DHeadConfig, build, load_model, save_checkpoint

VARIANTS = {
    "paper": {},
    "query_aware_none": {"query_aware_memory": "none"},
    "query_aware_both": {"query_aware_memory": "both"},
    "init_none": {"memory_query_init": "none"},
    "init_both": {"memory_query_init": "both"},
    "no_residuals": {"residual_regression": "none"},
    "average_learnable": {"residual_regression": "learnable_average"},
    "average_random": {"residual_regression": "learnable_random"},
    "no_memory_norm": {"memory_norm": False},
    "encoder_1": {"encoder_layers": 1},
    "encoder_3": {"encoder_layers": 3},
    "decoder_1": {"decoder_layers": 1},
    "decoder_3": {"decoder_layers": 3},
    "parameters_alone": {"landmark_branch": False},
    "uncertainty": {"landmark_uncertainty": True},
    "about_average": {"parameter_reference": "average"},
    "standardised": {"parameter_reference": "standardised"},
    "stride_16": {"memory_stride": 16},
    "surface": {"surface_points": SURFACE},
    "surface_no_residuals": {"surface_points": SURFACE, "residual_regression": "none", "decoder_layers": 3},
    "surface_random": {"surface_points": SURFACE, "residual_regression": "learnable_random"},
    "surface_uncertain": {"surface_points": SURFACE, "landmark_uncertainty": True},
    "landmark_memory": {"landmark_memory": True},
    "surface_map": {"surface_map": True},
    "beyond": BEYOND,
    "beyond_encoder_1": {**BEYOND, "encoder_layers": 1, "dropout": 0.1},
    "baseline": {"query_aware_memory": "none", "memory_query_init": "none", "residual_regression": "none"},
    "everything": {
        "query_aware_memory": "both",
        "memory_query_init": "both",
        "residual_regression": "learnable_random",
        "encoder_layers": 2,
        "parameter_reference": "average",
        "dropout": 0.1,
    },
}


@pytest.mark.parametrize("fields", VARIANTS.values(), ids=VARIANTS)
def test_a_variant_runs_learns_everywhere_and_survives_a_save(fields: dict, crops: Tensor, tmp_path):
    model = small_network(**fields)
    prediction = model(crops)
    config = model.config
    layers = 1 if config.residual_regression == "none" else config.decoder_layers
    sides = 64 // config.memory_stride
    surface, uncertain = config.surface_points, config.landmark_uncertainty
    expected = {
        "landmarks": (3, 68, 2) if config.landmark_branch else None,
        "parameters": (3, LAYOUT.size),
        "partial_landmarks": (layers, 3, 68, 2) if config.landmark_branch else None,
        "heatmaps": None,
        "landmark_spread": (3, 68) if uncertain else None,
        "surface": (layers, 3, surface, 2) if surface else None,
        "surface_spread": (3, surface) if surface and uncertain else None,
        "surface_map": (3, 3, sides, sides) if config.surface_map else None,
        "unfitted": (3, LAYOUT.size) if config.head_fit else None,
    }
    assert {name: None if said is None else said.shape for name, said in vars(prediction).items()} == expected
    loss = sum((said * torch.randn_like(said)).sum() for said in vars(prediction).values() if said is not None)
    loss.backward()
    without = [name for name, p in model.named_parameters() if p.grad is None or not p.grad.abs().max() > 1e-12]
    assert not without

    model = model.float()
    save_checkpoint(tmp_path / "model.safetensors", model, "toy", "0" * 64)
    loaded = load_model(tmp_path / "model.safetensors")
    assert loaded.config == model.config
    assert loaded.model.state_dict().keys() == model.state_dict().keys()
    for name, tensor in loaded.model.state_dict().items():
        assert torch.equal(tensor, model.state_dict()[name]), name


@pytest.mark.parametrize("name", ["paper", "init_both", "everything", "beyond"])
def test_a_head_does_not_depend_on_the_others_in_its_batch(name: str, crops: Tensor):
    model = small_network(**VARIANTS[name]).eval()
    together, alone = model(crops), model(crops[1:2])
    torch.testing.assert_close(together.landmarks[1:2], alone.landmarks, rtol=0, atol=1e-10)
    torch.testing.assert_close(together.parameters[1:2], alone.parameters, rtol=0, atol=1e-10)
    assert not torch.allclose(together.parameters[0], together.parameters[1], rtol=0, atol=1e-6)


def residuals_of(model: Trans3DHead, crops: Tensor) -> list[Tensor]:
    """What each head of the landmark branch says, caught on its way."""
    residuals = []
    hooks = [
        head.register_forward_hook(lambda *call: residuals.append(call[2])) for head in model.landmark_branch.heads
    ]
    model(crops)
    for hook in hooks:
        hook.remove()
    return residuals


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_landmarks_are_the_average_and_the_sum_of_residuals(layers: int, crops: Tensor):
    model = small_network(decoder_layers=layers).eval()
    average = torch.rand(68, 2, dtype=torch.float64)
    model.set_reference(average, torch.zeros(LAYOUT.size))
    prediction = model(crops)
    residuals = residuals_of(model, crops)
    assert len(residuals) == layers
    for last, partial in enumerate(prediction.partial_landmarks):
        torch.testing.assert_close(partial, average + sum(residuals[: last + 1]))
    assert torch.equal(prediction.landmarks, prediction.partial_landmarks[-1])


def test_without_residuals_the_last_layer_alone_predicts(crops: Tensor):
    model = small_network(residual_regression="none", decoder_layers=3).eval()
    model.set_reference(torch.rand(68, 2), torch.zeros(LAYOUT.size))
    (landmarks,) = residuals_of(model, crops)
    torch.testing.assert_close(model(crops).landmarks, landmarks)


@pytest.mark.parametrize(
    ("regression", "moves", "learns"),
    [("fixed", True, False), ("learnable_average", True, True), ("learnable_random", False, True)],
)
def test_where_the_average_face_comes_from(regression: str, moves: bool, learns: bool):
    model = small_network(residual_regression=regression)
    before = model.landmark_branch.average.clone()
    average = torch.rand(68, 2).double()
    model.set_reference(average, torch.zeros(LAYOUT.size))
    torch.testing.assert_close(model.landmark_branch.average.detach(), average if moves else before.detach())
    assert ("landmark_branch.average" in dict(model.named_parameters())) == learns


def test_an_untrained_network_stays_near_its_references(crops: Tensor):
    model = small_network(parameter_reference="average").eval()
    average, parameters = torch.rand(68, 2).double(), torch.randn(LAYOUT.size).double()
    model.set_reference(average, parameters)
    prediction = model(crops)
    assert (prediction.landmarks - average).abs().max() < 0.3
    assert (prediction.parameters - parameters).abs().max() < 0.2


def test_an_untrained_network_answers_the_average_head_before_and_after_the_fit(crops: Tensor):
    model = small_network(**BEYOND).eval()
    prediction = model(crops)
    average = model.landmark_branch.average
    assert (prediction.landmarks - average[:68]).abs().max() < 0.3
    assert (prediction.surface - average[68:]).abs().max() < 0.3
    for parameters in (prediction.unfitted, prediction.parameters):
        assert (parameters - frontal_parameters()).abs().max() < 0.3
    assert (prediction.unfitted - prediction.parameters).abs().max() > 1e-3


def test_the_head_is_set_where_marr_starts_from_an_average():
    average, spread = torch.rand(SURFACE, 2).double(), torch.rand(LAYOUT.size).double()
    points = made_up_points(68 + SURFACE)
    for regression, moves in (
        ("fixed", True),
        ("learnable_average", True),
        ("learnable_random", False),
        ("none", False),
    ):
        model = small_network(surface_points=SURFACE, residual_regression=regression)
        before = model.landmark_branch.average.detach().clone()
        model.set_head(points, average, spread)
        after = model.landmark_branch.average.detach()
        assert torch.equal(after[68:], average if moves else before[68:]), regression
        assert torch.equal(after[:68], before[:68]), regression


def test_a_head_that_does_not_fit_is_an_error():
    points, spread = made_up_points(68 + SURFACE), torch.ones(LAYOUT.size)
    with pytest.raises(ValueError, match="set_head: expected a network with surface_points, got one without"):
        small_network().set_head(points, torch.rand(SURFACE, 2), spread)
    with pytest.raises(ValueError, match=r"average_surface: expected \(32, 2\), got \(16, 2\)"):
        small_network(surface_points=SURFACE).set_head(points, torch.rand(16, 2), spread)


def test_the_surface_map_is_drawn_in_training_alone(crops: Tensor):
    model = small_network(surface_map=True)
    assert model(crops).surface_map is not None
    assert model.eval()(crops).surface_map is None


@pytest.mark.parametrize("landmark_memory", [False, True])
def test_parameter_queries_see_the_landmark_queries_where_asked_to(landmark_memory: bool, crops: Tensor):
    model = small_network(surface_points=SURFACE, landmark_memory=landmark_memory)
    seen = []
    layer = model.parameter_branch.queries.layers[0]
    layer.register_forward_pre_hook(lambda _, inputs: seen.extend(inputs[2:]))
    model.landmark_branch.queries.layers[0].register_forward_pre_hook(lambda _, inputs: seen.extend(inputs[2:]))
    model(crops)
    own_memory, own_keys, memory, keys = seen
    assert own_memory.shape == own_keys.shape == (3, 4, 16)  # cells
    assert torch.equal(memory[:, :4], own_memory)
    assert torch.equal(keys[:, :4], own_keys)
    queries = 68 + SURFACE // 16 if landmark_memory else 0
    assert memory.shape == keys.shape == (3, 4 + queries, 16)
    if landmark_memory:
        encodings = model.landmark_branch.queries.encodings
        torch.testing.assert_close(keys[:, 4:] - memory[:, 4:], encodings.expand(3, -1, -1))


def test_the_answer_of_the_fit_follows_the_points(crops: Tensor):
    """Moved landmarks and surface move the head as far, of which the parameter branch knows nothing."""
    model = small_network(**BEYOND).eval()
    torch.nn.init.zeros_(model.head_fit.log_weights)
    before, shift = model(crops), torch.tensor([0.05, -0.02]).double()
    model.landmark_branch.average += shift
    after = model(crops)
    assert torch.equal(before.unfitted, after.unfitted)
    origins = [LAYOUT.unpack(prediction.parameters).translation[:, :2] / 2 for prediction in (before, after)]
    torch.testing.assert_close(origins[1] - origins[0], shift.expand(3, -1), rtol=0, atol=0.01)


def test_standardised_parameters_are_in_units_of_their_spread(crops: Tensor):
    about, standardised = (small_network(parameter_reference=name).eval() for name in ("average", "standardised"))
    weights = about.state_dict()
    standardised.load_state_dict(weights | {"parameter_branch.spread": torch.ones(LAYOUT.size)})
    average, spread = torch.randn(LAYOUT.size).double(), torch.rand(LAYOUT.size).double()
    for model in (about, standardised):
        model.set_reference(torch.rand(68, 2).double(), average, spread)
    steps = [model(crops).parameters - average for model in (about, standardised)]
    torch.testing.assert_close(steps[1], steps[0] * spread)


def test_the_spread_is_bounded_below_and_begins_at_a_few_hundredths(crops: Tensor):
    model = small_network(landmark_uncertainty=True).eval()
    spread = model(crops).landmark_spread
    assert spread.shape == (3, 68)
    assert (spread > 0.04).all()
    assert (spread < 0.07).all()
    for bias, expected in ((-100.0, 0.002), (100.0, 0.002 + 0.05 * 100 / 0.693147)):
        torch.nn.init.constant_(model.landmark_branch.spread.bias, bias)
        torch.testing.assert_close(
            model(crops).landmark_spread, torch.full((3, 68), expected).double(), rtol=0.01, atol=0
        )


def test_a_reference_of_the_wrong_length_is_an_error():
    with pytest.raises(ValueError, match=r"average_parameters: expected \(18,\), got \(17,\)"):
        small_network(parameter_reference="average").set_reference(torch.zeros(68, 2), torch.zeros(17))


@pytest.mark.parametrize("size", [96, 128, 256])
def test_any_multiple_of_32_is_a_crop(size: int):
    model = small_network(crop_size=size).float().eval()
    with torch.no_grad():
        assert model(torch.randn(1, 3, size, size)).parameters.shape == (1, LAYOUT.size)


def test_the_parameter_queries_meet_themselves_once_for_the_whole_batch(crops: Tensor):
    model = small_network()
    batches = []
    model.parameter_branch.queries.layers[0].norm1.register_forward_hook(lambda *call: batches.append(len(call[2])))
    model(crops)
    assert batches == [1]


@pytest.mark.parametrize(
    ("encoder_layers", "memory_norm", "normed"), [(0, True, True), (0, False, False), (1, True, False)]
)
def test_the_memory_is_normalised_where_no_encoder_ends_with_a_norm(
    encoder_layers: int, memory_norm: bool, normed: bool, crops: Tensor
):
    model = small_network(encoder_layers=encoder_layers, memory_norm=memory_norm)
    memories = []
    layer = model.parameter_branch.queries.layers[0]
    layer.register_forward_pre_hook(lambda _, inputs: memories.append(inputs[2]))
    model(crops)
    assert ("memory_norm.weight" in model.state_dict()) == normed
    mean, deviation = memories[0].mean(dim=-1), memories[0].std(dim=-1, correction=0)
    unit = torch.allclose(mean, torch.zeros_like(mean), atol=1e-6) and torch.allclose(
        deviation, torch.ones_like(deviation), atol=1e-2
    )
    assert unit == (normed or encoder_layers > 0)


@pytest.mark.parametrize("variant", ["paper", "beyond"])
def test_half_precision_inside_single_precision_out(variant: str):
    model = small_network(**VARIANTS[variant]).float()
    with torch.autocast("cpu", torch.bfloat16):
        prediction = model(torch.randn(2, 3, 64, 64))
    said = {name: tensor for name, tensor in vars(prediction).items() if tensor is not None}
    assert {name for name, tensor in said.items() if tensor.dtype != torch.float32} <= {"surface_map"}
    sum(tensor.float().sum() for tensor in said.values()).backward()
    assert all(parameter.grad.isfinite().all() for parameter in model.parameters())


def test_the_papers_size():
    model = build(Trans3DHeadConfig(), LAYOUT)
    memories = sum(p.numel() for name, p in model.named_parameters() if "query_aware_memory" in name)
    assert memories == 2 * 68 * (256 * 256 + 256)


def test_build_refuses_another_configuration():
    with pytest.raises(ValueError, match="expected the configuration of a network, got dict"):
        build({"backbone": "resnet18"}, LAYOUT)
