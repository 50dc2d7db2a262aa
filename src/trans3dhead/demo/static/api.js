// What the server is asked for. Errors have words that a person can be shown.

import { bytesOf } from "./embedded.js";

export async function about() {
  return (await asked("api/about")).json();
}

/** The head model's file, see `HeadModel`. */
export async function headModel() {
  return (await asked("api/head-model")).arrayBuffer();
}

/**
 * The bytes of a photograph -> {size: [w, h], milliseconds, heads}, each head as `predict` writes it.
 * anyRoll: heads on their side and upside down, too.
 */
export async function findHeads(photograph, anyRoll, signal) {
  const options = { method: "POST", body: photograph, signal, headers: { "content-type": "application/octet-stream" } };
  return (await asked(`api/heads?any_roll=${Number(anyRoll)}`, options)).json();
}

/** The bytes of a photograph and the place of one of its heads, as `findHeads` found them -> {jpeg, eyes}: its own skin. */
export async function skinOf(photograph, anyRoll, index) {
  const path = `api/skin?head=${index}&any_roll=${Number(anyRoll)}`;
  const told = await (await asked(path, { method: "POST", body: photograph })).json();
  return { ...told, jpeg: bytesOf(told.jpeg) };
}

/** The parameters of a head -> its GLB file. */
export async function glbOf(parameters) {
  const options = { method: "POST", body: JSON.stringify(parameters), headers: { "content-type": "application/json" } };
  return (await asked("api/glb", options)).blob();
}

async function asked(path, options = {}) {
  let response;
  try {
    response = await fetch(path, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Error("The server does not answer. Does `trans3dhead demo` still run?");
  }
  if (!response.ok) {
    const told = await response.json().catch(() => ({}));
    throw new Error(told.error ?? `The server answered ${response.status}.`);
  }
  return response;
}

/** A connection for frames, one at a time: `await frames.send(jpeg)` gives what was found in it. */
export class Frames {
  #socket;
  #waiting = null; // the promise of the frame that is away

  /** Raises where the server takes no more cameras. */
  static async open() {
    const frames = new Frames();
    const address = new URL("api/camera", document.baseURI);
    address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
    const socket = (frames.#socket = new WebSocket(address));
    await new Promise((resolve, reject) => {
      socket.onopen = resolve;
      socket.onclose = () => reject(new Error("The server takes no frames."));
    });
    socket.onmessage = (event) => frames.#settle(JSON.parse(event.data));
    socket.onclose = (event) => frames.#settle({ error: event.reason || "The connection to the server ended." });
    return frames;
  }

  send(jpeg) {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(jpeg);
      else this.#settle({ error: "The connection to the server ended." });
    });
  }

  close() {
    this.#socket.onclose = null;
    this.#socket.close();
  }

  #settle(answer) {
    const waiting = this.#waiting;
    this.#waiting = null;
    if (answer.error) waiting?.reject(new Error(answer.error));
    else waiting?.resolve(answer);
  }
}
