/** The script of the editor's page; the map's script, which brings MapLibre, loads it when it is needed. */
import { colourCells } from "./colouring";
import { Editor } from "./editor";
import { Ground } from "./ground";
import { readContainer } from "./container";
import { Model } from "./model";
import { isolatedPieces } from "./pieces";
import { predict } from "./predict";
import { Session } from "./session";

Object.assign(globalThis, {
  gridmapEditor: { Editor, core: { colourCells, Ground, isolatedPieces, Model, predict, readContainer, Session } },
});
