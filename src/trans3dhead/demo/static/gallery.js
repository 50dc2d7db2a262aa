// The page without a server: the heads of some photographs, all of which is in its file.

import { bytesOf, embedded, embeddedBytes } from "./embedded.js";
import { HeadModel } from "./head_model.js";
import { at, Heads } from "./heads.js";

async function start() {
  const { version, pictures } = embedded("gallery");
  at("about").textContent = `trans3dhead ${version}`;
  let current = null;
  const skinOf = async (index) => ({ ...current.skins[index], jpeg: bytesOf(current.skins[index].jpeg) });
  at("own-skin").checked = true;
  const shown = await Heads.open(new HeadModel(embeddedBytes("head-model").buffer), skinOf);
  const buttons = pictures.map((picture) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = picture.name;
    button.addEventListener("click", () => choose(picture));
    return button;
  });
  async function choose(picture) {
    current = picture;
    buttons.forEach((button, index) => button.setAttribute("aria-pressed", pictures[index] === picture));
    const pixels = await createImageBitmap(new Blob([bytesOf(picture.jpeg)]));
    if (current !== picture) return; // another was chosen meanwhile
    shown.show(picture.name, pixels, picture.size, picture.heads);
    at("message").textContent = { 0: "No head was found.", 1: "One head." }[picture.heads.length]
      ?? `${picture.heads.length} heads. Click one to see it in 3D.`;
  }
  at("save-glb").addEventListener("click", () => open(current.files[shown.index]));
  document.querySelector("header p").textContent = "3D heads of photographs. This page works without a server and asks nobody.";
  at("source").replaceChildren(...buttons);
  at("source").classList.add("photographs");
  at("stage").dataset.state = "done";
  if (pictures.length) await choose(pictures[0]);
  document.body.dataset.ready = "";
}

/** A file of the same folder, to be saved. */
function open(name) {
  const link = document.createElement("a");
  link.href = `./${encodeURIComponent(name)}`;
  link.download = name;
  link.click();
}

start();
