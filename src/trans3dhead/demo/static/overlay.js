// The picture, with mesh, landmarks, box and axes of its heads drawn on it.

import { project } from "./head_model.js";
import { WITHOUT_GPU } from "./without_gpu.js";

const CHOSEN = "#5eead4";
const OTHER = "#ffffff";
const AXES = ["#ff5a5a", "#52d273", "#5aa2ff"]; // the head's left, up, out of the face
const AXIS_LENGTH = 0.12; // metres
// The 68 landmarks as lines: [first, last, closed].
const LINES = [
  [0, 16, false], [17, 21, false], [22, 26, false], [27, 30, false], [31, 35, false],
  [36, 41, true], [42, 47, true], [48, 59, true], [60, 67, true],
];

export class Overlay {
  #canvas;
  #model;
  #points;
  #seen;

  constructor(canvas, model) {
    this.#canvas = canvas;
    this.#model = model;
    this.#points = new Float32Array(2 * model.count);
    this.#seen = new Uint8Array(model.count);
  }

  /** picture: what a canvas can draw; size: [w, h] its pixels; shown: {mesh, landmarks, box, axes}; live: more come. */
  draw(picture, size, heads, chosen, shown, live) {
    const canvas = this.#canvas;
    const density = live ? 1 : window.devicePixelRatio || 1;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight].map((side) => Math.max(1, Math.round(side * density)));
    if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
    const zoom = canvas.width / size[0]; // from the picture's pixels to the canvas's
    // Thousands of lines: where no GPU draws them, the processor does so best without its imitation of one.
    const paper = canvas.getContext("2d", { willReadFrequently: WITHOUT_GPU });
    paper.setTransform(1, 0, 0, 1, 0, 0);
    paper.clearRect(0, 0, canvas.width, canvas.height);
    paper.drawImage(picture, 0, 0, canvas.width, canvas.height);
    paper.setTransform(zoom, 0, 0, zoom, 0, 0);
    paper.lineJoin = paper.lineCap = "round";
    const pixel = density / zoom; // a pixel of the page
    for (const head of heads) {
      paper.strokeStyle = paper.fillStyle = head === chosen ? CHOSEN : OTHER;
      if (shown.mesh) this.#mesh(paper, head, pixel);
      if (shown.landmarks) landmarks(paper, head, pixel);
      if (shown.box) box(paper, head, pixel, head === chosen);
      if (shown.axes) axes(paper, head, pixel);
    }
  }

  #mesh(paper, head, pixel) {
    const { edges } = this.#model;
    const points = this.#points;
    project(this.#model.found(head), head, points);
    this.#markSeen();
    paper.beginPath();
    for (let e = 0; e < edges.length; e += 2) {
      const [a, b] = [edges[e], edges[e + 1]];
      if (!this.#seen[a] || !this.#seen[b]) continue;
      paper.moveTo(points[2 * a], points[2 * a + 1]);
      paper.lineTo(points[2 * b], points[2 * b + 1]);
    }
    paper.globalAlpha = 0.5;
    paper.lineWidth = Math.min(0.8 * pixel, sizeOf(head) / 350);
    paper.stroke();
    paper.globalAlpha = 1;
  }

  /** Vertices of triangles that face the camera; what other parts of the head hide is not left out. */
  #markSeen() {
    const { triangles } = this.#model;
    const [p, seen] = [this.#points, this.#seen];
    seen.fill(0);
    for (let t = 0; t < triangles.length; t += 3) {
      const [a, b, c] = [triangles[t], triangles[t + 1], triangles[t + 2]];
      const [x, y] = [p[2 * a], p[2 * a + 1]];
      const area = (p[2 * b] - x) * (p[2 * c + 1] - y) - (p[2 * b + 1] - y) * (p[2 * c] - x);
      if (area < 0) seen[a] = seen[b] = seen[c] = 1;
    }
  }
}

function landmarks(paper, head, pixel) {
  const points = head.landmarks_2d;
  paper.lineWidth = Math.min(1.5 * pixel, sizeOf(head) / 120);
  paper.beginPath();
  for (const [first, last, closed] of LINES) {
    paper.moveTo(...points[first]);
    for (let i = first + 1; i <= last; i++) paper.lineTo(...points[i]);
    if (closed) paper.closePath();
  }
  paper.stroke();
  const radius = Math.min(2.2 * pixel, sizeOf(head) / 75);
  for (const [x, y] of points) {
    paper.beginPath();
    paper.arc(x, y, radius, 0, 2 * Math.PI);
    paper.fill();
  }
}

function sizeOf(head) {
  return Math.sqrt(head.box[2] * head.box[3]);
}

function box(paper, head, pixel, chosen) {
  paper.lineWidth = (chosen ? 2 : 1.2) * pixel;
  paper.setLineDash(head.doubtful ? [6 * pixel, 5 * pixel] : []);
  paper.beginPath();
  paper.roundRect(...head.box, 6 * pixel);
  paper.stroke();
  paper.setLineDash([]);
}

function axes(paper, head, pixel) {
  const origin = project([0, 0, 0], head, [0, 0]);
  paper.lineWidth = 3 * pixel;
  AXES.forEach((colour, axis) => {
    const end = [0, 0, 0];
    end[axis] = AXIS_LENGTH;
    paper.strokeStyle = colour;
    paper.beginPath();
    paper.moveTo(...origin);
    paper.lineTo(...project(end, head, [0, 0]));
    paper.stroke();
  });
}
