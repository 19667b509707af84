/** The addresses of one draft. See `session.ts` for who asks. */
import { type Container, readContainer } from "./container";
import { Ground } from "./ground";
import type { Gesture, Server, Shelf } from "./session";
import type { Acknowledged, Answer, Conflict, Figures, StateHeader, Step, Steps } from "./steps";

const CSRF_COOKIE = /(?:^|; )(?:__Host-)?gridmap_csrf=([^;]+)/;
const CSRF_HEADER = "X-CSRFToken";
const ANSWER_MS = 20_000;
/** What is worth to be tried again. */
const PASSING = [408, 425, 429, 500, 502, 503, 504];

interface Refused {
  faults?: string[];
  conflicts?: Conflict[];
  steps?: Step[];
  figures?: Figures;
}

export class DraftServer implements Server {
  constructor(
    private readonly base: string,
    private readonly language: string,
  ) {}

  async ground(hash: string): Promise<Ground> {
    return Ground.of(await this.file(`ground.bin?g=${encodeURIComponent(hash)}&lang=${this.language}`));
  }

  async state(): Promise<Container<StateHeader>> {
    return readContainer<StateHeader>(await this.file("state.bin"));
  }

  async outlets(hash: string): Promise<ArrayBuffer> {
    return this.file(`outlets.bin?g=${encodeURIComponent(hash)}`);
  }

  async outlet(row: number): Promise<Record<string, unknown>> {
    const answer = await fetch(`${this.base}/outlet/${row}?lang=${this.language}`);
    if (!answer.ok) throw new Error(`outlet ${row}: ${answer.status}`);
    return (await answer.json()) as Record<string, unknown>;
  }

  async steps(since: number): Promise<Steps | null> {
    try {
      const answer = await fetch(`${this.base}/steps?since=${since}`, { signal: AbortSignal.timeout(ANSWER_MS) });
      return answer.ok ? ((await answer.json()) as Steps) : null;
    } catch {
      return null;
    }
  }

  async send(gesture: Gesture, since: number): Promise<Answer> {
    const { key, kind, edit, versions } = gesture;
    let answer: Response;
    try {
      answer = await fetch(`${this.base}/${kind}?lang=${this.language}`, {
        method: "POST",
        headers: { "Content-Type": "application/json", [CSRF_HEADER]: csrfToken() },
        body: JSON.stringify(kind === "edits" ? { key, since, edit, versions } : { key, since }),
        signal: AbortSignal.timeout(ANSWER_MS),
      });
    } catch {
      return { outcome: "unreachable" };
    }
    if (PASSING.includes(answer.status)) return { outcome: "unreachable" };
    if ([401, 403, 404].includes(answer.status)) return { outcome: "forbidden" };
    try {
      if (answer.ok) return { outcome: "done", body: (await answer.json()) as Acknowledged };
      const { faults = [], conflicts = [], steps = [], figures } = (await answer.json()) as Refused;
      if (answer.status === 409) return { outcome: "conflict", faults, conflicts, steps, figures };
      return { outcome: "refused", faults };
    } catch {
      // an answer that breaks off: the key makes it safe to ask again
      return { outcome: "unreachable" };
    }
  }

  private async file(name: string): Promise<ArrayBuffer> {
    const answer = await fetch(`${this.base}/${name}`);
    if (!answer.ok) throw new Error(`${name}: ${answer.status}`);
    return answer.arrayBuffer();
  }
}

/** Unsent gestures of one draft, kept for as long as the tab. */
export class TabShelf implements Shelf {
  private readonly name: string;

  constructor(base: string) {
    this.name = `gridmap-editor:${base}`;
  }

  load(): Gesture[] {
    try {
      return JSON.parse(sessionStorage.getItem(this.name) ?? "[]") as Gesture[];
    } catch {
      return [];
    }
  }

  save(gestures: Gesture[]): void {
    try {
      if (gestures.length) sessionStorage.setItem(this.name, JSON.stringify(gestures));
      else sessionStorage.removeItem(this.name);
    } catch {
      // a full or forbidden store costs only what a reload would have saved
    }
  }
}

function csrfToken(): string {
  return decodeURIComponent(CSRF_COOKIE.exec(document.cookie)?.[1] ?? "");
}
