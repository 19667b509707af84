/** Programs of the graphics card, and the little that is needed to use them. */

const UNIT_CELLS = `
uniform highp usampler2D u_units;
uniform sampler2D u_cells;
uniform highp usampler2D u_flags;
uint slotOf(uint unit) {
  return texelFetch(u_units, ivec2(int(unit & 255u), int(unit >> 8)), 0).r;
}
vec4 colourOf(uint slot) {
  return texelFetch(u_cells, ivec2(int(slot & 255u), int(slot >> 8)), 0);
}
uint flagsOf(uint slot) {
  return texelFetch(u_flags, ivec2(int(slot & 255u), int(slot >> 8)), 0).r;
}`;

/** Units in the colour of their cell. Locked ones are hatched, those without a cell are dotted. */
export const FILL = {
  vertex: `#version 300 es
precision highp float;
precision highp int;
uniform mat4 u_matrix;
layout(location = 0) in vec2 a_place;
layout(location = 1) in uint a_unit;
flat out uint v_unit;
void main() {
  v_unit = a_unit;
  gl_Position = u_matrix * vec4(a_place, 0.0, 1.0);
}`,
  fragment: `#version 300 es
precision highp float;
precision highp int;
${UNIT_CELLS}
uniform float u_opacity;
uniform float u_ratio;
uniform uint u_hovered;
uniform uint u_cursor;
uniform float u_flash;
uniform vec3 u_ink;
flat in uint v_unit;
out vec4 colour;
void main() {
  uint packed = slotOf(v_unit);
  uint slot = packed & 0xffffu;
  bool unitLocked = (packed & 0x10000u) != 0u;
  bool flashing = (packed & 0x20000u) != 0u;
  bool marked = (packed & 0x40000u) != 0u;
  uint flags = flagsOf(slot);
  bool locked = unitLocked || (flags & 1u) != 0u;
  bool chosen = (flags & 2u) != 0u;
  vec4 cell = colourOf(slot);
  float alpha = u_opacity * cell.a + (chosen ? 0.12 : 0.0);
  vec3 shown = cell.rgb;
  vec2 pixel = gl_FragCoord.xy / u_ratio;
  if (slot == 0u) {
    vec2 at = mod(pixel, 8.0) - 4.0;
    alpha = dot(at, at) < 3.0 ? 0.6 : 0.08;
    shown = u_ink;
  }
  if (v_unit == u_hovered || marked) alpha = min(0.9, alpha + 0.25);
  if (locked) {
    float across = mod(pixel.x + pixel.y, 9.0);
    float line = smoothstep(0.0, 0.7, across) * (1.0 - smoothstep(1.4, 2.1, across));
    shown = mix(shown, u_ink, line * 0.85);
    alpha = mix(alpha, max(alpha, 0.75), line);
  }
  if (flashing) {
    shown = mix(shown, vec3(1.0, 0.85, 0.2), u_flash);
    alpha = mix(alpha, 0.95, u_flash);
  }
  if (v_unit == u_cursor) { shown = mix(shown, u_ink, 0.55); alpha = 0.85; }
  colour = vec4(shown * alpha, alpha);
}`,
};

/** Pieces in a row of the table that lines are read from. */
export const PIECES_ACROSS = 1024;

/**
 * Lines of one width with round ends; two triangles a piece, whose ends are read from a table. Instances
 * of four corners would say the same, but each is work of its own where there is no graphics card.
 */
export const LINES = {
  vertex: `#version 300 es
precision highp float;
precision highp int;
uniform mat4 u_matrix;
uniform vec2 u_viewport;
uniform float u_width;
uniform highp sampler2D u_pieces;
const int CORNERS[6] = int[6](0, 1, 2, 2, 1, 3);
out vec2 v_at;
flat out float v_length;
void main() {
  int piece = gl_VertexID / 6;
  int corner = CORNERS[gl_VertexID - 6 * piece];
  vec4 ends = texelFetch(u_pieces, ivec2(piece % ${PIECES_ACROSS}, piece / ${PIECES_ACROSS}), 0);
  vec4 from = u_matrix * vec4(ends.xy, 0.0, 1.0);
  vec4 to = u_matrix * vec4(ends.zw, 0.0, 1.0);
  vec2 one = from.xy / from.w * 0.5 * u_viewport;
  vec2 other = to.xy / to.w * 0.5 * u_viewport;
  vec2 way = other - one;
  float length_px = max(length(way), 1e-6);
  vec2 along = way / length_px;
  vec2 across = vec2(-along.y, along.x);
  float reach = u_width * 0.5 + 1.0;
  float side = (corner & 1) == 0 ? -reach : reach;
  float on = (corner & 2) == 0 ? -reach : length_px + reach;
  vec2 pixel = one + along * on + across * side;
  v_at = vec2(on, side);
  v_length = length_px;
  gl_Position = vec4(pixel / (0.5 * u_viewport), 0.0, 1.0);
}`,
  fragment: `#version 300 es
precision highp float;
uniform vec4 u_colour;
uniform float u_width;
in vec2 v_at;
flat in float v_length;
out vec4 colour;
void main() {
  float beyond = max(max(-v_at.x, v_at.x - v_length), 0.0);
  float away = length(vec2(beyond, v_at.y));
  float alpha = u_colour.a * (1.0 - smoothstep(u_width * 0.5 - 0.5, u_width * 0.5 + 0.5, away));
  colour = vec4(u_colour.rgb * alpha, alpha);
}`,
};

/** Lines of one pixel. */
export const HAIRS = {
  vertex: `#version 300 es
precision highp float;
uniform mat4 u_matrix;
layout(location = 0) in vec2 a_place;
void main() { gl_Position = u_matrix * vec4(a_place, 0.0, 1.0); }`,
  fragment: `#version 300 es
precision highp float;
uniform vec4 u_colour;
out vec4 colour;
void main() { colour = vec4(u_colour.rgb * u_colour.a, u_colour.a); }`,
};

/** Symbols out of one row of pictures. */
export const SPRITES = {
  vertex: `#version 300 es
precision highp float;
uniform mat4 u_matrix;
uniform float u_size;
layout(location = 0) in vec2 a_place;
layout(location = 1) in float a_picture;
flat out float v_picture;
void main() {
  v_picture = a_picture;
  gl_PointSize = u_size;
  gl_Position = u_matrix * vec4(a_place, 0.0, 1.0);
}`,
  fragment: `#version 300 es
precision highp float;
uniform sampler2D u_pictures;
uniform float u_count;
flat in float v_picture;
out vec4 colour;
void main() {
  colour = texture(u_pictures, vec2((v_picture + gl_PointCoord.x) / u_count, gl_PointCoord.y));
}`,
};

export type Places = Record<string, WebGLUniformLocation | null>;

export interface Program {
  program: WebGLProgram;
  places: Places;
}

export function program(gl: WebGL2RenderingContext, source: { vertex: string; fragment: string }): Program {
  const linked = gl.createProgram();
  for (const [kind, text] of [
    [gl.VERTEX_SHADER, source.vertex],
    [gl.FRAGMENT_SHADER, source.fragment],
  ] as const) {
    const shader = gl.createShader(kind)!;
    gl.shaderSource(shader, text);
    gl.compileShader(shader);
    gl.attachShader(linked, shader);
    gl.deleteShader(shader);
  }
  gl.linkProgram(linked);
  if (!gl.getProgramParameter(linked, gl.LINK_STATUS) && !gl.isContextLost()) {
    throw new Error(gl.getProgramInfoLog(linked) ?? "program not linked");
  }
  const places: Places = {};
  for (let at = 0; at < Number(gl.getProgramParameter(linked, gl.ACTIVE_UNIFORMS)); at++) {
    const { name } = gl.getActiveUniform(linked, at)!;
    places[name] = gl.getUniformLocation(linked, name);
  }
  return { program: linked, places };
}

/** A buffer with a fixed content. */
export function fixed(gl: WebGL2RenderingContext, target: number, data: ArrayBufferView): WebGLBuffer {
  const buffer = gl.createBuffer();
  gl.bindBuffer(target, buffer);
  gl.bufferData(target, data, gl.STATIC_DRAW);
  return buffer;
}

/** A texture without smoothing, 256 wide. */
export function table(gl: WebGL2RenderingContext, slot: number): WebGLTexture {
  const texture = gl.createTexture();
  gl.activeTexture(gl.TEXTURE0 + slot);
  gl.bindTexture(gl.TEXTURE_2D, texture);
  for (const [name, value] of [
    [gl.TEXTURE_MIN_FILTER, gl.NEAREST],
    [gl.TEXTURE_MAG_FILTER, gl.NEAREST],
    [gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE],
    [gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE],
  ] as const) {
    gl.texParameteri(gl.TEXTURE_2D, name, value);
  }
  return texture;
}

/** The product of two matrices in column order. */
export function times(a: ArrayLike<number>, b: ArrayLike<number>): Float64Array {
  const product = new Float64Array(16);
  for (let column = 0; column < 4; column++) {
    for (let row = 0; row < 4; row++) {
      let sum = 0;
      for (let at = 0; at < 4; at++) sum += a[4 * at + row]! * b[4 * column + at]!;
      product[4 * column + row] = sum;
    }
  }
  return product;
}
