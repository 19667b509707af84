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
  /** Of int32: how many places before stands the number that is nearest to one. */
  step?: number;
}

const TYPES = { uint8: Uint8Array, float64: Float64Array };

/** Whole numbers out of the bytes of their differences: the lowest bytes of all, then the next. */
function fromDifferences(buffer: ArrayBuffer, { offset, length, step = 1 }: Place): Int32Array {
  const bytes = new Uint8Array(buffer, offset, 4 * length);
  const found = new Int32Array(length);
  for (let at = 0; at < length; at += 1) {
    const folded =
      bytes[at]! | (bytes[length + at]! << 8) | (bytes[2 * length + at]! << 16) | (bytes[3 * length + at]! << 24);
    const difference = (folded >>> 1) ^ -(folded & 1);
    found[at] = at < step ? difference : difference + found[at - step]!;
  }
  return found;
}

/** Four bytes with the length of the header, the header as JSON, then the arrays. */
export function readContainer<Header>(buffer: ArrayBuffer): Container<Header> {
  const length = new DataView(buffer).getUint32(0, true);
  const words = new TextDecoder().decode(new Uint8Array(buffer, 4, length));
  const header = JSON.parse(words) as Header & { arrays: Record<string, Place> };
  const arrays: Record<string, Numbers> = {};
  for (const [name, place] of Object.entries(header.arrays)) {
    arrays[name] = place.type === "int32" ? fromDifferences(buffer, place) : new TYPES[place.type](buffer, place.offset, place.length);
  }
  return { header, arrays };
}
