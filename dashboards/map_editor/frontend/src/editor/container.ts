/** Arrays with a header, as the server sends them: see `readContainer`. */

export type Numbers = Int32Array | Uint8Array | Float64Array;

export interface Container<Header> {
  header: Header;
  arrays: Record<string, Numbers>;
}

interface Place {
  type: "int32" | "uint8" | "float64";
  offset: number;
  length: number;
}

const TYPES = { int32: Int32Array, uint8: Uint8Array, float64: Float64Array };

/** Four bytes with the length of the header, the header as JSON, then the arrays; nothing is copied. */
export function readContainer<Header>(buffer: ArrayBuffer): Container<Header> {
  const length = new DataView(buffer).getUint32(0, true);
  const words = new TextDecoder().decode(new Uint8Array(buffer, 4, length));
  const header = JSON.parse(words) as Header & { arrays: Record<string, Place> };
  const arrays: Record<string, Numbers> = {};
  for (const [name, place] of Object.entries(header.arrays)) {
    arrays[name] = new TYPES[place.type](buffer, place.offset, place.length);
  }
  return { header, arrays };
}
