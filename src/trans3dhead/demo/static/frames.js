// Frames of the camera or of a clip, sent one by one: the next goes when the answer to the last is there.

import { Frames } from "./api.js";

const LONGEST_SIDE = 640;
const QUALITY = 0.85;
const REASONS = {
  NotAllowedError: "The browser may not use the camera: allow it beside the page's address.",
  NotFoundError: "No camera was found.",
  NotReadableError: "The camera is in use by another program.",
};

/** One run of the camera or of a clip. */
export class FrameLoop {
  #video = Object.assign(document.createElement("video"), { muted: true, playsInline: true });
  #canvases = [document.createElement("canvas"), document.createElement("canvas")]; // one is shown, one is away
  #time = 0; // of the frame that is away
  #start = null; // of the first
  #end;
  #ended = new Promise((resolve) => (this.#end = () => resolve(null)));

  /** seen: is called with (canvas, answer, frames a second, seconds of the video) for each. It returns after `stop`. */
  async camera(seen) {
    if (!navigator.mediaDevices) throw new Error("Browsers give the camera to pages of this machine or over HTTPS alone.");
    let stream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: LONGEST_SIDE } }, audio: false });
    } catch (error) {
      throw new Error(REASONS[error.name] ?? `The camera cannot be used: ${error.message}`);
    }
    try {
      stream.getVideoTracks()[0].addEventListener("ended", () => this.stop()); // it was unplugged
      this.#video.srcObject = stream;
      await this.#run(seen);
    } finally {
      for (const track of stream.getTracks()) track.stop();
      this.#video.srcObject = null;
    }
  }

  /** A video file, again and again. */
  async clip(file, seen) {
    const address = URL.createObjectURL(file);
    try {
      this.#video.src = address;
      this.#video.loop = true;
      await this.#run(seen);
    } finally {
      this.#video.removeAttribute("src");
      this.#video.load();
      URL.revokeObjectURL(address);
    }
  }

  stop() {
    this.#end();
  }

  async #run(seen) {
    try {
      await this.#video.play();
    } catch {
      throw new Error("The browser cannot play this clip; MP4 with H.264 and WebM are understood by most.");
    }
    const frames = await Frames.open();
    try {
      let away = this.#send(frames);
      let [last, rate] = [performance.now(), 0];
      for (let answer; (answer = await Promise.race([away, this.#ended])); ) {
        const [shown, time] = [this.#canvases[0], this.#time];
        this.#canvases.reverse();
        away = this.#send(frames); // the server works while this page draws
        const now = performance.now();
        rate = rate ? 0.9 * rate + 100 / (now - last) : 1000 / (now - last);
        last = now;
        seen(shown, answer, rate, time);
      }
      away.catch(() => {}); // nobody waits for it any more
    } finally {
      frames.close();
      this.#video.pause();
    }
  }

  async #send(frames) {
    return frames.send(await this.#frame(this.#canvases[0]));
  }

  /** The next frame, no larger than it is looked at, as a JPEG. */
  async #frame(canvas) {
    const time = await new Promise((resolve) => this.#video.requestVideoFrameCallback((_, { mediaTime }) => resolve(mediaTime)));
    this.#start ??= this.#video.srcObject ? time : 0; // a camera's clock began before
    this.#time = time - this.#start;
    const { videoWidth: width, videoHeight: height } = this.#video;
    const zoom = Math.min(1, LONGEST_SIDE / Math.max(width, height));
    const size = [Math.round(width * zoom), Math.round(height * zoom)];
    if (canvas.width !== size[0] || canvas.height !== size[1]) [canvas.width, canvas.height] = size;
    canvas.getContext("2d", { willReadFrequently: true }).drawImage(this.#video, 0, 0, canvas.width, canvas.height);
    return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
  }
}
