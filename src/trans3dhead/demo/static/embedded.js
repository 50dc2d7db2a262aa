// What stands in the page's own file.

const textOf = (name) => document.getElementById(`data-${name}`).textContent;

export function embedded(name) {
  return JSON.parse(textOf(name));
}

export function embeddedBytes(name) {
  return bytesOf(textOf(name));
}

/** Base64 -> its bytes. */
export function bytesOf(base64) {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}
