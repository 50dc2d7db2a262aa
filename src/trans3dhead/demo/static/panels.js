// The pose as three dials, the expression as bars that can be moved.

const RADIUS = 40;
const STRONGEST = 12; // blendshapes that are shown, unless all are
const REORDERED = 1000; // milliseconds: how often, while frames come
const ANGLES = {
  yaw: ["Yaw", "to the image's left", "to the image's right"],
  pitch: ["Pitch", "up", "down"],
  roll: ["Roll", "clockwise", "counterclockwise"],
};

export class Dials {
  #dials = {};

  constructor(place) {
    for (const [name, [title]] of Object.entries(ANGLES)) {
      const dial = element("div", { className: "dial" });
      dial.innerHTML = `
        <svg viewBox="0 0 100 100" role="img">
          <circle class="ring" cx="50" cy="50" r="${RADIUS}"></circle>
          <path class="arc"></path><path class="zero" d="M50 4v11"></path><text x="50" y="51"></text>
        </svg><p>${title}<small></small></p>`;
      place.append(dial);
      this.#dials[name] = dial;
    }
    this.show(null);
  }

  /** pose: {pitch, yaw, roll} in degrees, or null. */
  show(pose) {
    for (const [name, [title, positive, negative]] of Object.entries(ANGLES)) {
      const dial = this.#dials[name];
      const angle = pose ? pose[name] : 0;
      const words = Math.abs(angle) < 0.5 ? "" : angle > 0 ? positive : negative;
      // A face that turns to the image's left is drawn to the left, one that looks up is drawn to the right.
      dial.querySelector(".arc").setAttribute("d", arc(name === "yaw" ? -angle : angle));
      dial.querySelector("text").textContent = pose ? `${signed(angle)}°` : "–";
      dial.querySelector("small").textContent = words;
      dial.querySelector("svg").setAttribute("aria-label", pose ? `${title} ${angle.toFixed(0)} degrees ${words}` : title);
    }
  }
}

/** From the top of the ring, clockwise by so many degrees. */
function arc(degrees) {
  if (Math.abs(degrees) < 0.1) return "";
  const radians = (degrees * Math.PI) / 180;
  const end = [50 + RADIUS * Math.sin(radians), 50 - RADIUS * Math.cos(radians)];
  return `M50 ${50 - RADIUS}A${RADIUS} ${RADIUS} 0 ${Math.abs(degrees) > 180 ? 1 : 0} ${degrees > 0 ? 1 : 0} ${end}`;
}

function signed(angle) {
  const rounded = Math.round(angle);
  return rounded < 0 ? `−${-rounded}` : `${rounded}`;
}

export class Blendshapes {
  #rows;
  #place;
  #found = null;
  #ordered = 0; // when
  values = []; // what the sliders say

  /** moved: is called after somebody moved a slider. */
  constructor(place, names, moved) {
    this.#place = place;
    this.#rows = names.map((name, index) => {
      const slider = element("input", { type: "range", id: `blendshape-${name}`, min: 0, max: 1, step: 0.01, value: 0 });
      const row = element("div", { className: "blendshape" });
      const label = element("label", { htmlFor: slider.id, textContent: name });
      row.append(label, slider, element("output", { htmlFor: slider.id }));
      slider.addEventListener("input", () => {
        this.values[index] = slider.valueAsNumber;
        this.#write(row, index);
        moved();
      });
      return row;
    });
    this.all = false;
    this.show(null, false);
  }

  /** expression: its weights, or null; live: while frames come, when nothing can be moved. */
  show(expression, live) {
    this.#found = expression;
    this.values = [...(expression ?? this.#rows.map(() => 0))];
    this.#rows.forEach((row, index) => {
      row.children[1].disabled = live || !expression;
      this.#write(row, index);
    });
    if (!live || performance.now() - this.#ordered > REORDERED) this.order();
  }

  get changed() {
    return this.#found !== null && this.values.some((value, index) => value !== this.#found[index]);
  }

  /** The strongest of those that were found, or all of them in the order of the head model. */
  order() {
    this.#ordered = performance.now();
    const found = this.#found ?? [];
    const indices = this.#rows.map((_, index) => index);
    if (!this.all) indices.sort((a, b) => (found[b] ?? 0) - (found[a] ?? 0)).splice(STRONGEST);
    const rows = indices.map((index) => this.#rows[index]);
    if (rows.length !== this.#place.children.length || rows.some((row, i) => row !== this.#place.children[i])) {
      this.#place.replaceChildren(...rows);
    }
  }

  #write(row, index) {
    const value = this.values[index];
    row.children[1].value = value;
    row.children[1].style.setProperty("--share", value);
    row.children[2].value = value.toFixed(2);
    row.classList.toggle("changed", this.#found !== null && value !== this.#found[index]);
  }
}

function element(tag, properties) {
  return Object.assign(document.createElement(tag), properties);
}
