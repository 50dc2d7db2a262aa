// The pose and expression of all heads of a picture, or of every frame that was seen, as a table.

const MOST = 100_000; // rows; those before are forgotten
const ANGLES = ["pitch", "yaw", "roll"]; // degrees

export class Recording {
  #names;
  #rows = [];
  #timed = false;
  #last = -Infinity;

  /** names: of the expressions, in the order of their weights. */
  constructor(names) {
    this.#names = names;
  }

  get length() {
    return this.#rows.length;
  }

  /** time: seconds, or null of a picture. A clip begins again at its end: what was there already is not added. */
  add(time, heads) {
    if (time !== null && time <= this.#last) return;
    this.#last = time ?? this.#last;
    this.#timed = time !== null;
    heads.forEach(({ id, pose, parameters }, index) => {
      const angles = ANGLES.map((name) => pose[name]);
      const begin = this.#timed ? [time.toFixed(3)] : [];
      this.#rows.push([...begin, (id ?? index) + 1, ...angles, ...parameters.expression].join(","));
    });
    if (this.#rows.length > 1.1 * MOST) this.#rows.splice(0, this.#rows.length - MOST);
  }

  csv() {
    const header = [...(this.#timed ? ["time"] : []), "head", ...ANGLES, ...this.#names];
    return [header.join(","), ...this.#rows, ""].join("\n");
  }
}
