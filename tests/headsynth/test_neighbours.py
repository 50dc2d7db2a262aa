"""Heads nearby are labelled as exactly as the subject."""

import json

import numpy as np
import pytest
from labelled import labelled_vertices

from headsynth import neighbours
from headsynth.ingredients import ALL, Streams
from headsynth.neighbours import in_company, sample_neighbour, with_room
from headsynth.people.person import Person
from headsynth.people.poses import sample_view
from headsynth.photograph import Photograph, Studio
from headsynth.wear.wardrobe import Wardrobe
from trans3dhead.data.annotations import HeadAnnotation, read_heads
from trans3dhead.data.shards import sample_annotation

_INDICES = range(5)


@pytest.fixture(scope="module")
def pairs(studio: Studio) -> list[Photograph]:
    """Photographs with a neighbour wherever there is room."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(neighbours, "NEIGHBOUR", 1.0)
        return [studio.photograph(12, index) for index in _INDICES]


def _drawn(studio: Studio, index: int):
    streams = Streams(12, index)
    rng = streams["neighbour"]
    assert in_company(rng, ALL)
    view = with_room(rng, sample_view(streams["view"], studio.size), studio.size)
    wardrobe = studio.wardrobe
    person = Person.sample(streams, wardrobe.head, wardrobe.mesh, view, ALL)
    return person, sample_neighbour(rng, streams, studio.dresser, person, view, studio.size, ALL)


def _project(wardrobe: Wardrobe, annotation: HeadAnnotation) -> np.ndarray:
    """(V, 2) pixels, from the annotation alone."""
    points = labelled_vertices(wardrobe.head, annotation)
    return annotation.focal * points[:, :2] / points[:, 2:] + annotation.principal_point


def test_labels_of_neighbours_are_the_rendered_vertices(
    studio: Studio, pairs: list[Photograph], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(neighbours, "NEIGHBOUR", 1.0)
    compared = 0
    for index, photograph in zip(_INDICES, pairs, strict=True):
        for annotation in photograph.annotations[1:]:
            _, (drawn,) = _drawn(studio, index)
            skin = drawn.dressed.parts[0]
            rows = studio.wardrobe.mesh.pieces[0].rows
            in_head = np.isin(rows, studio.wardrobe.head_rows)
            points = skin.vertices[in_head].astype(np.float64)
            rendered = annotation.focal * points[:, :2] / points[:, 2:] + annotation.principal_point
            expected = _project(studio.wardrobe, annotation)[rows[in_head]]
            assert np.abs(rendered - expected).max() < 0.02  # pixels of 96
            compared += 1
    assert compared > 0


def test_one_camera_and_the_subject_first(
    studio: Studio, pairs: list[Photograph], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(neighbours, "NEIGHBOUR", 1.0)
    assert {len(photograph.annotations) for photograph in pairs} == {1, 2}
    for index, photograph in zip(_INDICES, pairs, strict=True):
        subject = _drawn(studio, index)[0]
        np.testing.assert_array_equal(photograph.annotation.shape, subject.identity.shape)
        for annotation in photograph.annotations[1:]:
            assert annotation.focal == photograph.annotation.focal
            np.testing.assert_array_equal(annotation.principal_point, photograph.annotation.principal_point)
            assert not np.array_equal(annotation.shape, photograph.annotation.shape)
            assert annotation.attributes["neighbours"] == photograph.annotation.attributes["neighbours"] == "1"


def test_labelled_heads_are_in_the_frame_and_apart(pairs: list[Photograph]) -> None:
    for photograph in pairs:
        for annotation in photograph.annotations[1:]:
            low, high = annotation.box[:2], annotation.box[:2] + annotation.box[2:]
            inside = np.maximum(np.minimum(high, 96.0) - np.maximum(low, 0.0), 0.0).prod()
            assert inside / annotation.box[2:].prod() >= 0.6
            assert np.linalg.norm(annotation.translation - photograph.annotation.translation) > 0.15  # metres


def test_a_shard_holds_both_heads(pairs: list[Photograph]) -> None:
    photograph = next(photograph for photograph in pairs if len(photograph.annotations) == 2)
    again = read_heads(json.dumps(sample_annotation("anny", photograph.annotations)), "0.json", "render it again")
    np.testing.assert_array_equal(again[1].rotation, photograph.annotations[1].rotation)
    assert len(again) == 2


def test_neighbours_do_not_depend_on_what_was_made_before(
    studio: Studio, wardrobe: Wardrobe, pairs: list[Photograph], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(neighbours, "NEIGHBOUR", 1.0)
    number = next(i for i, photograph in enumerate(pairs) if len(photograph.annotations) == 2)
    again = Studio(wardrobe, 96, dresser=studio.dresser).photograph(12, number)
    np.testing.assert_array_equal(again.image, pairs[number].image)
    assert [a.to_json() for a in again.annotations] == [a.to_json() for a in pairs[number].annotations]


def test_alone_without_company(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbours, "NEIGHBOUR", 0.0)
    photograph = studio.photograph(12, 0)
    assert len(photograph.annotations) == 1
    assert photograph.annotation.attributes["neighbours"] == "0"
