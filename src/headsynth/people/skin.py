"""Skin as a material: a texture or a plain tone, uneven pigment, marks, relief, paint, short hair.

Skin's reflectance follows from its index of refraction, 1.4; all else is by eye.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from headsynth.people.complexion import BLOOD, MELANIN, Complexion
from headsynth.people.face_map import FaceMap
from headsynth.people.face_painting import Layer
from headsynth.people.makeup import Paint
from headsynth.people.skin_maps import SkinMaps
from headsynth.rendering.scene import Surface, SurfaceSamples
from headsynth.rendering.textures import Texture
from trans3dhead.geometry.vectors import unit

_WRAP = (0.22, 0.10, 0.06)  # light scattered under the skin: red goes furthest
_GLOSS, _GLINT = 9.0, (0.04, 0.16)  # exponent of the broad highlight; share of the sharp one, dry and oily
_GRAZING = 0.05  # rough skin mirrors less at the silhouette than a polished surface
_FRESNEL = 0.028  # reflectance of skin at normal incidence (index 1.4)
_LIT, _DARKENS = 0.010, 0.022  # metres: the mouth's lit entrance, and behind it how fast light falls to 1/e
_BRIGHTEST, _DARKEST = 0.85, 0.004
# Slopes of relief where the maps say one.
_FINE_SLOPE, _WRINKLE_SLOPE = 0.12, 0.36


@dataclass(frozen=True)
class Marks:
    """What is known of each vertex of the skin's part."""

    rest: np.ndarray  # (V, 3) metres: the template's vertices, where on the body a sample is
    plain: np.ndarray  # (V,) 0..1 how much of the texture gives way to the mean colour: it ends below the neck
    scalp: np.ndarray  # (V,) 0..1 how much of it gives way to the forehead's colour: hair is painted there
    ears: np.ndarray  # (V,) 0..1
    lips: np.ndarray  # (V,) 0..1 what is redder where there is neither texture nor complexion
    stubble: np.ndarray  # (V,) 0..1 cover by short hair
    inside: np.ndarray  # (V,) 0..1 the mouth's lining

    @property
    def columns(self) -> np.ndarray:
        """(V, 9) float32, in the order of the fields."""
        fields = (self.rest, self.plain, self.scalp, self.ears, self.lips, self.stubble, self.inside)
        return np.column_stack(fields).astype(np.float32)


@dataclass(frozen=True)
class Detail:
    """All that makes one person's skin more than its tone."""

    complexion: Complexion
    face: FaceMap
    maps: SkinMaps
    rotation: np.ndarray  # (3, 3) head space -> camera space
    creases: np.ndarray  # (4,) strength of the wrinkles of forehead, frown, eye corners, smile
    paints: tuple[Paint, ...]
    brows: float  # opacity of painted brows


@dataclass(frozen=True)
class Skin:
    """The body's surface as a material."""

    texture: Texture | None
    gain: np.ndarray  # (3,) on the texture
    tone: np.ndarray  # (3,) linear, the skin's mean colour
    forehead: np.ndarray  # (3,) linear
    lining: np.ndarray  # (3,) linear, the inside of the mouth
    marks: Marks
    hair: np.ndarray  # (3,) linear colour of stubble and painted brows
    detail: Detail | None  # None: the texture or the tone as it is

    def shade(self, samples: SurfaceSamples) -> Surface:
        """The surface of N samples: skin, short hair and paint."""
        return self._bare(samples, samples.interpolate(self._columns))

    @cached_property
    def _columns(self) -> np.ndarray:
        return self.marks.columns

    def _bare(self, samples: SurfaceSamples, local: np.ndarray) -> Surface:
        """N samples of skin alone. local: (N, 9), the marks at each."""
        rest, (plain, scalp, ears, lips, stubble, inside) = local[:, :3], local[:, 3:].T
        albedo = self._base(samples, plain, scalp)
        reflectance, normals, glint = np.full(len(albedo), _FRESNEL, np.float32), None, _GLINT[0]
        if self.detail is None:
            if self.texture is None:
                albedo *= np.exp(-0.5 * lips[:, None] * BLOOD)
            albedo += (self.hair.astype(np.float32) - albedo) * stubble[:, None]
        else:
            closely = _Closely(self.detail, samples, rest, ears, textured=self.texture is not None)
            albedo *= closely.pigment()
            closely.short_hair(albedo, stubble, self.hair)
            reflectance = closely.reflectance(reflectance)
            closely.paint(albedo, reflectance)
            normals = closely.normals()
            glint += (_GLINT[1] - _GLINT[0]) * self.detail.complexion.oil
        self._mouth(albedo, reflectance, rest, inside)
        np.clip(albedo, _DARKEST, _BRIGHTEST, out=albedo)
        return Surface(albedo, reflectance, _GLOSS, _WRAP, normals, reflection="soft", grazing=_GRAZING, glint=glint)

    def _mouth(self, albedo: np.ndarray, reflectance: np.ndarray, rest: np.ndarray, inside: np.ndarray) -> None:
        """The lining, darker the deeper it lies, in place."""
        within = np.flatnonzero(inside > 0.01)
        depth = self.marks.rest[:, 2][self.marks.inside > 0.5].max(initial=0.0) - rest[within, 2]
        light = np.exp(-np.maximum(depth - np.float32(_LIT), 0.0) * np.float32(1.0 / _DARKENS))
        cover = inside[within, None]
        albedo[within] += (self.lining.astype(np.float32) * light[:, None] - albedo[within]) * cover
        reflectance[within] *= 1.0 + inside[within] * (light - 1.0)

    def _base(self, samples: SurfaceSamples, plain: np.ndarray, scalp: np.ndarray) -> np.ndarray:
        """(N, 3) linear, the texture brought to the tone."""
        if self.texture is None:
            return np.tile(self.tone.astype(np.float32), (len(plain), 1))
        albedo = self.texture.linear(samples.uvs) * self.gain.astype(np.float32)
        albedo += (self.forehead.astype(np.float32) - albedo) * scalp[:, None]
        albedo += (self.tone.astype(np.float32) - albedo) * np.minimum(1.6 * plain, 1.0)[:, None]
        return albedo.astype(np.float32, copy=False)


class _Closely:
    """The maps looked up at N samples, and what follows from them."""

    def __init__(
        self, detail: Detail, samples: SurfaceSamples, rest: np.ndarray, ears: np.ndarray, textured: bool
    ) -> None:
        self.detail, self.samples, self.ears, self.textured = detail, samples, ears, textured
        self.face = detail.face.at(rest)
        self.fine = detail.maps.at(samples.uvs, detail.complexion.place)
        creases = self.face[:, Layer.FOREHEAD : Layer.SMILE + 1] @ detail.creases
        self.creases = np.minimum(creases * np.clip(0.7 + 0.8 * self.fine[:, 4], 0.1, 1.3), 1.2)  # no line is even

    def pigment(self) -> np.ndarray:
        """(N, 3) factors on the albedo, by what melanin and blood there is more or less than the mean."""
        skin, face, fine = self.detail.complexion, self.face, self.fine
        own = 0.4 if self.textured else 1.0  # a texture brings most of these
        depth = face[:, Layer.WRINKLES] * self.creases
        under, lips = face[:, Layer.UNDER_EYES], face[:, Layer.LIPS] * np.float32(own)
        flushed = face[:, Layer.FLUSHED] + np.float32(0.7) * self.ears
        blood = np.float32(0.09 * skin.mottling) * fine[:, 4]
        blood += np.float32(0.28 * skin.flush * own) * flushed * (1.0 + 0.5 * fine[:, 4])
        blood += np.float32(0.10 * skin.circles) * under + np.float32(skin.lips[0]) * lips + np.float32(0.05) * depth
        melanin = np.float32(0.075 * skin.patches) * fine[:, 5] + np.float32(0.05 * skin.relief) * fine[:, 3]
        melanin += np.float32(0.16 * skin.circles) * under + np.float32(skin.lips[1]) * lips
        melanin += np.float32(0.14 * skin.lids) * face[:, Layer.LIDS] + np.float32(0.13) * depth
        melanin += np.float32(0.25) * face[:, Layer.LINER]  # roots of lashes
        self._spots(melanin, blood)
        return np.exp(-(melanin[:, None] * MELANIN + blood[:, None] * BLOOD))

    def _spots(self, melanin: np.ndarray, blood: np.ndarray) -> None:
        """Freckles, moles, acne, age spots, added in place; never on lips and lids."""
        skin, where = self.detail.complexion, self.face[:, Layer.FRECKLED]
        if skin.freckles > 0.0:
            melanin += np.float32(0.42) * _come(self.fine[:, 6], skin.freckles * where)
        melanin += np.float32(1.1) * _come(self.fine[:, 7], 0.45 * skin.moles * (where > 0.0))
        if skin.blemishes > 0.0 or skin.age_spots > 0.0:
            column, row = skin.place
            others = self.detail.maps.at(self.samples.uvs, (column + 0.37, row + 0.71))
            blood += np.float32(0.5) * _come(others[:, 7], skin.blemishes * np.minimum(2.0 * where, 1.0))
            melanin += np.float32(0.3) * _come(others[:, 6], 0.6 * skin.age_spots * (where > 0.0))

    def short_hair(self, albedo: np.ndarray, stubble: np.ndarray, colour: np.ndarray) -> None:
        """Stubble as many dark dots, and painted brows, in place."""
        dots = np.clip(0.85 + 0.55 * self.fine[:, 3], 0.4, 1.0)
        cover = stubble * dots
        cover = np.maximum(cover, np.float32(self.detail.brows) * self.face[:, Layer.BROWS])
        albedo += (colour.astype(np.float32) - albedo) * cover[:, None]

    def reflectance(self, base: np.ndarray) -> np.ndarray:
        """(N,) more where skin is oily, less in pores."""
        oil, face = np.float32(self.detail.complexion.oil), self.face
        level = np.float32(0.42) + np.float32(0.3) * oil + oil * np.float32(0.6) * face[:, Layer.OILY]
        level += np.float32(0.3) * face[:, Layer.LIPS] - np.float32(0.3) * face[:, Layer.UNDER_EYES]
        level *= 1.0 - np.float32(0.35) * self.fine[:, 3] + np.float32(0.25) * self.fine[:, 5]
        level *= np.float32(1.0 - 0.2 * self.detail.complexion.darkness)
        return base * np.maximum(level, 0.1)

    def paint(self, albedo: np.ndarray, reflectance: np.ndarray) -> None:
        """Lay make-up over the albedo and the reflectance, in place."""
        for paint in self.detail.paints:
            cover = self.face[:, paint.layer] * np.float32(paint.opacity)
            albedo += (paint.colour - albedo) * cover[:, None]
            reflectance += np.float32(paint.gloss) * cover

    def normals(self) -> np.ndarray:
        """(N, 3) unit, camera space, bent by pores and wrinkles."""
        fine = self.fine[:, :3] * np.float32(_FINE_SLOPE * self.detail.complexion.relief)
        slopes = self.face[:, Layer.WRINKLES_X : Layer.WRINKLES_Y + 1] * self.creases[:, None]
        axes = (self.detail.rotation[:, :2] * _WRINKLE_SLOPE).astype(np.float32)
        return unit(self.samples.normals + fine + slopes @ axes.T)


def _come(rank: np.ndarray, density: np.ndarray) -> np.ndarray:
    """(N,) 0..1 spots of a rank map: the denser they come, the lower a rank is enough."""
    return np.clip((rank - (1.0 - 0.9 * density)) * np.float32(3.5), 0.0, 1.0) * (density > 0.0)
