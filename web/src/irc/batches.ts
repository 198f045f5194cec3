// Batches (ircv3.net/specs/extensions/batch): lines that belong together are held until all are there.

import type {Line} from "./line";

export interface Batch {
  type: string;
  params: readonly string[];
  /** The tags of the line that began it: the label of the request that it answers, if any. */
  tags: ReadonlyMap<string, string>;
  /** In their order, with the batches among them. */
  lines: (Line | Batch)[];
}

const mostOpen = 64;
const mostLines = 5_000;

export class Batches {
  private readonly open = new Map<string, Batch & {parent: Batch | null}>();

  /**
   * Takes each line that comes: gives it back if it stands alone, the batch that it ends if that is no part of another,
   * and null if it was kept. What exceeds the limits above is dropped, so that no server can fill the memory.
   */
  take(line: Line): Line | Batch | null {
    if (line.command === "BATCH") return this.takeMark(line);
    const within = this.open.get(line.tags.get("batch") ?? "");
    if (!within) return line;
    if (within.lines.length >= mostLines) return null;
    within.lines.push(line);
    return null;
  }

  private takeMark(line: Line): Batch | null {
    const [mark = "", type = "", ...params] = line.params;
    const name = mark.slice(1);
    if (mark.startsWith("+")) {
      if (name === "" || this.open.has(name) || this.open.size >= mostOpen) return null;
      const parent = this.open.get(line.tags.get("batch") ?? "") ?? null;
      this.open.set(name, {type, params, tags: line.tags, lines: [], parent});
      return null;
    }
    const ended = this.open.get(name);
    if (!mark.startsWith("-") || !ended) return null;
    this.open.delete(name);
    if (!ended.parent) return ended;
    if (ended.parent.lines.length < mostLines) ended.parent.lines.push(ended);
    return null;
  }
}

export function isBatch(taken: Line | Batch): taken is Batch {
  return "lines" in taken;
}
