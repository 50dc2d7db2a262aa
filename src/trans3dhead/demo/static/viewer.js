// The head in three.js, seen by a camera that goes around it. It draws when something changes, and not otherwise.

import { normalsOf } from "./head_model.js";
import * as THREE from "./three/three.module.min.js";
import { WITHOUT_GPU } from "./without_gpu.js";

const START = { aside: 0, above: 0, distance: 1.1 }; // radians, radians, metres
const NEAREST = 0.45;
const FARTHEST = 2;
const STEEPEST = 1.4; // radians up and down
const KEYS = { ArrowLeft: [-0.15, 0], ArrowRight: [0.15, 0], ArrowUp: [0, -0.15], ArrowDown: [0, 0.15] };

export class Viewer {
  #renderer;
  #scene = new THREE.Scene();
  #camera = new THREE.PerspectiveCamera(16, 1, 0.05, 10);
  #model;
  #mesh;
  #normals;
  #painted; // the texture of each part
  #worn = null; // the photograph's
  #turn = 0; // how often it was changed
  #rotation = new THREE.Quaternion();
  #posed = true;
  #live = false;
  #asked = false;
  view = { ...START };

  /** Raises where the browser has no WebGL. */
  static async open(canvas, model) {
    const viewer = new Viewer(canvas, model);
    viewer.#mesh = await headMesh(model);
    viewer.#painted = viewer.#mesh.material.map((material) => material.map);
    viewer.#scene.add(viewer.#mesh, ...lights());
    viewer.#draw();
    return viewer;
  }

  constructor(canvas, model) {
    this.#renderer = new THREE.WebGLRenderer({ canvas, antialias: !WITHOUT_GPU, alpha: true });
    this.#model = model;
    this.#normals = new Float32Array(3 * model.count);
    this.#listen(canvas);
    new ResizeObserver(() => this.#draw()).observe(canvas);
  }

  /** vertices: of the head model; rotation: into camera space, three rows; live: while more come, quality gives way. */
  show(vertices, rotation, live = false) {
    const { corners, triangles } = this.#model;
    const { position, normal } = this.#mesh.geometry.attributes;
    normalsOf(vertices, triangles, this.#normals);
    scatter(vertices, corners.vertices, position);
    scatter(this.#normals, corners.vertices, normal);
    this.#rotation.setFromRotationMatrix(turned(rotation));
    this.#mesh.visible = true;
    this.#live = live;
    this.#place();
  }

  /** skin: {jpeg, eyes} of `skin_of`, its bytes; null: the painted one again. */
  async wear(skin) {
    const turn = ++this.#turn;
    const worn = skin && (await textureOf(skin.jpeg));
    if (turn !== this.#turn) return worn?.dispose(); // something else was asked for meanwhile
    this.#worn?.dispose();
    this.#worn = worn;
    this.#model.parts.forEach(({ name, colour }, index) => {
      const material = this.#mesh.material[index];
      if (name === "eyes") material.color.setRGB(...(skin?.eyes ?? colour));
      else if (this.#painted[index]) material.map = worn ?? this.#painted[index];
    });
    this.#draw();
  }

  hide() {
    this.#mesh.visible = false;
    this.#draw();
  }

  /** Whether the head stands as in the picture, or looks to the front. */
  set posed(posed) {
    this.#posed = posed;
    this.#place();
  }

  set wireframe(wireframe) {
    for (const material of this.#mesh.material) material.wireframe = wireframe;
    this.#draw();
  }

  /** Back to where the picture was taken from. */
  reset() {
    this.view = { ...START };
    this.#draw();
  }

  #place() {
    this.#mesh.quaternion.copy(this.#posed ? this.#rotation : new THREE.Quaternion());
    this.#draw();
  }

  #move(aside, above, nearer = 1) {
    const limited = THREE.MathUtils.clamp;
    this.view = {
      aside: this.view.aside + aside,
      above: limited(this.view.above + above, -STEEPEST, STEEPEST),
      distance: limited(this.view.distance / nearer, NEAREST, FARTHEST),
    };
    this.#draw();
  }

  #draw() {
    if (this.#asked) return;
    this.#asked = true;
    requestAnimationFrame(() => {
      this.#asked = false;
      const { clientWidth: width, clientHeight: height } = this.#renderer.domElement;
      if (!width || !height) return;
      this.#renderer.setPixelRatio(this.#density());
      this.#renderer.setSize(width, height, false);
      const { aside, above, distance } = this.view;
      this.#camera.aspect = width / height;
      this.#camera.position.setFromSphericalCoords(distance, Math.PI / 2 - above, aside);
      this.#camera.lookAt(0, 0, 0);
      this.#camera.updateProjectionMatrix();
      this.#renderer.render(this.#scene, this.#camera);
    });
  }

  /** Pixels of the canvas for one of the page. Where all is drawn without a GPU, two a pixel take antialiasing's place. */
  #density() {
    if (!WITHOUT_GPU) return Math.min(window.devicePixelRatio, 2);
    return this.#live ? 1 : 2;
  }

  #listen(canvas) {
    canvas.addEventListener("pointerdown", (event) => canvas.setPointerCapture(event.pointerId));
    canvas.addEventListener("pointermove", (event) => {
      if (!canvas.hasPointerCapture(event.pointerId)) return;
      this.#move((-5 * event.movementX) / canvas.clientWidth, (4 * event.movementY) / canvas.clientHeight);
    });
    canvas.addEventListener("dblclick", () => this.reset());
    canvas.addEventListener("wheel", (event) => {
      event.preventDefault();
      this.#move(0, 0, Math.exp(-0.001 * event.deltaY));
    }, { passive: false });
    canvas.addEventListener("keydown", (event) => {
      if (event.key in KEYS) this.#move(...KEYS[event.key]);
      else if (event.key === "+" || event.key === "-") this.#move(0, 0, event.key === "+" ? 1.1 : 1 / 1.1);
      else return;
      event.preventDefault();
    });
  }
}

async function headMesh(model) {
  const { vertices, triangles, uvs, colours } = model.corners;
  const geometry = new THREE.BufferGeometry();
  for (const name of ["position", "normal"]) {
    const attribute = new THREE.BufferAttribute(new Float32Array(3 * vertices.length), 3);
    geometry.setAttribute(name, attribute.setUsage(THREE.DynamicDrawUsage));
  }
  geometry.setAttribute("uv", new THREE.BufferAttribute(uvs, 2));
  geometry.setAttribute("color", new THREE.BufferAttribute(colours, 3, true));
  geometry.setIndex(new THREE.BufferAttribute(new Uint32Array(triangles), 1));
  geometry.boundingSphere = new THREE.Sphere(new THREE.Vector3(), 0.4); // of any head
  model.parts.forEach(({ first, count }, index) => geometry.addGroup(3 * first, 3 * count, index));
  const textures = await Promise.all(model.textures.map(textureOf));
  const mesh = new THREE.Mesh(geometry, model.parts.map((part) => materialOf(part, textures)));
  mesh.visible = false;
  return mesh;
}

/** As the GLB file has it. Without a GPU a plain one: a shiny one takes four times as long. */
function materialOf({ roughness, colour, texture, double_sided: open }, textures) {
  const look = {
    map: texture === null ? null : textures[texture],
    color: new THREE.Color(...colour),
    vertexColors: true,
    side: open ? THREE.DoubleSide : THREE.FrontSide,
  };
  if (!WITHOUT_GPU) return new THREE.MeshStandardMaterial({ ...look, roughness });
  return roughness < 0.3 ? new THREE.MeshPhongMaterial({ ...look, shininess: 120 }) : new THREE.MeshLambertMaterial(look);
}

/** The bytes of a PNG or JPEG file as a texture whose v runs down. */
async function textureOf(file) {
  const texture = new THREE.Texture(await createImageBitmap(new Blob([file])));
  texture.colorSpace = THREE.SRGBColorSpace;
  texture.flipY = false;
  texture.needsUpdate = true;
  return texture;
}

/** Three numbers for each vertex -> those of each corner. */
function scatter(values, vertices, attribute) {
  const { array } = attribute;
  for (let c = 0, to = 0; c < vertices.length; c++) {
    let from = 3 * vertices[c];
    array[to++] = values[from++];
    array[to++] = values[from++];
    array[to++] = values[from];
  }
  attribute.needsUpdate = true;
}

function lights() {
  const key = new THREE.DirectionalLight(0xfff4e8, 2.2);
  key.position.set(-0.7, 0.8, 1);
  const fill = new THREE.DirectionalLight(0xdfeaff, 0.7);
  fill.position.set(1, 0.1, 0.6);
  const rim = new THREE.DirectionalLight(0xffffff, 0.9);
  rim.position.set(0.4, 0.6, -1);
  return [new THREE.HemisphereLight(0xffffff, 0x8a7f78, 1.1), key, fill, rim];
}

/** A rotation into camera space (y down, z away) as one into three.js's (y up, z towards the viewer). */
function turned([x, y, z]) {
  return new THREE.Matrix4().set(x[0], x[1], x[2], 0, -y[0], -y[1], -y[2], 0, -z[0], -z[1], -z[2], 0, 0, 0, 0, 1);
}
