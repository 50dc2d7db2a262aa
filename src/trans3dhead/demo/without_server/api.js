// What the page asks for where there is no server: networks in a worker of this browser. It takes the place of the
// server's `api.js`, and sends nothing.

import { glbFile } from "./glb.js";
import { HeadModel } from "./head_model.js";

const worker = new Worker(new URL("./finder.js", import.meta.url), { type: "module" });
const waiting = new Map(); // what was asked by its number
let [asked, runs] = [0, 0];
let model; // the file

worker.onmessage = ({ data: { loaded, number, answer, error } }) => {
  if (loaded) return working("Looking for heads");
  const { resolve, reject } = waiting.get(number);
  waiting.delete(number);
  if (error) reject(new Error(error));
  else resolve(answer);
};
worker.onerror = (event) => fail(new Error(event.message || "The networks cannot be loaded."));
working("Loading the networks");
for (const id of ["own-skin", "any-roll"]) document.getElementById(id).closest("label").hidden = true; // in Python alone

export async function about() {
  return (await file("about.json")).json();
}

/** The head model's file, see `HeadModel`. */
export async function headModel() {
  model ??= await (await file("head-model.safetensors")).arrayBuffer();
  document.getElementById("message").textContent = ""; // it said that the page loads
  return model;
}

/** A photograph's file -> {size: [w, h], milliseconds, heads}, each head as `predict` writes it. */
export async function findHeads(photograph, anyRoll, signal) {
  const answer = await ask({ file: photograph });
  signal.throwIfAborted();
  return answer;
}

export async function skinOf() {
  return null;
}

/** The parameters of a head -> its GLB file. */
export async function glbOf(parameters) {
  return glbFile(new HeadModel(await headModel()), parameters);
}

/** A run of frames: `await frames.send(jpeg)` gives what was found in it. */
export class Frames {
  #run = runs++;

  static async open() {
    return new Frames();
  }

  send(jpeg) {
    return ask({ file: jpeg, run: this.#run });
  }

  close() {
    worker.postMessage({ run: this.#run, ended: true });
  }
}

function ask(question) {
  const number = asked++;
  return new Promise((resolve, reject) => {
    waiting.set(number, { resolve, reject });
    worker.postMessage({ ...question, number });
  });
}

/** What the page says while somebody waits. */
function working(words) {
  document.getElementById("working").textContent = words;
}

function fail(error) {
  for (const { reject } of waiting.values()) reject(error);
  waiting.clear();
}

async function file(name) {
  const response = await fetch(name);
  if (!response.ok) throw new Error(`${name} is missing beside this page: ${response.status}.`);
  return response;
}
