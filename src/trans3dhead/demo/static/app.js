// The page: what is chosen, what was found in it, and who is shown.

import { about, findHeads, glbOf } from "./api.js";
import { FrameLoop } from "./frames.js";
import { HeadModel } from "./head_model.js";
import { Overlay } from "./overlay.js";
import { Blendshapes, Dials } from "./panels.js";
import { Viewer } from "./viewer.js";

const at = (id) => document.getElementById(id);
const TALLEST = 0.72; // of the window, for the picture
const LEAST_LABELLED = 70; // pixels of the page; narrower heads have their number alone

const found = { name: "", picture: null, size: [1, 1], heads: [], chosen: null, live: false };
let limits, model, overlay, viewer, dials, blendshapes;
let loop = null; // of the frames that come
let asking = new AbortController(); // of the photograph that is looked at

async function start() {
  const [told, loaded] = await Promise.all([about(), HeadModel.load()]);
  limits = told.photograph;
  model = loaded;
  at("about").textContent = `trans3dhead ${told.version}`;
  overlay = new Overlay(at("overlay"), model);
  dials = new Dials(at("dials"));
  blendshapes = new Blendshapes(at("blendshapes"), model.expressionNames, expressionMoved);
  try {
    viewer = new Viewer(at("viewer"), model);
    at("viewer-note").textContent = "The head appears here";
  } catch {
    at("viewer-note").textContent = "This browser has no WebGL: the head is drawn on the picture alone.";
  }
  listen();
  document.body.dataset.ready = "";
}

// Photographs, clips, the camera

async function open(file) {
  if (!file) return;
  leave();
  if (file.type.startsWith("video/")) return follow(file.name, (loop, seen) => loop.clip(file, seen));
  asking = new AbortController();
  try {
    await look(file, asking.signal);
  } catch (error) {
    if (error.name !== "AbortError") fail(error);
  }
}

/** End what runs. */
function leave() {
  asking.abort();
  loop?.stop();
  loop = null;
  at("stop").hidden = at("rate").hidden = true;
}

async function look(file, signal) {
  if (file.size > limits.bytes) throw new Error(`The file has ${megabytes(file.size)}; up to ${megabytes(limits.bytes)} are taken.`);
  const picture = await createImageBitmap(file).catch(() => null);
  signal.throwIfAborted();
  if (picture) show(file.name, picture, [picture.width, picture.height], [], false);
  state("working");
  const answer = await findHeads(file, signal);
  if (!picture) throw new Error("The browser cannot show this picture; save it as JPEG or PNG.");
  show(file.name, picture, answer.size, answer.heads, false);
  state("done", summary(answer));
}

async function follow(name, run) {
  const mine = (loop = new FrameLoop());
  at("stop").hidden = at("rate").hidden = false;
  at("rate").value = "";
  state("working", "");
  try {
    await run(mine, (canvas, answer, rate) => {
      if (loop !== mine) return;
      show(name, canvas, answer.size, answer.heads, true);
      at("rate").value = `${rate.toFixed(rate < 10 ? 1 : 0)} frames a second`;
      state("done", answer.heads.length ? "" : "No head in this frame.");
    });
    if (loop === mine) stopped();
  } catch (error) {
    if (loop !== mine) return;
    stopped();
    fail(error);
  }
}

/** The last frame stays, and its heads can be changed. */
function stopped() {
  leave();
  if (found.live) show(found.name, found.picture, found.size, found.heads, false);
  state(found.picture ? "done" : "empty");
}

function useCamera() {
  leave();
  return follow("camera", (loop, seen) => loop.camera(seen));
}

// What is shown

function show(name, picture, size, heads, live) {
  const before = found.chosen;
  const again = heads.find((head) => head === before || (live && before && head.id === before.id));
  Object.assign(found, { name, picture, size, heads, live, chosen: again ?? heads[0] ?? null });
  shape(size);
  showChosen();
}

function showChosen() {
  const { chosen, live } = found;
  blendshapes.show(chosen?.parameters.expression ?? null, live);
  dials.show(chosen?.pose ?? null);
  if (chosen) viewer?.show(model.found(chosen), chosen.pose.rotation_matrix);
  else viewer?.hide();
  if (viewer) at("viewer-note").textContent = chosen ? "" : "The head appears here";
  at("save-glb").disabled = at("save-json").disabled = !chosen;
  at("found").disabled = true;
  buttons();
  draw();
}

function draw() {
  if (!found.picture) return;
  const shown = Object.fromEntries([...at("drawing").querySelectorAll("input")].map((box) => [box.name, box.checked]));
  overlay.draw(found.picture, found.size, found.heads, found.chosen, shown);
}

/** Give the picture as much room as there is, in its own proportions. */
function shape([width, height]) {
  const tallest = TALLEST * window.innerHeight;
  const room = at("stage").clientWidth;
  const zoom = Math.min(room / width, tallest / height, 3 * Math.max(1, 320 / height));
  const { style } = at("picture");
  style.width = `${Math.round(width * zoom)}px`;
  style.height = `${Math.round(height * zoom)}px`;
  at("stage").dataset.state = at("stage").dataset.state === "empty" ? "done" : at("stage").dataset.state;
}

/** A button over each head: it can be clicked, and reached with the keyboard. */
function buttons() {
  const place = at("boxes");
  while (place.children.length > found.heads.length) place.lastChild.remove();
  while (place.children.length < found.heads.length) place.append(button());
  const [width, height] = found.size;
  found.heads.forEach((head, index) => {
    const [x, y, w, h] = head.box;
    const box = place.children[index];
    box.style.left = `${(100 * x) / width}%`;
    box.style.top = `${(100 * y) / height}%`;
    box.style.width = `${(100 * w) / width}%`;
    box.style.height = `${(100 * h) / height}%`;
    box.classList.toggle("high", y < 0.08 * height);
    box.classList.toggle("right", x > 0.6 * width);
    box.setAttribute("aria-pressed", head === found.chosen);
    const number = (head.id ?? index) + 1;
    const words = `Head ${number}, ${Math.round(100 * head.score)} %${head.doubtful ? ", doubtful" : ""}`;
    const short = head !== found.chosen && (w / width) * place.clientWidth < LEAST_LABELLED;
    box.firstChild.textContent = short ? number : words;
    box.setAttribute("aria-label", words);
  });
}

function button() {
  const box = document.createElement("button");
  box.type = "button";
  box.className = "box";
  box.append(document.createElement("span"));
  box.addEventListener("click", () => {
    found.chosen = found.heads[[...box.parentNode.children].indexOf(box)];
    showChosen();
  });
  return box;
}

function expressionMoved() {
  const { chosen } = found;
  if (chosen) viewer?.show(model.vertices(chosen, blendshapes.values), chosen.pose.rotation_matrix);
  at("found").disabled = !blendshapes.changed;
}

// Words

function state(name, message) {
  at("stage").dataset.state = name;
  at("stage").setAttribute("aria-busy", name === "working");
  if (message !== undefined) at("message").textContent = message;
  at("message").classList.remove("bad");
}

function fail(error) {
  if (at("stage").dataset.state === "working") state(found.picture ? "done" : "empty");
  at("message").textContent = sentence(error.message);
  at("message").classList.add("bad");
}

function summary({ heads, milliseconds }) {
  if (!heads.length) return "No head was found. A larger or sharper picture may help.";
  const count = heads.length === 1 ? "One head" : `${heads.length} heads`;
  return `${count} in ${(milliseconds / 1000).toFixed(2)} seconds.${heads.length > 1 ? " Click one to see it in 3D." : ""}`;
}

function sentence(words) {
  return words.charAt(0).toUpperCase() + words.slice(1) + (/[.?!]$/.test(words) ? "" : ".");
}

function megabytes(bytes) {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

// Downloads

async function saveGLB() {
  const parameters = { ...found.chosen.parameters, expression: blendshapes.values };
  try {
    save(await glbOf(parameters), `${stem()}.glb`);
  } catch (error) {
    fail(error);
  }
}

function saveJSON() {
  const told = { image: found.name, size: found.size, heads: found.heads };
  save(new Blob([JSON.stringify(told)], { type: "application/json" }), `${stem()}.json`);
}

function stem() {
  return found.name.replace(/\.\w+$/, "") || "head";
}

function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

// What a person does

function listen() {
  const stage = at("stage");
  at("file").addEventListener("change", (event) => {
    open(event.target.files[0]);
    event.target.value = ""; // so that the same file can be chosen again
  });
  at("camera").addEventListener("click", useCamera);
  at("stop").addEventListener("click", () => loop?.stop());
  at("save-glb").addEventListener("click", saveGLB);
  at("save-json").addEventListener("click", saveJSON);
  at("drawing").addEventListener("change", draw);
  at("posed").addEventListener("change", (event) => { if (viewer) viewer.posed = event.target.checked; });
  at("wireframe").addEventListener("change", (event) => { if (viewer) viewer.wireframe = event.target.checked; });
  at("front").addEventListener("click", () => viewer?.reset());
  at("found").addEventListener("click", showChosen);
  at("all").addEventListener("change", (event) => {
    blendshapes.all = event.target.checked;
    blendshapes.order();
  });
  document.addEventListener("paste", (event) => open(event.clipboardData.files[0]));
  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    stage.classList.add("dropping");
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) stage.classList.remove("dropping");
  });
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    stage.classList.remove("dropping");
    open(event.dataTransfer.files[0]);
  });
  window.addEventListener("resize", () => {
    if (!found.picture) return;
    shape(found.size);
    draw();
  });
}

start().catch(fail);
