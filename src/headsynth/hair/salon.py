"""What hair needs that is made once for a head model: the ground, the pool of grown hair, textures, the assets."""

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from headsynth.assets.wearable import Wearable
from headsynth.hair.ground import HairGround
from headsynth.hair.pool import Pool
from headsynth.hair.textures import CURLS, LockTexture, draw
from headsynth.hair.undergrowth import Patch
from headsynth.hair.worn import strand_flow
from headsynth.people.base_mesh import BaseMesh
from trans3dhead.head_model import HeadModel


class HairSalon:
    """All that the hair of a process is made of; each is made when first needed, and kept."""

    def __init__(
        self,
        head: HeadModel,
        mesh: BaseMesh,
        hair: Sequence[Wearable] = (),
        brows: Sequence[Wearable] = (),
        lashes: Sequence[Wearable] = (),
    ) -> None:
        """hair, brows, lashes: of an assets folder, all or none."""
        self.ground = HairGround(head, mesh)
        self.hair, self.brows, self.lashes = tuple(hair), tuple(brows), tuple(lashes)

    @cached_property
    def scalp(self) -> Patch:
        """Where hair may grow, a little beyond the usual hairline."""
        return Patch.of(self.ground.mesh, (self.ground.height > -0.035) & ~self.ground.on_ear)

    @cached_property
    def beard(self) -> Patch:
        """Where beards may grow: the beard's region without the inside of the mouth."""
        return Patch.of(self.ground.mesh, self.ground.bearded)

    @cached_property
    def pool(self) -> Pool:
        """Heads of hair, beards and brows that grew beforehand."""
        return Pool(self.ground, self.scalp, self.beard)

    @cached_property
    def textures(self) -> dict[str, LockTexture]:
        """The textures of locks by the words of CURLS."""
        return {name: draw(name) for name in CURLS}

    @cached_property
    def flows(self) -> dict[str, np.ndarray]:
        """How strands run in the assets' textures, by the asset's name."""
        return {item.name: strand_flow(item) for item in (*self.hair, *self.brows, *self.lashes)}
