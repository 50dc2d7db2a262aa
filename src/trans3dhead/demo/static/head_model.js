// The parametric head: what the server says of a head are coefficients; its mesh is made of them here.

import { asked } from "./api.js";

const ARRAYS = { F32: Float32Array, I32: Int32Array, U8: Uint8Array };

export class HeadModel {
  #meshes = new WeakMap(); // of heads, as they were found

  static async load() {
    return new HeadModel(await (await asked("api/head-model")).arrayBuffer());
  }

  /** file: safetensors, https://huggingface.co/docs/safetensors: the header's length, JSON, the arrays. */
  constructor(file) {
    const length = Number(new DataView(file).getBigUint64(0, true));
    const header = JSON.parse(new TextDecoder().decode(new Uint8Array(file, 8, length)));
    const array = (name) => {
      const { dtype, data_offsets: [from, to] } = header[name];
      return new ARRAYS[dtype](file, 8 + length + from, (to - from) / ARRAYS[dtype].BYTES_PER_ELEMENT);
    };
    this.template = array("template"); // 3 V metres: x to the head's left, y up, z out of the face
    this.shapeBasis = array("shape_basis"); // S rows of 3 V
    this.expressionBasis = array("expression_basis"); // E rows of 3 V
    this.triangles = array("triangles");
    this.edges = array("edges"); // pairs of vertices
    this.colours = array("colours"); // 3 V, linear
    this.expressionNames = JSON.parse(header.__metadata__.expression_names);
  }

  /** 3 V metres in head space: the mesh of a head, with another expression where one is given. */
  vertices({ parameters: { shape, expression } }, other = expression) {
    const vertices = new Float32Array(this.template);
    addRows(vertices, this.shapeBasis, shape);
    addRows(vertices, this.expressionBasis, other);
    return vertices;
  }

  /** The same of a head as it was found, made once. */
  found(head) {
    if (!this.#meshes.has(head)) this.#meshes.set(head, this.vertices(head));
    return this.#meshes.get(head);
  }
}

function addRows(sum, basis, weights) {
  const width = sum.length;
  for (let row = 0; row < weights.length; row++) {
    const weight = weights[row];
    if (weight === 0) continue;
    for (let i = 0, j = row * width; i < width; i++, j++) sum[i] += weight * basis[j];
  }
}

/** 3 V metres in head space -> 2 V pixels of the picture, as `Head.project` does. */
export function project(vertices, head, points) {
  const [x, y] = head.pose.rotation_matrix;
  const { scale, translation } = head.camera;
  for (let v = 0, p = 0; v < vertices.length; v += 3, p += 2) {
    points[p] = scale * (x[0] * vertices[v] + x[1] * vertices[v + 1] + x[2] * vertices[v + 2]) + translation[0];
    points[p + 1] = scale * (y[0] * vertices[v] + y[1] * vertices[v + 1] + y[2] * vertices[v + 2]) + translation[1];
  }
  return points;
}
