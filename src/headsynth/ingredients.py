"""What a photograph is made of: switches for whole ingredients, and a stream of random numbers for each."""

import zlib
from dataclasses import asdict, dataclass, fields

import numpy as np


@dataclass(frozen=True)
class Ingredients:
    """Each may be left out, to measure what it buys; what takes its place stands beside it."""

    hair: bool = True  # without: every head is shaved, no beards
    occlusion: bool = True  # without: no glasses, headwear, masks, scarves, hands, neighbours
    environments: bool = True  # without: the light and the background of a made-up room
    expressions: bool = True  # without: independent noise on every blendshape
    skin: bool = True  # without: the folder's skins as they are
    degradation: bool = True  # without: a perfect camera

    @classmethod
    def without(cls, *names: str) -> "Ingredients":
        """All but some. Raises ValueError that lists what can be left out."""
        known = [entry.name for entry in fields(cls)]
        if unknown := sorted(set(names) - set(known)):
            raise ValueError(f"without: expected some of {', '.join(known)}, got {', '.join(unknown)}")
        return cls(**dict.fromkeys(names, False))

    @property
    def left_out(self) -> list[str]:
        """The names of the ingredients that are off."""
        return [name for name, on in asdict(self).items() if not on]


ALL = Ingredients()


@dataclass(frozen=True)
class Streams:
    """Random numbers of photograph `index` of set `seed`: one independent stream a name, whoever else draws."""

    seed: int
    index: int
    whose: str = ""  # of another person in the same photograph

    def __getitem__(self, name: str) -> np.random.Generator:
        """A generator at the start of the stream with this name."""
        return np.random.default_rng([self.seed, self.index, zlib.crc32((self.whose + name).encode())])
