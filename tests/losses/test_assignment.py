"""Which locations answer for which head."""

import torch

from trans3dhead.geometry.boxes import iou
from trans3dhead.losses.assignment import assign
from trans3dhead.networks.detection.network import locations

SIZE = 128


def random_case(seed: int, heads: int = 4, batch: int = 2):
    generator = torch.Generator().manual_seed(seed)
    points, strides = locations(SIZE, SIZE)
    count = len(points)
    distances = (torch.rand(batch, count, 4, generator=generator) * 3 + 0.3) * strides[:, None]
    boxes = torch.cat((points - distances[..., :2], distances[..., :2] + distances[..., 2:]), dim=-1)
    scores = torch.rand(batch, count, generator=generator)
    corners = torch.rand(batch, heads, 2, generator=generator) * 100 - 10
    sides = torch.rand(batch, heads, 2, generator=generator) * 60 + 12
    wanted = torch.ones(batch, heads, dtype=torch.bool)
    return scores, boxes, points, strides, torch.cat((corners, sides), dim=-1), wanted, wanted.clone()


def naive(scores, boxes, points, strides, heads, wanted, there):
    """One picture, one loop a rule."""
    best: dict[int, tuple[float, int]] = {}
    metrics: dict[tuple[int, int], float] = {}
    for n in range(len(heads)):
        if not (wanted[n] and there[n]):
            continue
        x, y, w, h = heads[n].tolist()
        row = []
        for a, (px, py) in enumerate(points.tolist()):
            near = max(abs(px - x - w / 2), abs(py - y - h / 2)) <= strides[a] / 2
            if (x < px < x + w and y < py < y + h) or near:
                fit = float(iou(heads[n], boxes[a]))
                row.append((float(scores[a]) * fit**6, fit, a))
        for metric, fit, a in sorted(row, reverse=True)[:10]:
            metrics[n, a] = metric
            if a not in best or fit > best[a][0]:
                best[a] = (fit, n)
    quality = {}
    for n in range(len(heads)):
        own = {a: (metrics[n, a], fit) for a, (fit, head) in best.items() if head == n}
        if own:
            top, largest = max(m for m, _ in own.values()), max(f for _, f in own.values())
            quality |= {a: (n, m / top * largest) for a, (m, _) in own.items()}
    return quality


def test_it_is_the_naive_rule():
    for seed in range(5):
        case = random_case(seed)
        case[5][0, 1] = False
        found = assign(*case)
        for picture in range(2):
            single = [value[picture] if index not in (2, 3) else value for index, value in enumerate(case)]
            expected = naive(*single)
            assert set(torch.nonzero(found.heads[picture] >= 0)[:, 0].tolist()) == set(expected)
            for location, (head, quality) in expected.items():
                assert found.heads[picture, location] == head
                torch.testing.assert_close(found.quality[picture, location].item(), quality, atol=1e-4, rtol=1e-3)
            assert found.quality[picture][found.heads[picture] < 0].abs().max() == 0


def test_the_best_location_of_a_head_is_to_say_its_best_overlap():
    case = random_case(7, heads=1)
    found = assign(*case)
    for picture in range(2):
        own = found.heads[picture] == 0
        fit = iou(case[4][picture], case[1][picture][own])
        torch.testing.assert_close(found.quality[picture].max(), fit.max())


def test_the_smallest_head_has_a_location_wherever_it_is():
    points, strides = locations(SIZE, SIZE)
    boxes = torch.cat((points - 4 * strides[:, None], 8 * strides[:, None].expand(-1, 2)), dim=-1)[None]
    scores = torch.full((1, len(points)), 0.01)
    for x in torch.linspace(0, 100, 37):
        heads = torch.tensor([[[x.item(), 40.3, 6.0, 12.0]]])
        there = torch.ones(1, 1, dtype=torch.bool)
        assert (assign(scores, boxes, points, strides, heads, there, there).heads == 0).any()


def test_heads_that_are_not_wanted_are_neither_target_nor_background():
    scores, boxes, points, strides, _, _, _ = random_case(3, heads=2, batch=1)
    heads = torch.tensor([[[10.0, 10.0, 50.0, 60.0], [40.0, 20.0, 50.0, 60.0], [0.0, 0.0, 128.0, 128.0]]])
    wanted, there = torch.tensor([[True, False, False]]), torch.tensor([[True, True, False]])
    found = assign(scores, boxes, points, strides, heads, wanted, there)
    x, y = points.unbind(-1)
    within = (x > 40) & (x < 90) & (y > 20) & (y < 80)
    assert not found.counted[0][within & (found.heads[0] < 0)].any()
    assert found.counted[0][found.heads[0] == 0].all()  # also those inside of the other
    assert (found.heads[0][within] == 0).any()
    far = (x > 100) | (y > 90)
    assert found.counted[0][far].all()  # the third is none: it fills the list up
    assert (found.heads <= 0).all()


def test_a_picture_without_heads_is_all_background():
    scores, boxes, points, strides, heads, wanted, _ = random_case(4)
    none = torch.zeros_like(wanted)
    found = assign(scores, boxes, points, strides, heads, none, none)
    assert (found.heads == -1).all()
    assert found.counted.all()
    assert found.quality.abs().max() == 0
