/** What Dash hands to the editor. See `MapEditor` in ../../../__init__.py for the meaning. */
import type { Bounds } from "../types";

export type Labels = Record<string, string>;

export interface EditorProps {
  id?: string;
  className?: string;
  base: string;
  tilesUrl?: string | null;
  symbolsUrl: string;
  view?: Bounds | null;
  selected?: number | null;
  dark?: boolean;
  language: "en" | "zh";
  labels: Labels;
  palette: string[];
  setProps: (changed: { selected: number | null }) => void;
}

export type Values = Record<string, string | number>;
export type Say = (key: string, values?: Values) => string;

/** Sentences with their placeholders filled, and numbers as the reader writes them. */
export class Words {
  readonly number: Intl.NumberFormat;
  private readonly compact: Intl.NumberFormat;
  private readonly percent: Intl.NumberFormat;

  constructor(
    private readonly labels: Labels,
    readonly language: string,
  ) {
    this.number = new Intl.NumberFormat(language, { maximumFractionDigits: 0 });
    this.compact = new Intl.NumberFormat(language, { maximumSignificantDigits: 3 });
    this.percent = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 0, signDisplay: "exceptZero" });
  }

  readonly say: Say = (key, values = {}) =>
    (this.labels[key] ?? key).replace(/\{(\w+)\}/g, (whole, name: string) => {
      const value = values[name];
      if (value === undefined) return whole;
      return typeof value === "number" ? this.amount(value) : value;
    });

  /** Names of the sentences whose key has a form, in their order. */
  named(form: RegExp): string[] {
    return Object.keys(this.labels).flatMap((key) => form.exec(key)?.[1] ?? []);
  }

  /** Whole above 100, else with three digits. */
  amount(value: number): string {
    return Math.abs(value) >= 100 ? this.number.format(value) : this.compact.format(value);
  }

  signed(value: number): string {
    const sign = value > 0 ? "+" : value < 0 ? "−" : "±";
    return `${sign}${this.amount(Math.abs(value))}`;
  }

  share(value: number): string {
    return this.percent.format(value);
  }

  time(moment: string): string {
    const date = new Date(moment);
    if (Number.isNaN(date.getTime())) return moment;
    const today = new Date().toDateString() === date.toDateString();
    return new Intl.DateTimeFormat(this.language, today ? { timeStyle: "short" } : { dateStyle: "short", timeStyle: "short" }).format(date);
  }
}
