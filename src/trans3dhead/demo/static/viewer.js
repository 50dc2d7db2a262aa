// The head in three.js, seen by a camera that goes around it. It draws when something changes, and not otherwise.

import * as THREE from "./three/three.module.min.js";

const DISTANCE = 1.1; // metres
const NEAREST = 0.45;
const FARTHEST = 2;
const STEEPEST = 1.4; // radians up and down
const KEYS = { ArrowLeft: [-0.15, 0], ArrowRight: [0.15, 0], ArrowUp: [0, -0.15], ArrowDown: [0, 0.15] };

export class Viewer {
  #renderer;
  #scene = new THREE.Scene();
  #camera = new THREE.PerspectiveCamera(16, 1, 0.05, 10);
  #mesh;
  #rotation = new THREE.Quaternion();
  #posed = true;
  #asked = false;

  /** Raises where the browser has no WebGL. */
  constructor(canvas, model) {
    this.#renderer = new THREE.WebGLRenderer({ canvas, antialias: true, alpha: true });
    this.#mesh = headMesh(model);
    this.#scene.add(this.#mesh, ...lights());
    this.reset();
    this.#listen(canvas);
    new ResizeObserver(() => this.#draw()).observe(canvas);
  }

  /** vertices: 3 V metres in head space; rotation: into camera space, three rows. */
  show(vertices, rotation) {
    const { position } = this.#mesh.geometry.attributes;
    position.array.set(vertices);
    position.needsUpdate = true;
    this.#mesh.geometry.computeVertexNormals();
    this.#rotation.setFromRotationMatrix(turned(rotation));
    this.#mesh.visible = true;
    this.#place();
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
    this.#mesh.material.wireframe = wireframe;
    this.#draw();
  }

  /** Back to where the picture was taken from. */
  reset() {
    this.view = { aside: 0, above: 0, distance: DISTANCE };
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
      this.#renderer.setPixelRatio(Math.min(window.devicePixelRatio, 2));
      this.#renderer.setSize(width, height, false);
      const { aside, above, distance } = this.view;
      this.#camera.aspect = width / height;
      this.#camera.position.setFromSphericalCoords(distance, Math.PI / 2 - above, aside);
      this.#camera.lookAt(0, 0, 0);
      this.#camera.updateProjectionMatrix();
      this.#renderer.render(this.#scene, this.#camera);
    });
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

function headMesh(model) {
  const geometry = new THREE.BufferGeometry();
  geometry.setAttribute("position", new THREE.BufferAttribute(new Float32Array(model.template), 3));
  geometry.setAttribute("color", new THREE.BufferAttribute(model.colours, 3, true));
  geometry.setIndex(new THREE.BufferAttribute(new Uint32Array(model.triangles), 1));
  geometry.boundingSphere = new THREE.Sphere(new THREE.Vector3(), 0.4); // of any head
  // A plain material: where there is no GPU, a shiny one takes four times as long, and halves the frames a second.
  const material = new THREE.MeshLambertMaterial({ vertexColors: true, side: THREE.DoubleSide });
  const mesh = new THREE.Mesh(geometry, material);
  mesh.visible = false;
  return mesh;
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
