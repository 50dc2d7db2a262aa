// The page: photographs, clips and the camera go to the server, and what it found is shown.

import { about, findHeads, glbOf, headModel, skinOf } from "./api.js";
import { FrameLoop } from "./frames.js";
import { HeadModel } from "./head_model.js";
import { at, Heads, save } from "./heads.js";

let limits, shown;
let loop = null; // of the frames that come
let asked = null; // the file of the photograph that is looked at or was, unless frames are
let photograph = null; // {file, anyRoll} of the heads that are shown, unless they are of frames
let asking = new AbortController(); // of the photograph that is looked at

async function start() {
  const [told, file] = await Promise.all([about(), headModel()]);
  limits = told.photograph;
  at("about").textContent = `trans3dhead ${told.version}`;
  shown = await Heads.open(new HeadModel(file), (index) => (photograph ? skinOf(photograph.file, photograph.anyRoll, index) : null));
  listen();
  document.body.dataset.ready = "";
}

// Photographs, clips, the camera

async function open(file) {
  if (!file) return;
  leave();
  if (file.type.startsWith("video/")) return follow(file.name, (loop, seen) => loop.clip(file, seen));
  [asked, asking] = [file, new AbortController()];
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
  loop = asked = photograph = null;
  at("stop").hidden = at("rate").hidden = true;
  at("any-roll").disabled = false;
}

async function look(file, signal) {
  if (file.size > limits.bytes) throw new Error(`The file has ${megabytes(file.size)}; up to ${megabytes(limits.bytes)} are taken.`);
  const picture = await createImageBitmap(file).catch(() => null);
  signal.throwIfAborted();
  if (picture) shown.show(file.name, picture, [picture.width, picture.height], []);
  state("working");
  const anyRoll = at("any-roll").checked;
  const answer = await findHeads(file, anyRoll, signal);
  if (!picture) throw new Error("The browser cannot show this picture; save it as JPEG or PNG.");
  photograph = { file, anyRoll };
  shown.show(file.name, picture, answer.size, answer.heads);
  state("done", summary(answer));
}

async function follow(name, run) {
  const mine = (loop = new FrameLoop());
  at("stop").hidden = at("rate").hidden = false;
  at("any-roll").disabled = true; // frames are looked at as they are
  at("rate").value = "";
  state("working", "");
  shown.begin();
  try {
    await run(mine, (canvas, answer, rate, time) => {
      if (loop !== mine) return;
      shown.showFrame(name, canvas, answer.size, answer.heads, time);
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

function stopped() {
  leave();
  shown.end();
  state(shown.picture ? "done" : "empty");
}

function useCamera() {
  leave();
  return follow("camera", (loop, seen) => loop.camera(seen));
}

async function saveGLB() {
  try {
    save(await glbOf(shown.parameters), `${shown.stem}.glb`);
  } catch (error) {
    fail(error);
  }
}

// Words

function state(name, message) {
  at("stage").dataset.state = name;
  at("stage").setAttribute("aria-busy", name === "working");
  if (message !== undefined) at("message").textContent = message;
  at("message").classList.remove("bad");
}

function fail(error) {
  if (at("stage").dataset.state === "working") state(shown?.picture ? "done" : "empty");
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

// What a person does

function listen() {
  const stage = at("stage");
  at("file").addEventListener("change", (event) => {
    open(event.target.files[0]);
    event.target.value = ""; // so that the same file can be chosen again
  });
  at("any-roll").addEventListener("change", () => open(asked));
  at("camera").addEventListener("click", useCamera);
  at("stop").addEventListener("click", () => loop?.stop());
  at("save-glb").addEventListener("click", saveGLB);
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
}

start().catch(fail);
