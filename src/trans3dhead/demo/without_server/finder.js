// Finds heads, in a worker: the detector, the network and the reader of faces under ONNX Runtime Web. As `Predictor`
// does it, step by step; docs/export.md has the same in Python.

import { CloserLook } from "./closer_look.js";
import { cut, squareAbout } from "./crops.js";
import { area, chained, filtered, linear } from "./filters.js";
import { HeadModel, pointOnMesh } from "./head_model.js";
import * as ort from "./onnxruntime/ort.wasm.min.mjs";

const HALF = Math.PI; // radians of a half turn
const SAME = 0.3; // overlap of two frames' boxes that are one head
const FORGOTTEN = 15; // frames after which a head that is gone is another one
const EVERY = 3; // frames from one detection to the next, while all heads of a run are followed: a small network's drift
const STAYED = 0.85; // overlap of a head with the box it was looked for in, below which it is looked at again

const here = (name) => new URL(name, import.meta.url).href;
const ready = open();
ready.then(() => self.postMessage({ loaded: true }), () => {}); // whoever asks next is told what failed
const tracks = new Map(); // of each run of frames, by its number: see `newTrack`
ort.env.wasm.numThreads = 1; // more need headers that not every host sends
ort.env.wasm.wasmPaths = {
  mjs: here("onnxruntime/ort-wasm-simd-threaded.mjs"),
  wasm: here("onnxruntime/ort-wasm-simd-threaded.wasm"),
};

self.onmessage = async ({ data: { number, file, run, ended } }) => {
  if (ended) return tracks.delete(run);
  try {
    self.postMessage({ number, answer: await look(file, run) });
  } catch (error) {
    self.postMessage({ number, error: error.message });
  }
};

async function open() {
  const told = await (await fetch(here("about.json"))).json();
  const [detector, network, reader] = await Promise.all([told.detector, told.network, told.reader].map((one) => one && session(one)));
  return { told, detector, network, closerLook: reader && (await openCloserLook(told, reader)) };
}

async function openCloserLook(told, reader) {
  const model = new HeadModel((await bytes("head-model.safetensors")).buffer);
  const { size } = told.reader;
  const read = (crop) => reader.run({ crops: new ort.Tensor("uint8", crop, [1, size, size, 3]) });
  return new CloserLook(read, model, told.reader, told.network.landmarks, told.network.expressions);
}

/** A graph whose weights lie in files beside it. */
async function session({ graph, weights }) {
  const externalData = await Promise.all(weights.map(async (path) => ({ path, data: await bytes(`networks/${path}`) })));
  return ort.InferenceSession.create(await bytes(`networks/${graph}`), { externalData, executionProviders: ["wasm"] });
}

async function bytes(name) {
  const response = await fetch(here(name));
  if (!response.ok) throw new Error(`${name} is missing beside this page: ${response.status}.`);
  return new Uint8Array(await response.arrayBuffer());
}

/** A picture file -> {size, milliseconds, heads}, each as `predict` writes it; run: of the frames it belongs to. */
async function look(file, run) {
  const { told } = await ready;
  const picture = await pixelsOf(file, told.photograph.pixels);
  const begun = performance.now();
  const heads = run === undefined ? await found(picture) : await followed(picture, run);
  return { size: [picture.width, picture.height], milliseconds: performance.now() - begun, heads: heads.map(rounded) };
}

/** The heads of a frame: where they were in the last one, or, now and then and when one of them is lost, anywhere. */
async function followed(picture, run) {
  if (!tracks.has(run)) tracks.set(run, newTrack());
  const track = tracks.get(run);
  let heads = track.left > 0 ? await heldOn(picture, track.heads) : [];
  track.left -= 1;
  if (!heads.length || heads.length < track.heads.length) {
    heads = await found(picture);
    track.left = EVERY - 1;
  }
  track.heads = heads;
  number(heads, track);
  return heads;
}

/** The heads that the detector finds, the largest first. */
async function found(picture) {
  const { told, detector, network } = await ready;
  const results = [];
  for (const seen of await detected(picture, told, detector)) results.push(await aligned(picture, seen, told, network));
  return closer(picture, chosen(results, told));
}

/** The heads of the last frame, looked for where they were; again where they are, if that is elsewhere. */
async function heldOn(picture, before) {
  const { told, network } = await ready;
  const results = [];
  for (const seen of before.map(asSeen)) {
    const result = await aligned(picture, seen, told, network);
    const stayed = iou(result.head.box, seen.box) >= STAYED;
    results.push(stayed ? result : await aligned(picture, { ...seen, box: result.head.box }, told, network));
  }
  return closer(picture, chosen(results.filter(({ head }) => isInside(head.box, picture, told.detector)), told));
}

function chosen(results, told) {
  return distinct(results.filter(({ head }) => head.score >= told.least_score), told.same_head);
}

/** The heads of some results after the closer look, if there is one, the largest first. */
async function closer(picture, results) {
  const { closerLook } = await ready;
  const heads = [];
  for (const { head, square } of results) heads.push(closerLook ? await closerLook.refined(picture, head, square) : head);
  return heads.sort((a, b) => b.box[2] * b.box[3] - a.box[2] * a.box[3]);
}

/** heads: of the last frame; left: frames to come without the detector; boxes: seen last, with their ids; next: id. */
function newTrack() {
  return { heads: [], left: 0, boxes: [], next: 0 };
}

/** A head of the last frame, as the detector would say where it is. */
function asSeen({ box, detector_score, pose }) {
  return { box, score: detector_score, rotation: pose.rotation_matrix.flat() };
}

/** {width, height, data: RGBA}, upright, on white. */
async function pixelsOf(file, most) {
  const bitmap = await createImageBitmap(file).catch(() => {
    throw new Error("Expected a picture that this browser can show, such as JPEG or PNG.");
  });
  const { width, height } = bitmap;
  if (width * height > most) throw new Error(`The picture has ${width} × ${height} pixels; up to ${most / 1e6} million are taken.`);
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  context.fillStyle = "white";
  context.fillRect(0, 0, width, height);
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  return context.getImageData(0, 0, width, height);
}

/** The boxes that the detector finds: {box: [x, y, w, h] pixels of the picture, score, rotation: 9 numbers}. */
async function detected({ width, height, data }, { detector: { longest_side, largest_zoom, multiple, threshold, least_inside } }, session) {
  const zoom = Math.min(largest_zoom, longest_side / Math.max(width, height));
  const size = [width, height].map((side) => Math.max(1, even(side * zoom)));
  const [across, down] = shrinking([width, height], size);
  const padded = size.map((side) => Math.ceil(side / multiple) * multiple);
  const picture = filtered(data, width, across, down, new Uint8Array(3 * padded[0] * padded[1]), padded[0]);
  const said = await session.run({
    picture: new ort.Tensor("uint8", picture, [1, padded[1], padded[0], 3]),
    threshold: new ort.Tensor("float32", [threshold], [1]),
  });
  const scale = [width / size[0], height / size[1]];
  return Array.from(said.scores.data, (score, index) => ({
    box: Array.from(said.boxes.data.subarray(4 * index, 4 * index + 4), (value, i) => value * scale[i % 2]),
    score,
    rotation: said.rotations.data.subarray(9 * index, 9 * index + 9),
  })).filter(({ box }) => isInside(box, { width, height }, { least_inside }));
}

/** Whether enough of a box lies in the picture. */
function isInside(box, { width, height }, { least_inside }) {
  return overlap(box, [0, 0, width, height]) >= least_inside * box[2] * box[3];
}

/** As `resized_to`: halved while both sides are even, then bilinear, or the mean over areas. */
function shrinking(from, to) {
  let [sides, filters] = [from, [null, null]];
  const then = (make, next) => {
    filters = filters.map((filter, i) => (filter ? chained(make(sides[i], next[i]), filter) : make(sides[i], next[i])));
    sides = next;
  };
  while (sides.every((side, i) => side % 2 === 0 && side / 2 >= to[i])) then(area, sides.map((side) => side / 2));
  then(sides.every((side, i) => side < 2 * to[i]) ? linear : area, to);
  return filters;
}

/** What the network says of a box: {head, square}, the square that it was shown. */
async function aligned(picture, { box, score, rotation: seen }, { network: told }, session) {
  const { size, margin } = told.crop;
  const square = squareAbout(box, margin);
  const { side, corner } = square;
  const said = await session.run({ crops: new ort.Tensor("uint8", cut(picture, square, size), [1, size, size, 3]) });
  const points = (name) => pairs(said[name].data).map(([x, y]) => [corner[0] + side * x, corner[1] + side * y]);
  const group = ({ start, stop }) => [...said.parameters.data.subarray(start, stop)];
  const parameters = Object.fromEntries(Object.entries(told.parameters).map(([name, place]) => [name, group(place)]));
  const [pitch, yaw, roll] = said.euler.data;
  const [x, y, w, h] = said.box.data;
  const landmarks = points("landmarks");
  const head = {
    box: [corner[0] + side * x, corner[1] + side * y, side * w, side * h],
    detector_score: score,
    rotation_check: angleBetween(said.rotation.data, seen),
    landmarks_2d: landmarks,
    landmarks_3d: told.landmarks.map((landmark) => pointOnMesh(said.vertices.data, landmark)),
    pose: { pitch, yaw, roll, rotation_matrix: [0, 3, 6].map((row) => [...said.rotation.data.subarray(row, row + 3)]) },
    camera: {
      type: "weak_perspective",
      scale: (Math.max(parameters.scale[0] + 1, 1e-8) / 2) * side,
      translation: [0, 1].map((i) => corner[i] + (side * (parameters.translation[i] + 1)) / 2),
    },
    parameters,
    blendshapes: Object.fromEntries(told.expressions.map((name, i) => [name, parameters.expression[i]])),
  };
  const spread = said.landmark_spread && [...said.landmark_spread.data].map((value) => value * side);
  if (spread) head.landmark_spread = spread;
  head.score = likely(head, told.score);
  head.agreement = agreement(head, box, points("mesh_landmarks"), told.agreement);
  head.doubtful = head.score < told.doubtful.score || head.rotation_check > told.doubtful.angle;
  return { head, square };
}

/** How likely it is a head, as `head_score.py` has it. */
function likely({ detector_score, landmark_spread, box, pose }, score) {
  const detector = Math.min(Math.max(detector_score, score.extreme), 1 - score.extreme);
  const odds = score.constant + score.weight * Math.log(detector / (1 - detector));
  if (!landmark_spread) return 1 / (1 + Math.exp(-odds));
  const size = Math.sqrt(box[2] * box[3]);
  const behind = Math.abs(pose.yaw) > score.behind ? score.behind_factor : 1;
  const excess = mean(landmark_spread) / size / (score.largest_spread * behind * (1 + score.few_pixels / size));
  const better = Math.max(0, -Math.log(Math.max(excess, score.extreme)));
  return 1 / (1 + Math.exp(-odds - better)) / (1 + excess ** score.steepness);
}

function agreement({ box, landmarks_2d }, given, onMesh, { tolerance }) {
  const apart = mean(landmarks_2d.map(([x, y], i) => Math.hypot(x - onMesh[i][0], y - onMesh[i][1])));
  return iou(given, box) * Math.exp(-apart / Math.sqrt(box[2] * box[3]) / tolerance);
}

/** Two boxes that led to the same head leave one, the one with the better score. */
function distinct(results, same) {
  const kept = [];
  for (const result of [...results].sort((a, b) => b.head.score - a.head.score)) {
    if (kept.every((other) => iou(result.head.box, other.head.box) <= same)) kept.push(result);
  }
  return kept;
}

/** Heads of a run of frames keep their ids while their boxes overlap from frame to frame. */
function number(heads, track) {
  const free = new Set(track.boxes);
  for (const head of heads) {
    const before = [...free].sort((a, b) => iou(b.box, head.box) - iou(a.box, head.box))[0];
    const known = before && iou(before.box, head.box) >= SAME;
    if (known) free.delete(before);
    head.id = known ? before.id : track.next++;
  }
  const gone = [...free].map((one) => ({ ...one, gone: one.gone + 1 })).filter((one) => one.gone <= FORGOTTEN);
  track.boxes = [...heads.map(({ id, box }) => ({ id, box, gone: 0 })), ...gone];
}

// Numbers

function overlap([x, y, w, h], [u, v, a, b]) {
  return Math.max(0, Math.min(x + w, u + a) - Math.max(x, u)) * Math.max(0, Math.min(y + h, v + b) - Math.max(y, v));
}

function iou(first, second) {
  const shared = overlap(first, second);
  return shared / (first[2] * first[3] + second[2] * second[3] - shared);
}

/** Degrees between two rotations, nine numbers each. */
function angleBetween(first, second) {
  const trace = first.reduce((sum, value, i) => sum + value * second[i], 0);
  return (Math.acos(Math.min(Math.max((trace - 1) / 2, -1), 1)) * 180) / HALF;
}

function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function pairs(values) {
  return Array.from({ length: values.length / 2 }, (_, i) => [values[2 * i], values[2 * i + 1]]);
}

/** To the nearest whole number, halves to the even one, as Python rounds. */
function even(value) {
  const low = Math.floor(value);
  return value - low === 0.5 ? low + (low % 2) : Math.round(value);
}

/** All numbers of a head with five decimals. */
function rounded(value) {
  if (typeof value === "number") return Math.round(1e5 * value) / 1e5;
  if (Array.isArray(value)) return value.map(rounded);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, rounded(inner)]));
}
