// Pictures brought to another size, as `Predictor` does it with OpenCV: means over areas, bilinear, Gaussian.
//
// All of it is separable and linear. So one filter for each axis, made of all steps, takes the photograph's pixels to
// the result's. A filter is a list, for each pixel of the result, of {start, weights}: which pixels count how much.

/** From `from` pixels to fewer: each the mean over its part. */
export function area(from, to) {
  const step = from / to;
  return Array.from({ length: to }, (_, i) => {
    const [low, high] = [i * step, (i + 1) * step];
    const start = Math.floor(low + 1e-9);
    const weights = new Float32Array(Math.max(1, Math.ceil(high - 1e-9) - start));
    weights.forEach((_, j) => (weights[j] = (Math.min(high, start + j + 1) - Math.max(low, start + j)) / step));
    return { start, weights };
  });
}

/** From `from` pixels to another number, bilinear; the border goes on outside. */
export function linear(from, to) {
  return Array.from({ length: to }, (_, i) => beside(Math.min(Math.max(((i + 0.5) * from) / to - 0.5, 0), from - 1), from));
}

/** Of `size` pixels, a Gaussian as wide as OpenCV's for 8 bits; the picture is mirrored at its border's pixels. */
export function gaussian(size, sigma) {
  const radius = ((Math.round(6 * sigma + 1) | 1) - 1) / 2;
  const bell = Array.from({ length: 2 * radius + 1 }, (_, j) => Math.exp(-((j - radius) ** 2) / (2 * sigma ** 2)));
  const sum = bell.reduce((a, b) => a + b);
  return Array.from({ length: size }, (_, i) => {
    const start = Math.max(0, i - radius);
    const weights = new Float32Array(Math.min(size - 1, i + radius) - start + 1);
    bell.forEach((weight, j) => (weights[mirrored(i + j - radius, size) - start] += weight / sum));
    return { start, weights };
  });
}

/** Pixel i of the result lies at scale · x + shift, both counted in centres of pixels; what lies outside is black. */
export function placed(from, to, scale, shift) {
  return Array.from({ length: to }, (_, i) => beside(Math.round(((i - shift) / scale) * 32) / 32, from)); // OpenCV's steps
}

/** First `inner`, then `outer`. */
export function chained(outer, inner) {
  return outer.map(({ start, weights }) => {
    const parts = inner.slice(start, start + weights.length);
    if (!parts.length) return { start: 0, weights: new Float32Array() };
    const low = Math.min(...parts.map((part) => part.start));
    const sum = new Float32Array(Math.max(...parts.map((part) => part.start + part.weights.length)) - low);
    parts.forEach((part, j) => part.weights.forEach((weight, k) => (sum[part.start - low + k] += weights[j] * weight)));
    return { start: low, weights: sum };
  });
}

/** pixels: RGBA of `width` columns -> RGB, rows of across.length pixels; rows: `down.length` are filled, at `offset`. */
export function filtered(pixels, width, across, down, result, columns) {
  const needed = down.filter(({ weights }) => weights.length);
  if (!needed.length) return result;
  const first = Math.min(...needed.map(({ start }) => start));
  const end = Math.max(...needed.map(({ start, weights }) => start + weights.length));
  const between = new Float32Array((end - first) * across.length * 3); // filtered across alone
  for (let row = first, to = 0; row < end; row++) {
    for (const { start, weights } of across) {
      let [red, green, blue] = [0, 0, 0];
      for (let j = 0, from = 4 * (row * width + start); j < weights.length; j++, from += 4) {
        red += weights[j] * pixels[from];
        green += weights[j] * pixels[from + 1];
        blue += weights[j] * pixels[from + 2];
      }
      between[to++] = red;
      between[to++] = green;
      between[to++] = blue;
    }
  }
  const line = 3 * across.length;
  const sums = new Float32Array(line);
  down.forEach(({ start, weights }, row) => {
    sums.fill(0);
    for (let j = 0, from = (start - first) * line; j < weights.length; j++, from += line)
      for (let i = 0; i < line; i++) sums[i] += weights[j] * between[from + i];
    for (let i = 0, to = 3 * row * columns; i < line; i++) result[to + i] = Math.round(sums[i]);
  });
  return result;
}

/** The two pixels beside a place, as far as they are there. */
function beside(at, size) {
  const low = Math.floor(at);
  const both = [[low, 1 - (at - low)], [low + 1, at - low]].filter(([x, weight]) => x >= 0 && x < size && weight > 0);
  return { start: both.length ? both[0][0] : 0, weights: Float32Array.from(both, ([, weight]) => weight) };
}

function mirrored(x, size) {
  while (x < 0 || x >= size) x = size === 1 ? 0 : x < 0 ? -x : 2 * (size - 1) - x;
  return x;
}
