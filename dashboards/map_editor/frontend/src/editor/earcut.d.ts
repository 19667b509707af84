declare module "earcut" {
  /** Corners of triangles that cover a polygon; `holes` says where each hole starts, in points. */
  export default function earcut(places: ArrayLike<number>, holes?: number[], dimensions?: number): number[];
}
