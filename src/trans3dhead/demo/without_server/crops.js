// The squares that networks see, cut out of a picture {width, height, data: RGBA} as `Crop.cut` does it.

import { area, chained, filtered, gaussian, placed } from "./filters.js";
import { aboutZ } from "./rotations.js";

/** The square about a box: {side, corner} in pixels of the picture. */
export function squareAbout([x, y, w, h], margin) {
  const side = (1 + 2 * margin) * Math.max(w, h);
  return { side, corner: [x + w / 2 - side / 2, y + h / 2 - side / 2] };
}

/** (size, size, 3) of a square. */
export function cut({ width, height, data }, { side, corner }, size) {
  const zoom = size / side;
  const { small, steps } = antialiasing([width, height], zoom);
  const [across, down] = [width, height].map((length, axis) => {
    const scale = (zoom * length) / small[axis];
    return [placed(small[axis], size, scale, -corner[axis] * zoom + 0.5 * scale - 0.5), ...steps[axis]].reduce(chained);
  });
  return filtered(data, width, across, down, new Uint8Array(3 * size * size), size);
}

/** (size, size, 3) of a square about `middle` that is turned clockwise by `roll` degrees; it stands upright in the crop. */
export function cutTurned({ width, height, data }, { middle, side, roll }, size) {
  const { small, steps } = antialiasing([width, height], size / side);
  const [[cosine], [sine]] = aboutZ(roll);
  const at = (u, v) => {
    const [x, y] = [side * (u / size - 0.5), side * (v / size - 0.5)];
    return [(middle[0] + cosine * x - sine * y) * (small[0] / width), (middle[1] + sine * x + cosine * y) * (small[1] / height)];
  };
  const corners = [at(0, 0), at(size, 0), at(0, size), at(size, size)];
  const part = [0, 1].map((axis) => {
    const along = corners.map((corner) => corner[axis]);
    return [Math.max(0, Math.floor(Math.min(...along)) - 2), Math.min(small[axis], Math.ceil(Math.max(...along)) + 2)];
  });
  const [columns, rows] = part.map(([low, high]) => high - low);
  if (columns <= 0 || rows <= 0) return new Uint8Array(3 * size * size);
  const [across, down] = part.map(([low, high], axis) => {
    if (!steps[axis].length) return Array.from({ length: high - low }, (_, i) => ({ start: low + i, weights: Float32Array.of(1) }));
    const [outer, ...rest] = steps[axis];
    return [outer.slice(low, high), ...rest].reduce(chained);
  });
  const pixels = filtered(data, width, across, down, new Uint8Array(3 * columns * rows), columns);
  const place = (u, v) => at(u + 0.5, v + 0.5).map((value, axis) => value - 0.5 - part[axis][0]);
  return sampled(pixels, columns, rows, place, size);
}

/** Bilinear; place: of a pixel of the result, counted in centres of pixels. Black outside. */
function sampled(pixels, columns, rows, place, size) {
  const value = (column, row, channel) =>
    column < 0 || row < 0 || column >= columns || row >= rows ? 0 : pixels[3 * (row * columns + column) + channel];
  const result = new Uint8Array(3 * size * size);
  for (let v = 0, to = 0; v < size; v++) {
    for (let u = 0; u < size; u++) {
      const [x, y] = place(u, v).map((along) => Math.round(along * 32) / 32); // OpenCV's steps
      const [left, top] = [Math.floor(x), Math.floor(y)];
      const [right, below] = [x - left, y - top]; // how much the next column and row count
      for (let channel = 0; channel < 3; channel++) {
        const above = (1 - right) * value(left, top, channel) + right * value(left + 1, top, channel);
        const under = (1 - right) * value(left, top + 1, channel) + right * value(left + 1, top + 1, channel);
        result[to++] = 0.5 + (1 - below) * above + below * under; // cut off, so rounded
      }
    }
  }
  return result;
}

/** What shrinks is filtered: halved first, then blurred. The sides of the small picture, and each axis' filters, the last first. */
function antialiasing(sides, zoom) {
  const factor = 2 ** Math.max(0, Math.floor(-Math.log2(zoom)));
  const small = sides.map((side) => Math.ceil(side / factor));
  const scale = sides.map((side, axis) => (zoom * side) / small[axis]);
  const sigma = 0.5 * Math.sqrt(Math.max(0, 1 / (scale[0] * scale[1]) - 1));
  const steps = sides.map((side, axis) => [
    ...(sigma > 0.1 ? [gaussian(small[axis], sigma)] : []),
    ...(factor > 1 ? [area(side, small[axis])] : []),
  ]);
  return { small, steps };
}
