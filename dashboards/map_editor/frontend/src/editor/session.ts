/**
 * Gestures on their way to the server, and steps on their way back. One gesture is sent at a time, in
 * the order in which they were drawn; its key makes sure that it counts once however often it is sent.
 */
import type { Model, Proposal } from "./model";
import { isRefusal, predict, type Refusal } from "./predict";
import type { Acknowledged, Answer, Can, Conflict, Edit, Step, Steps, Versions } from "./steps";

export type Kind = "edits" | "undo" | "redo";

export interface Gesture {
  key: string;
  kind: Kind;
  edit: Edit | null;
  versions: Versions;
  /** Key of the gesture that an undo is meant for, if that was not answered yet. */
  of?: string;
}

export interface Server {
  /** `since` is the last step that we know. */
  send(gesture: Gesture, since: number): Promise<Answer>;
  /** Null if the server cannot be reached. */
  steps(since: number): Promise<Steps | null>;
}

/** Where unsent gestures outlive the page. */
export interface Shelf {
  load(): Gesture[];
  save(gestures: Gesture[]): void;
}

export interface Deed {
  sequence: number;
  kind: string;
  author: string;
  mine: boolean;
  made: string;
  unitCount: number;
  undone: boolean;
  undoes: number | null;
}

export interface Hooks {
  /** Counters, online state or history are others than before. */
  changed(): void;
  /** The server did what was drawn; `units` it left out. */
  done(gesture: Gesture, answer: Acknowledged, sentAt: number): void;
  refused(gesture: Gesture, faults: string[]): void;
  conflict(gesture: Gesture, faults: string[], conflicts: Conflict[]): void;
  colleague(step: Step, units: number[]): void;
  /** The server lets us do nothing more. */
  forbidden(): void;
  /** Units were cut: fetch ground and state again, then call `continueOn`. */
  groundChanged(): Promise<void>;
}

interface Waiting {
  gesture: Gesture;
  proposal: Proposal | null;
  /** The server may know of it: it was sent, whatever became of that. */
  sent: boolean;
}

const MOST_DEEDS = 40;
const BORDERS_AROUND = 2;
const RETRY_MS = [500, 1000, 2000, 4000, 8000];

export class Session {
  online = true;
  editors: string[] = [];
  readonly deeds: Deed[] = [];
  private readonly queue: Waiting[] = [];
  /** What was taken back and can be done again, the last at the end; null = the server took it back. */
  private readonly dropped: (Gesture | null)[] = [];
  /** Our own name, once a step of ours has told it. */
  private me = "";
  private conflicted = false;
  private stopped = false;
  private sending = false;
  private polling: Promise<void> | null = null;
  private failures = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    public model: Model,
    public sequence: number,
    public can: Can,
    private readonly server: Server,
    private readonly shelf: Shelf,
    private readonly hooks: Hooks,
    private readonly newKey: () => string = () => crypto.randomUUID(),
  ) {
    // a page that was left may have sent them
    for (const gesture of shelf.load()) this.queue.push({ gesture, proposal: this.proposed(gesture), sent: true });
  }

  get queued(): number {
    return this.queue.length;
  }

  get inConflict(): boolean {
    return this.conflicted;
  }

  get canUndo(): boolean {
    return this.can.undo || this.queue.some((one) => one.gesture.kind === "edits");
  }

  get canRedo(): boolean {
    return this.can.redo || this.dropped.length > 0;
  }

  /** Show an edit at once and send it; or say which rule forbids it. `painted` is what is shown of it already. */
  submit(edit: Edit, painted: Proposal | null = null): Refusal | null {
    if (painted) this.model.withdraw(painted);
    const found = predict(this.model, edit);
    if (isRefusal(found)) return found;
    const versions = this.versionsAround(found.touched);
    this.model.propose(found.proposal);
    this.dropped.length = 0;
    this.enqueue({ key: this.newKey(), kind: "edits", edit, versions }, found.proposal);
    return null;
  }

  /** Take the last gesture back: at once if it was not sent yet, else the server is asked to. */
  undo(): void {
    const last = this.queue.at(-1);
    if (last?.gesture.kind === "edits" && !this.conflicted) {
      if (last.proposal) this.model.withdraw(last.proposal);
      last.proposal = null;
      if (!last.sent) {
        this.queue.pop();
        this.dropped.push(last.gesture);
        this.save();
        return;
      }
    }
    if (this.dropped.length) this.dropped.push(null);
    const of = last?.gesture.kind === "edits" ? { of: last.gesture.key } : {};
    this.enqueue({ key: this.newKey(), kind: "undo", edit: null, versions: {}, ...of });
  }

  redo(): void {
    const edit = this.dropped.pop()?.edit;
    if (!edit) return this.enqueue({ key: this.newKey(), kind: "redo", edit: null, versions: {} });
    const { proposal, versions } = this.anew(edit);
    this.enqueue({ key: this.newKey(), kind: "edits", edit, versions }, proposal);
  }

  /** Answer a conflict: do the gesture again on what is there now, or let go of it. */
  resolve(again: boolean): void {
    if (!this.conflicted) return;
    const waiting = this.queue.shift();
    this.conflicted = false;
    if (waiting?.proposal) this.model.withdraw(waiting.proposal);
    if (again && waiting) this.redraw(waiting.gesture);
    this.save();
    void this.pump();
  }

  /** Ask for what others did. */
  poll(): Promise<void> {
    this.polling ??= this.ask().finally(() => (this.polling = null));
    return this.polling;
  }

  /** Send what waits; called whenever something may have changed. */
  async pump(): Promise<void> {
    if (this.sending || this.conflicted || this.stopped || !this.queue.length) return;
    this.sending = true;
    clearTimeout(this.timer);
    const waiting = this.queue[0]!;
    waiting.sent = true;
    const sentAt = performance.now();
    let taken = false;
    try {
      const answer = await this.server.send(waiting.gesture, this.sequence);
      taken = answer.outcome !== "unreachable" && (await this.take(waiting, answer, sentAt));
    } finally {
      this.sending = false;
      this.reach(taken);
    }
    // what was not taken in is sent again under its key, and the server repeats its answer
    if (!taken) return this.retry();
    this.hooks.changed();
    void this.pump();
  }

  /** Go on with the same plan on other units. */
  continueOn(model: Model, sequence: number, can: Can): void {
    model.rememberAs(this.model);
    this.model = model;
    this.sequence = sequence;
    this.can = can;
    for (const waiting of this.queue) waiting.proposal = this.proposed(waiting.gesture);
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  /** Take an answer in; false if what was done before it cannot be had now. */
  private async take(
    waiting: Waiting,
    answer: Exclude<Answer, { outcome: "unreachable" }>,
    sentAt: number,
  ): Promise<boolean> {
    const { gesture, proposal } = waiting;
    if (answer.outcome === "forbidden") {
      this.stopped = true;
      this.hooks.forbidden();
      return true;
    }
    if (answer.outcome === "conflict") {
      await this.takeSteps(answer.steps);
      this.model.countAnew(answer.figures ?? {});
      if (this.isTakenBack(gesture)) {
        this.letGo();
        return true;
      }
      this.conflicted = true;
      this.hooks.changed();
      this.hooks.conflict(gesture, answer.faults, answer.conflicts);
      return true;
    }
    const step = answer.outcome === "refused" ? null : answer.body.step;
    const missed = step && step.sequence > this.sequence + 1 ? await this.server.steps(this.sequence) : undefined;
    if (missed === null) return false;
    if (answer.outcome === "refused") {
      this.letGo();
      this.hooks.refused(gesture, answer.faults);
      return true;
    }
    this.queue.shift();
    this.save();
    this.can = answer.body.can;
    if (step && missed) {
      await this.takeSteps(missed.steps, step.sequence, proposal);
      this.model.countAnew(missed.figures ?? {});
    }
    if (step && step.sequence > this.sequence) await this.takeSteps([step], step.sequence, proposal);
    else if (proposal) this.model.withdraw(proposal);
    this.model.countAnew(answer.body.figures ?? {});
    this.hooks.done(gesture, answer.body, sentAt);
    return true;
  }

  private isTakenBack(gesture: Gesture): boolean {
    return this.queue.some((one) => one.gesture.of === gesture.key);
  }

  /** Forget the first gesture, which was not done, and an undo that was meant for it. */
  private letGo(): void {
    const waiting = this.queue.shift();
    if (!waiting) return;
    if (waiting.proposal) this.model.withdraw(waiting.proposal);
    const undo = this.queue.findIndex((one) => one.gesture.of === waiting.gesture.key);
    if (undo >= 0) this.queue.splice(undo, 1);
    this.save();
  }

  /** Apply steps that are new to us, in order; step number `own` answers `proposal`. */
  private async takeSteps(steps: Step[], own = -1, proposal: Proposal | null = null): Promise<void> {
    for (const step of [...steps].sort((a, b) => a.sequence - b.sequence)) {
      if (step.sequence <= this.sequence) continue;
      this.sequence = step.sequence;
      this.note(step);
      if (step.mine) this.follow(step);
      if (step.mine) this.me = step.author;
      if (step.ground !== undefined && step.ground !== this.model.ground.hash) {
        if (step.sequence === own && proposal) this.model.withdraw(proposal);
        await this.newGround();
        continue;
      }
      const units = this.model.apply(step, step.sequence === own ? proposal : null);
      if (!step.mine) this.hooks.colleague(step, units);
    }
  }

  /** Fetch the ground until it comes: nothing can be shown on the former one any more. */
  private async newGround(): Promise<void> {
    for (let failures = 0; !this.stopped; failures++) {
      try {
        return await this.hooks.groundChanged();
      } catch {
        this.reach(false);
        await new Promise((again) => setTimeout(again, RETRY_MS[Math.min(failures, RETRY_MS.length - 1)]));
      }
    }
  }

  /** Our own step makes cells newer than the gestures behind it believed. */
  private follow(step: Step): void {
    for (const { gesture } of this.queue) {
      for (const [cell, version] of Object.entries(step.cells)) {
        if (Number(cell) in gesture.versions) gesture.versions[Number(cell)] = version;
      }
    }
  }

  private note(step: Step): void {
    let unitCount = 0;
    for (const units of Object.values(step.moved)) unitCount += units.length;
    const undoes = step.undoes ?? null;
    const { sequence, kind, author, mine, made } = step;
    this.deeds.unshift({ sequence, kind, author, mine, made, unitCount, undone: false, undoes });
    const undone = this.deeds.find((deed) => deed.sequence === undoes);
    if (undone) undone.undone = true;
    this.deeds.length = Math.min(this.deeds.length, MOST_DEEDS);
  }

  /** Fill the history with steps from before this page was opened. */
  recall(steps: readonly Step[]): void {
    for (const step of steps) if (step.sequence <= this.sequence) this.note(step);
    this.hooks.changed();
  }

  private async ask(): Promise<void> {
    if (this.stopped || this.sending) return;
    const found = await this.server.steps(this.sequence);
    const before = this.sequence;
    this.reach(found !== null);
    if (!found) return;
    const former = this.editors.join();
    this.editors = found.editors.filter((name) => name !== this.me);
    if (!this.sending) {
      await this.takeSteps(found.steps);
      this.model.countAnew(found.figures ?? {});
    }
    if (former !== this.editors.join() || this.sequence !== before) this.hooks.changed();
    void this.pump();
  }

  private redraw(gesture: Gesture): void {
    const key = this.newKey();
    if (!gesture.edit) {
      this.queue.unshift({ gesture: { ...gesture, key }, proposal: null, sent: false });
      return;
    }
    const { proposal, versions } = this.anew(gesture.edit, Object.keys(gesture.versions).map(Number));
    this.queue.unshift({ gesture: { ...gesture, key, versions }, proposal, sent: false });
  }

  /** Show an edit on what is there now, whatever the rules say; `otherwise` are cells that it may touch. */
  private anew(edit: Edit, otherwise: readonly number[] = []): { proposal: Proposal | null; versions: Versions } {
    const found = predict(this.model, edit);
    if (isRefusal(found)) return { proposal: null, versions: this.versionsAround(otherwise) };
    this.model.propose(found.proposal);
    return { proposal: found.proposal, versions: this.versionsAround(found.touched) };
  }

  /**
   * Versions of the cells that an edit touches and of those around: the server may have to give
   * pieces to them, and compares the versions of just those cells that the edit then changes.
   */
  private versionsAround(cells: Iterable<number>): Versions {
    return this.model.versionsOf(this.model.around(cells, BORDERS_AROUND));
  }

  private proposed(gesture: Gesture): Proposal | null {
    const found = gesture.edit && predict(this.model, gesture.edit);
    if (!found || isRefusal(found)) return null;
    this.model.propose(found.proposal);
    return found.proposal;
  }

  private enqueue(gesture: Gesture, proposal: Proposal | null = null): void {
    this.queue.push({ gesture, proposal, sent: false });
    this.save();
    void this.pump();
  }

  private save(): void {
    this.shelf.save(this.queue.map((one) => one.gesture));
    this.hooks.changed();
  }

  private reach(reached: boolean): void {
    if (reached) this.failures = 0;
    if (this.online === reached) return;
    this.online = reached;
    this.hooks.changed();
  }

  private retry(): void {
    const wait = RETRY_MS[Math.min(this.failures++, RETRY_MS.length - 1)];
    this.timer = setTimeout(() => void this.pump(), wait);
  }
}
