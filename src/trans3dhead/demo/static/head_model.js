// The parametric head: what the server says of a head are coefficients; its mesh is made of them here.

const ARRAYS = { F32: Float32Array, I32: Int32Array, I16: Int16Array, U8: Uint8Array };
const LEAST = 1e-6; // metres: what moves no vertex farther is left out

export class HeadModel {
  #meshes = new WeakMap(); // of heads, as they were found

  /** file: safetensors, https://huggingface.co/docs/safetensors: the header's length, JSON, the arrays. */
  constructor(file) {
    const length = Number(new DataView(file).getBigUint64(0, true));
    const { __metadata__: metadata, ...arrays } = JSON.parse(new TextDecoder().decode(new Uint8Array(file, 8, length)));
    const told = JSON.parse(metadata.page);
    const array = (name) => {
      const { dtype, data_offsets: [from, to] } = arrays[name];
      return new ARRAYS[dtype](file, 8 + length + from, (to - from) / ARRAYS[dtype].BYTES_PER_ELEMENT);
    };
    this.template = array("template"); // 3 V metres: x to the head's left, y up, z out of the face
    this.shapeBasis = { rows: array("shape_basis"), scale: array("shape_scale") }; // S rows of 3 V
    this.expressionBasis = { rows: array("expression_basis"), scale: array("expression_scale") };
    this.teeth = "teeth_arch" in arrays && {
      arch: array("teeth_arch"), // as the template, 3 K
      shapeBasis: { rows: array("teeth_shape_basis"), scale: array("teeth_shape_scale") },
      expressionBasis: { rows: array("teeth_expression_basis"), scale: array("teeth_expression_scale") },
      corners: array("teeth_corners"), // B vertices of the arch for each of N
      weights: array("teeth_weights"),
      offsets: array("teeth_offsets"), // 3 N metres
    };
    this.neck = { opening: array("neck_opening"), ...told.neck };
    this.triangles = array("triangles");
    this.edges = array("edges"); // pairs of vertices
    this.corners = { vertices: array("corners"), triangles: array("corner_triangles"), uvs: array("corner_uvs"), colours: array("corner_colours") };
    this.parts = told.parts;
    this.textures = Object.keys(arrays).filter((name) => name.startsWith("texture_")).sort().map(array);
    this.expressionNames = told.expression_names;
    const { opening, rings } = this.neck;
    this.untoothed = this.template.length / 3 + (opening.length && (rings + 1) * opening.length + 1);
    this.count = this.untoothed + (this.teeth ? this.teeth.offsets.length / 3 : 0); // of vertices
  }

  /** Metres in head space, first V vertices, then the neck's end, then the teeth: a head, with another expression where one is given. */
  vertices({ parameters: { shape, expression } }, other = expression) {
    const vertices = new Float32Array(3 * this.count);
    vertices.set(this.template);
    addRows(vertices, this.template.length, this.shapeBasis, shape);
    addRows(vertices, this.template.length, this.expressionBasis, other);
    this.#closeNeck(vertices);
    if (this.teeth) vertices.set(this.#bite(shape, other), 3 * this.untoothed);
    return vertices;
  }

  /** The same of a head as it was found, made once. */
  found(head) {
    if (!this.#meshes.has(head)) this.#meshes.set(head, this.vertices(head));
    return this.#meshes.get(head);
  }

  /** As `Teeth.vertices`. */
  #bite(shape, expression) {
    const { corners, weights, offsets, shapeBasis, expressionBasis } = this.teeth;
    const arch = Float32Array.from(this.teeth.arch);
    addRows(arch, arch.length, shapeBasis, shape);
    addRows(arch, arch.length, expressionBasis, expression);
    const [teeth, carriers] = [Float32Array.from(offsets), (3 * corners.length) / offsets.length];
    corners.forEach((corner, c) => {
      const to = 3 * Math.floor(c / carriers);
      for (let axis = 0; axis < 3; axis++) teeth[to + axis] += weights[c] * arch[3 * corner + axis];
    });
    return teeth;
  }

  /** As `NeckEnd.points`: rings straight down from the opening to a level, the rim there again, its middle. */
  #closeNeck(vertices) {
    const { opening, rings, below } = this.neck;
    let level = Infinity;
    for (const v of opening) level = Math.min(level, vertices[3 * v + 1]);
    level -= below;
    const middle = [0, level, 0];
    let at = this.template.length;
    for (let ring = 1; ring <= rings + 1; ring++) {
      const share = Math.min(ring / rings, 1);
      for (const v of opening) {
        const [x, y, z] = vertices.subarray(3 * v, 3 * v + 3);
        vertices[at++] = x;
        vertices[at++] = y + share * (level - y);
        vertices[at++] = z;
        if (ring === 1) [middle[0], middle[2]] = [middle[0] + x / opening.length, middle[2] + z / opening.length];
      }
    }
    if (opening.length) vertices.set(middle, at);
  }
}

function addRows(sum, width, { rows, scale }, weights) {
  for (let row = 0; row < weights.length; row++) {
    const weight = weights[row] * scale[row];
    if (Math.abs(weight) * 32767 < LEAST) continue;
    for (let i = 0, j = row * width; i < width; i++, j++) sum[i] += weight * rows[j];
  }
}

/** 3 V' metres -> 3 V' of normals, each weighted by the area of its triangles, of any length. */
export function normalsOf(vertices, triangles, normals) {
  normals.fill(0);
  for (let t = 0; t < triangles.length; t += 3) {
    const [a, b, c] = [3 * triangles[t], 3 * triangles[t + 1], 3 * triangles[t + 2]];
    const [x, y, z] = [vertices[a], vertices[a + 1], vertices[a + 2]];
    const [ux, uy, uz] = [vertices[b] - x, vertices[b + 1] - y, vertices[b + 2] - z];
    const [vx, vy, vz] = [vertices[c] - x, vertices[c + 1] - y, vertices[c + 2] - z];
    const [nx, ny, nz] = [uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx];
    for (const v of [a, b, c]) {
      normals[v] += nx;
      normals[v + 1] += ny;
      normals[v + 2] += nz;
    }
  }
  return normals;
}

/** 3 numbers of each vertex -> those of a point between `vertices`, by their weights. */
export function pointOnMesh(values, { vertices, weights }) {
  return [0, 1, 2].map((axis) => vertices.reduce((sum, v, i) => sum + weights[i] * values[3 * v + axis], 0));
}

/** Metres in head space -> 2 pixels of the picture for each vertex, as `Head.project` does. */
export function project(vertices, head, points) {
  const [x, y] = head.pose.rotation_matrix;
  const { scale, translation } = head.camera;
  for (let v = 0, p = 0; v < vertices.length; v += 3, p += 2) {
    points[p] = scale * (x[0] * vertices[v] + x[1] * vertices[v + 1] + x[2] * vertices[v + 2]) + translation[0];
    points[p + 1] = scale * (y[0] * vertices[v] + y[1] * vertices[v + 1] + y[2] * vertices[v + 2]) + translation[1];
  }
  return points;
}
