// What was found in a picture: it is drawn on it, one head of it stands in 3D and can be changed and saved.

import { Recording } from "./recording.js";
import { Overlay } from "./overlay.js";
import { Blendshapes, Dials } from "./panels.js";
import { Viewer } from "./viewer.js";

export const at = (id) => document.getElementById(id);
const TALLEST = 0.72; // of the window, for the picture
const LEAST_LABELLED = 70; // pixels of the page; narrower heads have their number alone

export class Heads {
  #found = { name: "", picture: null, size: [1, 1], heads: [], chosen: null, live: false };
  #recording = null;
  #model;
  #overlay;
  #viewer = null;
  #skinOf;
  #skins = new WeakMap(); // of heads
  #worn = null; // the head whose skin is shown
  #dials;
  #blendshapes;

  /** skinOf: a head's place among those of the picture -> a promise of its own skin, null where there is none. */
  static async open(model, skinOf) {
    const heads = new Heads(model, skinOf);
    try {
      heads.#viewer = await Viewer.open(at("viewer"), model);
      at("viewer-note").textContent = "The head appears here";
    } catch {
      at("viewer-note").textContent = "This browser has no WebGL: the head is drawn on the picture alone.";
    }
    heads.#listen();
    return heads;
  }

  constructor(model, skinOf) {
    this.#model = model;
    this.#skinOf = skinOf;
    this.#overlay = new Overlay(at("overlay"), model);
    this.#dials = new Dials(at("dials"));
    this.#blendshapes = new Blendshapes(at("blendshapes"), model.expressionNames, () => this.#expressionMoved());
  }

  get picture() {
    return this.#found.picture;
  }

  /** The name of files of what is shown. */
  get stem() {
    return this.#found.name.replace(/\.\w+$/, "") || "head";
  }

  /** The parameters of the chosen head, with the expression that the sliders say. */
  get parameters() {
    return { ...this.#found.chosen.parameters, expression: this.#blendshapes.values };
  }

  /** The chosen head's place among those of the picture. */
  get index() {
    return this.#found.heads.indexOf(this.#found.chosen);
  }

  /** A picture and its heads, which stay until the next. */
  show(name, picture, size, heads) {
    this.#recording = new Recording(this.#model.expressionNames);
    this.#recording.add(null, heads);
    this.#show(name, picture, size, heads, false);
  }

  /** A run of frames begins. */
  begin() {
    this.#recording = new Recording(this.#model.expressionNames);
  }

  /** The next frame of it; time: seconds. */
  showFrame(name, picture, size, heads, time) {
    this.#recording.add(time, heads);
    this.#show(name, picture, size, heads, true);
  }

  /** The last frame stays, and its heads can be changed. */
  end() {
    const { name, picture, size, heads, live } = this.#found;
    if (live) this.#show(name, picture, size, heads, false);
  }

  #show(name, picture, size, heads, live) {
    const before = this.#found.chosen;
    const again = heads.find((head) => head === before || (live && before && head.id === before.id));
    this.#found = { name, picture, size, heads, live, chosen: again ?? heads[0] ?? null };
    this.#shape();
    this.#showChosen();
  }

  #showChosen() {
    const { chosen, live } = this.#found;
    this.#blendshapes.show(chosen?.parameters.expression ?? null, live);
    this.#dials.show(chosen?.pose ?? null);
    if (chosen) this.#viewer?.show(this.#model.found(chosen), chosen.pose.rotation_matrix, live);
    else this.#viewer?.hide();
    if (this.#viewer) at("viewer-note").textContent = chosen ? "" : "The head appears here";
    for (const button of ["save-glb", "save-json"]) at(button).disabled = !chosen;
    at("save-csv").disabled = !this.#recording?.length;
    at("found").disabled = true;
    this.#dress();
    this.#buttons();
    this.#draw();
  }

  /** The photograph's skin or the painted one; while frames come the painted one. */
  async #dress() {
    const { chosen, live } = this.#found;
    const wanted = chosen && !live && at("own-skin").checked ? chosen : null;
    if (!this.#viewer || wanted === this.#worn) return;
    this.#worn = wanted;
    if (wanted && !this.#skins.has(wanted)) this.#skins.set(wanted, this.#skinOf(this.index));
    try {
      await this.#viewer.wear(null); // until its own is there, a head wears nobody else's
      const skin = wanted && (await this.#skins.get(wanted));
      if (skin && this.#worn === wanted) await this.#viewer.wear(skin);
    } catch (error) {
      this.#skins.delete(wanted);
      if (this.#worn === wanted) at("message").textContent = error.message;
    }
  }

  #draw() {
    const { picture, size, heads, chosen, live } = this.#found;
    if (!picture) return;
    const shown = Object.fromEntries([...at("drawing").querySelectorAll("input")].map((box) => [box.name, box.checked]));
    this.#overlay.draw(picture, size, heads, chosen, shown, live);
  }

  /** Give the picture as much room as there is, in its own proportions. */
  #shape() {
    const [width, height] = this.#found.size;
    const tallest = TALLEST * window.innerHeight;
    const room = at("stage").clientWidth;
    const zoom = Math.min(room / width, tallest / height, 3 * Math.max(1, 320 / height));
    const { style } = at("picture");
    style.width = `${Math.round(width * zoom)}px`;
    style.height = `${Math.round(height * zoom)}px`;
    at("stage").dataset.state = at("stage").dataset.state === "empty" ? "done" : at("stage").dataset.state;
  }

  /** A button over each head: it can be clicked, and reached with the keyboard. */
  #buttons() {
    const place = at("boxes");
    const { heads, chosen, size: [width, height] } = this.#found;
    while (place.children.length > heads.length) place.lastChild.remove();
    while (place.children.length < heads.length) place.append(this.#button());
    heads.forEach((head, index) => {
      const [x, y, w, h] = head.box;
      const box = place.children[index];
      box.style.left = `${(100 * x) / width}%`;
      box.style.top = `${(100 * y) / height}%`;
      box.style.width = `${(100 * w) / width}%`;
      box.style.height = `${(100 * h) / height}%`;
      box.classList.toggle("high", y < 0.08 * height);
      box.classList.toggle("right", x > 0.6 * width);
      box.setAttribute("aria-pressed", head === chosen);
      const number = (head.id ?? index) + 1;
      const words = `Head ${number}, ${Math.round(100 * head.score)} %${head.doubtful ? ", doubtful" : ""}`;
      const short = head !== chosen && (w / width) * place.clientWidth < LEAST_LABELLED;
      box.firstChild.textContent = short ? number : words;
      box.setAttribute("aria-label", words);
    });
  }

  #button() {
    const box = document.createElement("button");
    box.type = "button";
    box.className = "box";
    box.append(document.createElement("span"));
    box.addEventListener("click", () => {
      this.#found.chosen = this.#found.heads[[...box.parentNode.children].indexOf(box)];
      this.#showChosen();
    });
    return box;
  }

  #expressionMoved() {
    const { chosen } = this.#found;
    if (chosen) {
      this.#viewer?.show(this.#model.vertices(chosen, this.#blendshapes.values), chosen.pose.rotation_matrix);
    }
    at("found").disabled = !this.#blendshapes.changed;
  }

  #saveJSON() {
    const { name, size, heads } = this.#found;
    save(new Blob([JSON.stringify({ image: name, size, heads })], { type: "application/json" }), `${this.stem}.json`);
  }

  #listen() {
    at("save-json").addEventListener("click", () => this.#saveJSON());
    at("save-csv").addEventListener("click", () => {
      save(new Blob([this.#recording.csv()], { type: "text/csv" }), `${this.stem}.csv`);
    });
    at("drawing").addEventListener("change", () => this.#draw());
    at("posed").addEventListener("change", (event) => { if (this.#viewer) this.#viewer.posed = event.target.checked; });
    at("wireframe").addEventListener("change", (event) => { if (this.#viewer) this.#viewer.wireframe = event.target.checked; });
    at("own-skin").addEventListener("change", () => this.#dress());
    at("front").addEventListener("click", () => this.#viewer?.reset());
    at("found").addEventListener("click", () => this.#showChosen());
    at("all").addEventListener("change", (event) => {
      this.#blendshapes.all = event.target.checked;
      this.#blendshapes.order();
    });
    window.addEventListener("resize", () => {
      if (!this.#found.picture) return;
      this.#shape();
      this.#draw();
    });
  }
}

/** Give a person a file. */
export function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
