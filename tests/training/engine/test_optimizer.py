"""The optimizer's groups."""

from small_networks import LAYOUT
from trans3dhead.networks.alignment import Trans3DHeadConfig, build
from trans3dhead.training.engine.optimizer import build_optimizer
from trans3dhead.training.engine.settings import OptimizerConfig


def test_matrices_decay_and_learned_queries_do_not():
    config = Trans3DHeadConfig(backbone="resnet18", crop_size=64, width=32, query_aware_memory="both")
    model = build(config, LAYOUT)
    groups = build_optimizer(model, OptimizerConfig(weight_decay=0.1, backbone_lr_factor=0.5)).param_groups
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    decay = {names[id(p)]: group["weight_decay"] for group in groups for p in group["params"]}
    assert decay.keys() == set(names.values())
    branch = "parameter_branch.queries"
    for name in (f"{branch}.layers.0.self_attention.to_values.weight", f"{branch}.layers.1.feed_forward.widen.weight"):
        assert decay[name] == 0.1
    for name in (f"{branch}.initial.weight", f"{branch}.encodings", "backbone.bn1.weight", "to_memory.bias"):
        assert decay[name] == 0.0


def test_the_backbone_has_its_own_rate():
    model = build(Trans3DHeadConfig(backbone="resnet18", crop_size=64, width=32), LAYOUT)
    groups = build_optimizer(model, OptimizerConfig(lr=1e-3, backbone_lr_factor=0.1)).param_groups
    backbone = {id(parameter) for parameter in model.backbone.parameters()}
    for group in groups:
        rates = {1e-4 if id(parameter) in backbone else 1e-3 for parameter in group["params"]}
        assert rates == {group["base_lr"]}
