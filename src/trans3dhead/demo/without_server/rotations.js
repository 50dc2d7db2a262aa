// Rotations, three rows of three numbers each; the formulas are those of `geometry/matrices.py`.

const DEGREE = Math.PI / 180;

export function aboutZ(degrees) {
  const [cosine, sine] = [Math.cos(degrees * DEGREE), Math.sin(degrees * DEGREE)];
  return [[cosine, -sine, 0], [sine, cosine, 0], [0, 0, 1]];
}

export function product(first, second) {
  return first.map((row) => [0, 1, 2].map((j) => row.reduce((sum, value, k) => sum + value * second[k][j], 0)));
}

export function transposed(rotation) {
  return [0, 1, 2].map((j) => rotation.map((row) => row[j]));
}

export function turned(rotation, point) {
  return rotation.map((row) => dot(row, point));
}

/** Two 3-vectors one after the other, see `matrix_from_6d`. */
export function fromSix(six) {
  const first = unit(six.slice(0, 3));
  const third = unit(cross(first, six.slice(3)));
  return transposed([first, cross(third, first), third]);
}

export function toSix(rotation) {
  return [0, 1].flatMap((column) => rotation.map((row) => row[column]));
}

/** The one between both, share: how much the second counts. As `mean_matrix`, about the axis from one to the other. */
export function midway(first, second, share) {
  const between = product(transposed(first), second);
  const axis = [between[2][1] - between[1][2], between[0][2] - between[2][0], between[1][0] - between[0][1]];
  const sine = Math.hypot(...axis) / 2;
  if (sine < 1e-9) return first;
  const cosine = (between[0][0] + between[1][1] + between[2][2] - 1) / 2;
  const angle = Math.atan2(share * sine, 1 - share + share * cosine);
  return product(first, about(unit(axis), angle));
}

/** Degrees {pitch, yaw, roll}, see `euler_from_matrix`. */
export function eulerOf([[cosRoll, sinRoll, sinYaw], [, , awaySinPitch], [, , awayCosPitch]]) {
  const [sinPitch, cosPitch] = [-awaySinPitch, -awayCosPitch]; // camera axes to those of OpenGL
  const branch = cosPitch < 0 ? -1 : 1;
  return {
    pitch: Math.atan2(branch * sinPitch, branch * cosPitch) / DEGREE,
    yaw: Math.atan2(-sinYaw, branch * Math.hypot(sinPitch, cosPitch)) / DEGREE,
    roll: Math.atan2(branch * sinRoll, branch * cosRoll) / DEGREE,
  };
}

/** Rodrigues' formula; axis: of length one, angle: radians. */
function about([x, y, z], angle) {
  const cross = [[0, -z, y], [z, 0, -x], [-y, x, 0]];
  const twice = product(cross, cross);
  const identity = [[1, 0, 0], [0, 1, 0], [0, 0, 1]];
  return identity.map((row, i) => row.map((value, j) => value + Math.sin(angle) * cross[i][j] + (1 - Math.cos(angle)) * twice[i][j]));
}

function dot(first, second) {
  return first.reduce((sum, value, i) => sum + value * second[i], 0);
}

function cross([a, b, c], [x, y, z]) {
  return [b * z - c * y, c * x - a * z, a * y - b * x];
}

function unit(vector) {
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}
