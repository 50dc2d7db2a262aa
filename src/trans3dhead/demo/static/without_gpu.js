// Whether the browser draws without a GPU, on the processor: quality then gives way, so that a live picture stays live.

const SOFTWARE = /swiftshader|llvmpipe|softpipe|software|basic render/i; // what browsers and drivers call it

export const WITHOUT_GPU = (() => {
  const drawing = document.createElement("canvas").getContext("webgl2", { failIfMajorPerformanceCaveat: true });
  if (!drawing) return true;
  const named = drawing.getExtension("WEBGL_debug_renderer_info");
  const name = drawing.getParameter(named ? named.UNMASKED_RENDERER_WEBGL : drawing.RENDERER);
  drawing.getExtension("WEBGL_lose_context")?.loseContext();
  return SOFTWARE.test(name);
})();
