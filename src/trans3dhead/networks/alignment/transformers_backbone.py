"""Backbones of the package transformers: those it knows itself, and never code or weights that a file names.

A checkpoint holds the whole configuration of such a backbone as JSON. It is data: it chooses among TYPES, and of the
type's own fields takes numbers and plain words. Names of other models, of kernels or of remote code are none of these.
"""

import inspect
import json
import re
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from trans3dhead.extras import install_line
from trans3dhead.networks.alignment.config import MOST_BLOCKS, OWN_BACKBONES
from trans3dhead.reading.checked_json import read_json

TYPES = (
    "bit",
    "convnext",
    "convnextv2",
    "dinov2",
    "dinov2_with_registers",
    "dinov3_convnext",
    "dinov3_vit",
    "focalnet",
    "hgnet_v2",
    "pvt_v2",
    "resnet",
    "swin",
    "swinv2",
    "vitdet",
)
_OUTPUTS = ("out_features", "out_indices")  # which maps; not among the fields of every version
_LAYERS = re.compile(
    r"depths$|levels$|num\w*_(layers|blocks|stages)$"
)  # fields that say how many, of each stage or in all
_WORD = re.compile(r"[A-Za-z0-9_]{1,40}")
_LARGEST = 1 << 14  # of a number, such as channels
_LONGEST = 64  # of a list
_REMEDY = "take another backbone or save the checkpoint again"


class TransformersBackbone(nn.Module):
    """The last feature map of a transformers AutoBackbone: (B, 3, S, S) -> (B, channels, h, w)."""

    def __init__(self, name: str, configuration: str | None) -> None:
        """name: a folder or hub id to take the configuration from, where there is none."""
        super().__init__()
        transformers = _import_transformers(name)
        config = _fetched(transformers, name) if configuration is None else _checked(transformers, configuration)
        try:
            self.model = transformers.AutoBackbone.from_config(config, trust_remote_code=False)
        except Exception as error:  # what transformers raises for numbers that do not go together shares no base
            raise ValueError(f"backbone: transformers cannot build it ({error}); {_REMEDY}") from error
        self.channels = int(self.model.channels[-1])

    @property
    def configuration(self) -> str:
        """All that is needed to build the same backbone again without its folder or hub."""
        config = self.model.config
        own = _own_fields(type(config))
        values = {name: value for name, value in config.to_dict().items() if name in own}
        return json.dumps(values | {"model_type": config.model_type})

    def forward(self, crops: Tensor) -> Tensor:
        """(B, 3, S, S) normalised RGB -> (B, channels, h, w)."""
        return self.model(crops).feature_maps[-1]

    def load_pretrained(self, source: str | Path) -> None:
        """The weights of a folder or hub id that transformers reads."""
        load = type(self.model).from_pretrained
        self.model = reachable(str(source), load, str(source), config=self.model.config)


def reachable(name: str, fetch, *arguments, **keywords):
    """What `fetch` returns; whatever keeps it from the folder or hub becomes one clear error."""
    try:
        return fetch(*arguments, **keywords)
    except (OSError, ValueError, RuntimeError) as error:
        raise ValueError(
            f"backbone {name!r}: neither one of {', '.join(OWN_BACKBONES)} nor a readable folder or a hub id that can "
            f"be fetched from here ({type(error).__name__}: {error}); download it where there is a network, and give "
            "its path"
        ) from error


def _fetched(transformers: Any, name: str) -> Any:
    """The configuration in a folder or on a hub, which the user's recipe names."""
    if "/" not in name and not Path(name).is_dir():  # a slip in one of our names: nobody has to ask a hub for it
        raise ValueError(
            f"backbone {name!r}: expected one of {', '.join(OWN_BACKBONES)}, a folder that is there, or a hub id with "
            "its owner, such as microsoft/resnet-50"
        )
    fetch = transformers.AutoConfig.from_pretrained
    config = reachable(name, fetch, name, out_indices=[-1], trust_remote_code=False)
    if config.model_type not in TYPES:
        raise ValueError(f"backbone {name!r}: expected one of the types {', '.join(TYPES)}, got {config.model_type!r}")
    return config


def _checked(transformers: Any, configuration: str) -> Any:
    """The configuration in a checkpoint. Fields that the type does not have are not read."""
    values = read_json(configuration, dict[str, Any], "backbone_config", remedy=_REMEDY)
    kind = values.get("model_type")
    if kind not in TYPES:
        raise ValueError(
            f"backbone_config: model_type: expected one of {', '.join(TYPES)}, got {kind!r:.60}; {_REMEDY}"
        )
    own = _own_fields(transformers.AutoConfig.for_model(kind).__class__)
    given = {name: value for name, value in values.items() if name in own}
    for name, value in given.items():
        _check_value(name, value)
    try:
        return transformers.AutoConfig.for_model(kind, **given)
    except Exception as error:  # as above
        raise ValueError(f"backbone_config: transformers does not take it ({error}); {_REMEDY}") from error


def _own_fields(config_class: type) -> set[str]:
    """The fields of a type of backbone apart from those that all configurations have."""
    base = next(ancestor for ancestor in config_class.__mro__ if ancestor.__name__.lower() == "pretrainedconfig")
    own, of_all = (set(inspect.signature(kind).parameters) for kind in (config_class, base))
    return {name for name in own - of_all if not name.startswith("_")} | set(_OUTPUTS)


def _check_value(name: str, value: Any) -> None:
    """Numbers of a size that a network has, words, and lists of them; raises ValueError for anything else."""
    values = value if isinstance(value, list) else [value]
    if len(values) > _LONGEST:
        raise ValueError(f"backbone_config: {name}: expected at most {_LONGEST} values, got {len(values)}; {_REMEDY}")
    most = MOST_BLOCKS if _LAYERS.search(name) else _LARGEST
    for one in values:
        is_number = isinstance(one, int | float) and abs(one) <= most
        if not (one is None or is_number or (isinstance(one, str) and _WORD.fullmatch(one))):
            raise ValueError(
                f"backbone_config: {name}: expected a word, or a number up to ±{most}, got {one!r:.60}; {_REMEDY}"
            )


def _import_transformers(name: str):
    try:
        import transformers
    except ImportError as error:
        raise ValueError(
            f"backbone: {name!r} is none of {', '.join(OWN_BACKBONES)}, and for any other transformers is needed; "
            f"{install_line('train')}"
        ) from error
    return transformers
