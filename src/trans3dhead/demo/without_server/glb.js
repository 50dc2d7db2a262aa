// A head as a GLB file, as `trans3dhead.inference.output.glb` writes it: the neutral face, expressions as morph targets.

import { normalsOf } from "./head_model.js";

const [FLOAT, UNSIGNED_INT, UNSIGNED_SHORT, UNSIGNED_BYTE] = [5126, 5125, 5123, 5121];
const [ARRAY, ELEMENTS] = [34962, 34963];
const KINDS = { 1: "SCALAR", 2: "VEC2", 3: "VEC3", 4: "VEC4" };
const LEAST_OFFSET = 1e-6; // metres: what moves less is rounding of the page's basis
const LEAST_TURN = 0.01; // of a normal

/** The buffer of a file as it grows. */
class Buffer {
  #parts = [];
  length = 0;
  views = [];
  accessors = [];

  /** Append bytes, from a multiple of four on -> the index of their view. */
  view(array, target) {
    const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
    this.#parts.push(bytes, new Uint8Array(-bytes.length & 3));
    this.views.push({ buffer: 0, byteOffset: this.length, byteLength: bytes.length, ...(target && { target }) });
    this.length += bytes.length + (-bytes.length & 3);
    return this.views.length - 1;
  }

  accessor(array, width, componentType, more = {}) {
    const target = componentType === UNSIGNED_INT ? ELEMENTS : ARRAY;
    const entry = { bufferView: this.view(array, target), componentType, count: array.length / width, type: KINDS[width] };
    return this.accessors.push({ ...entry, ...more }) - 1;
  }

  /** Rows of three numbers, of which most are zero. */
  sparse(array, bounded) {
    const rows = [];
    for (let i = 0; i < array.length; i += 3) if (array[i] || array[i + 1] || array[i + 2]) rows.push(i / 3);
    const entry = { componentType: FLOAT, count: array.length / 3, type: "VEC3", ...(bounded && bounds(array)) };
    if (rows.length) {
      const values = Float32Array.from(rows.flatMap((row) => [...array.subarray(3 * row, 3 * row + 3)]));
      entry.sparse = {
        count: rows.length,
        indices: { bufferView: this.view(Uint16Array.from(rows)), componentType: UNSIGNED_SHORT },
        values: { bufferView: this.view(values) },
      };
    }
    return this.accessors.push(entry) - 1;
  }

  get bytes() {
    return this.#parts;
  }
}

/** model: a `HeadModel`; parameters: of a head, its expression is the weights that the file opens with -> a Blob. */
export function glbFile(model, { shape, expression }) {
  const surface = new Surface(model, shape);
  const buffer = new Buffer();
  const primitives = model.parts.map((part, material) => primitive(surface, model.corners, part, material, buffer));
  const images = model.textures.map((texture) => ({
    bufferView: buffer.view(texture),
    mimeType: texture[0] === 0x89 ? "image/png" : "image/jpeg",
  }));
  const document = {
    asset: { version: "2.0", generator: "trans3dhead" },
    scene: 0,
    scenes: [{ nodes: [0] }],
    nodes: [{ mesh: 0, name: "head" }],
    meshes: [{ name: "head", primitives, weights: [...expression], extras: { targetNames: model.expressionNames } }],
    materials: model.parts.map(material),
    textures: images.map((_, source) => ({ source, sampler: 0 })),
    samplers: [{ magFilter: 9729, minFilter: 9987, wrapS: 33071, wrapT: 33071 }],
    images,
    accessors: buffer.accessors,
    bufferViews: buffer.views,
    buffers: [{ byteLength: buffer.length }],
  };
  const json = new TextEncoder().encode(JSON.stringify(document));
  const padding = new Uint8Array(-json.length & 3).fill(0x20);
  const length = json.length + padding.length;
  const head = Uint32Array.of(0x46546c67, 2, 28 + length + buffer.length, length, 0x4e4f534a);
  return new Blob([head, json, padding, Uint32Array.of(buffer.length, 0x004e4942), ...buffer.bytes], { type: "model/gltf-binary" });
}

/** The neutral surface of a head and what each expression adds. */
class Surface {
  constructor(model, shape) {
    const shown = (expression) => model.vertices({ parameters: { shape, expression } });
    this.positions = shown([]);
    this.normals = this.#normals(model, this.positions);
    this.targets = model.expressionNames.map((_, index) => {
      const posed = shown([...new Array(index).fill(0), 1]);
      const normals = this.#normals(model, posed);
      return [
        posed.map((value, i) => (Math.abs(value - this.positions[i]) < LEAST_OFFSET ? 0 : value - this.positions[i])),
        normals.map((value, i) => (Math.abs(value - this.normals[i]) < LEAST_TURN ? 0 : value - this.normals[i])),
      ];
    });
  }

  #normals(model, vertices) {
    const normals = normalsOf(vertices, model.triangles, new Float32Array(vertices.length));
    for (let i = 0; i < normals.length; i += 3) {
      const length = Math.hypot(normals[i], normals[i + 1], normals[i + 2]) || 1;
      for (let axis = i; axis < i + 3; axis++) normals[axis] /= length;
    }
    return normals;
  }
}

function primitive({ positions, normals, targets }, corners, { first, count, texture }, material, buffer) {
  const triangles = corners.triangles.subarray(3 * first, 3 * (first + count));
  const low = triangles.reduce((a, b) => Math.min(a, b), Infinity);
  const vertices = corners.vertices.subarray(low, triangles.reduce((a, b) => Math.max(a, b), 0) + 1);
  const of = (values) => {
    const own = new Float32Array(3 * vertices.length);
    vertices.forEach((vertex, i) => own.set(values.subarray(3 * vertex, 3 * vertex + 3), 3 * i));
    return own;
  };
  const at = of(positions);
  const colours = new Uint8Array(4 * vertices.length).fill(255);
  vertices.forEach((_, i) => colours.set(corners.colours.subarray(3 * (low + i), 3 * (low + i) + 3), 4 * i));
  const attributes = { POSITION: buffer.accessor(at, 3, FLOAT, bounds(at)), NORMAL: buffer.accessor(of(normals), 3, FLOAT) };
  if (texture === null) attributes.COLOR_0 = buffer.accessor(colours, 4, UNSIGNED_BYTE, { normalized: true });
  else attributes.TEXCOORD_0 = buffer.accessor(corners.uvs.slice(2 * low, 2 * (low + vertices.length)), 2, FLOAT);
  return {
    attributes,
    indices: buffer.accessor(Uint32Array.from(triangles, (corner) => corner - low), 1, UNSIGNED_INT),
    material,
    targets: targets.map(([offsets, turns]) => ({ POSITION: buffer.sparse(of(offsets), true), NORMAL: buffer.sparse(of(turns), false) })),
  };
}

function material({ name, roughness, colour, texture, double_sided: open }) {
  const map = texture === null ? {} : { baseColorTexture: { index: texture } };
  const surface = { baseColorFactor: [...colour, 1], metallicFactor: 0, roughnessFactor: roughness, ...map };
  return { name, pbrMetallicRoughness: surface, ...(open && { doubleSided: true }) };
}

function bounds(values) {
  const [min, max] = [[Infinity, Infinity, Infinity], [-Infinity, -Infinity, -Infinity]];
  values.forEach((value, i) => {
    min[i % 3] = Math.min(min[i % 3], value);
    max[i % 3] = Math.max(max[i % 3], value);
  });
  return { min, max };
}
