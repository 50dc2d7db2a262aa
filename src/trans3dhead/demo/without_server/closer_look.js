// The closer look at a face that was found, as `closer_look.py` takes it: a second network reads it upright and large,
// and both answers become one head.

import { cutTurned } from "./crops.js";
import { pointOnMesh, project } from "./head_model.js";
import { aboutZ, eulerOf, fromSix, midway, product, toSix, turned } from "./rotations.js";

export class CloserLook {
  #read;
  #model;
  #told;
  #landmarks;
  #names;

  /**
   * read: (S, S, 3) pixels -> the reader's outputs by name; model: a `HeadModel`; told: what `about.json` says of the
   * reader; landmarks: of the head model, the corners and weights of each; names: of the expressions.
   */
  constructor(read, model, told, landmarks, names) {
    this.#read = read;
    this.#model = model;
    this.#told = told;
    this.#landmarks = landmarks;
    this.#names = names;
  }

  /** The head, refined where its face can be seen. first: the square {side, corner} in whose units its parameters are. */
  async refined(picture, head, first) {
    const weight = this.#weight(head);
    if (weight <= 0) return head;
    const square = this.#square(head);
    if (!this.#showsAFace(square, picture)) return head;
    const said = await this.#read(cutTurned(picture, square, this.#told.size));
    return this.#together(head, weight, this.#onPicture(said, square), first);
  }

  /** 0..1, how much the closer look counts: the less of a face is seen, the less. */
  #weight({ pose: { rotation_matrix } }) {
    const away = (Math.acos(Math.min(Math.max(-rotation_matrix[2][2], -1), 1)) * 180) / Math.PI;
    const { whole, none } = this.#told;
    return Math.min(Math.max((none - away) / (none - whole), 0), 1);
  }

  /** As `face_square` has it of a weak-perspective camera: {middle, side, roll}. */
  #square({ parameters, camera, pose: { rotation_matrix: rotation } }) {
    const points = this.#landmarks.map(({ vertices, weights }) =>
      weightedMean(vertices.map((v) => this.#atRest(v, parameters.shape)), weights));
    const middle = weightedMean(points, points.map(() => 1 / points.length));
    const radius = Math.sqrt(points.reduce((sum, point) => sum + distance(point, middle) ** 2, 0) / points.length);
    return {
      middle: onPicture(middle, rotation, camera),
      side: this.#told.side * radius * camera.scale,
      roll: (Math.atan2(rotation[0][1], -rotation[1][1]) * 180) / Math.PI,
    };
  }

  /** Metres, head space: a vertex of the head without an expression. */
  #atRest(vertex, shape) {
    const { template, shapeBasis: { rows, scale } } = this.#model;
    return [0, 1, 2].map((axis) => {
      const at = 3 * vertex + axis;
      return shape.reduce((sum, weight, row) => sum + weight * scale[row] * rows[row * template.length + at], template[at]);
    });
  }

  #showsAFace({ middle: [x, y], side }, { width, height }) {
    const inside = (at, length) => Math.max(0, Math.min(at + side / 2, length) - Math.max(at - side / 2, 0));
    const { largest, least_inside } = this.#told;
    return side >= 1 && side <= largest * Math.max(width, height) && inside(x, width) * inside(y, height) >= least_inside * side ** 2;
  }

  /** What the reader says of a crop, in pixels of the picture and turned back; null where it says no numbers. */
  #onPicture({ landmarks, landmark_spread, parameters: { data } }, { middle, side, roll }) {
    const back = aboutZ(roll);
    const group = (name) => [...data.subarray(this.#told.parameters[name].start, this.#told.parameters[name].stop)];
    const points = Array.from({ length: landmarks.data.length / 2 }, (_, i) => {
      const [x, y] = turned(back, [landmarks.data[2 * i] - 0.5, landmarks.data[2 * i + 1] - 0.5, 0]);
      return [middle[0] + side * x, middle[1] + side * y];
    });
    const [low, high] = this.#told.expression_bounds;
    const seen = {
      landmarks: points,
      spread: landmark_spread && [...landmark_spread.data].map((value) => side * value),
      shape: group("shape"),
      expression: group("expression").map((value) => Math.min(Math.max(value, low), high)),
      rotation: product(back, fromSix(group("rotation"))),
    };
    const numbers = [seen.landmarks, seen.shape, seen.expression, seen.rotation].flat(2);
    return numbers.every(Number.isFinite) ? seen : null;
  }

  /** The head as both looks have it; its camera puts the mesh where the landmarks are. */
  #together(head, weight, seen, first) {
    if (!seen) return head;
    const share = this.#told.share;
    const rotation = midway(head.pose.rotation_matrix, seen.rotation, share.rotation * weight);
    const landmarks = head.landmarks_2d.map((point, i) => towards(point, seen.landmarks[i], share.points * weight));
    const shape = towards(head.parameters.shape, seen.shape, share.shape * weight);
    const expression = towards(head.parameters.expression, seen.expression, weight);
    const vertices = this.#model.vertices({ parameters: { shape, expression } });
    const landmarks3d = this.#landmarks.map((landmark) => pointOnMesh(vertices, landmark));
    const fitted = cameraOf(landmarks3d.map((point) => turned(rotation, point)), landmarks);
    if (!(fitted.scale > 0)) return head;
    const camera = {
      ...head.camera,
      scale: head.camera.scale + weight * (fitted.scale - head.camera.scale),
      translation: towards(head.camera.translation, fitted.translation, weight),
    };
    const place = camera.translation.map((value, i) => (2 * (value - first.corner[i])) / first.side - 1);
    const refined = {
      ...head,
      landmarks_2d: landmarks,
      landmarks_3d: landmarks3d,
      pose: { ...eulerOf(rotation), rotation_matrix: rotation },
      camera,
      parameters: {
        ...head.parameters, shape, expression, rotation: toSix(rotation),
        translation: [...place, head.parameters.translation[2]], scale: [(2 * camera.scale) / first.side - 1],
      },
      blendshapes: Object.fromEntries(this.#names.map((name, i) => [name, expression[i]])),
    };
    refined.box = this.#bounds(vertices, refined);
    if (head.landmark_spread && seen.spread) refined.landmark_spread = towards(head.landmark_spread, seen.spread, share.points * weight);
    return refined;
  }

  /** [x, y, w, h] of the projected head, without the neck. */
  #bounds(vertices, head) {
    const points = project(vertices, head, new Float32Array((2 * vertices.length) / 3));
    const [low, high] = [[Infinity, Infinity], [-Infinity, -Infinity]];
    for (const v of this.#told.head) {
      for (let axis = 0; axis < 2; axis++) {
        low[axis] = Math.min(low[axis], points[2 * v + axis]);
        high[axis] = Math.max(high[axis], points[2 * v + axis]);
      }
    }
    return [...low, high[0] - low[0], high[1] - low[1]];
  }
}

/** The weak-perspective camera that brings points, in camera axes, nearest to where they are seen; as `Camera.fitted`. */
function cameraOf(points, seen) {
  const equal = points.map(() => 1 / points.length);
  const [from, to] = [weightedMean(points, equal), weightedMean(seen, equal)];
  let [along, square] = [0, 0];
  points.forEach((point, i) => {
    for (let axis = 0; axis < 2; axis++) {
      along += (point[axis] - from[axis]) * (seen[i][axis] - to[axis]);
      square += (point[axis] - from[axis]) ** 2;
    }
  });
  const scale = along / square;
  return { scale, translation: to.map((value, axis) => value - scale * from[axis]) };
}

function onPicture(point, rotation, { scale, translation }) {
  return turned(rotation, point).slice(0, 2).map((value, i) => scale * value + translation[i]);
}

function weightedMean(points, weights) {
  return Array.from(points[0], (_, axis) => points.reduce((sum, point, i) => sum + weights[i] * point[axis], 0));
}

function towards(first, second, share) {
  return first.map((value, i) => value + share * (second[i] - value));
}

function distance(first, second) {
  return Math.hypot(...first.map((value, i) => value - second[i]));
}
