import type { Visitor } from './visitor.js';

/** What a form asks for: a text, one of several values, or boxes to tick. */
export type FormField = Readonly<{
  name: string;
  label: string;
  /** before anybody wrote anything */
  value?: string;
  required?: boolean;
  /** fewest and most characters */
  min?: number;
  max?: number;
  /** default `text`; what is written into a `password` is never shown again */
  kind?: 'text' | 'email' | 'lines' | 'number' | 'password';
  /** an example of what may stand there */
  hint?: string;
  /** what a browser may fill in, as HTML calls it */
  autocomplete?: string;
  /** values to choose one of, each with its words */
  of?: readonly (readonly [value: string, words: string])[];
  /** boxes to tick, each under a name of its own, with its words; a refusal calls them by `name` */
  boxes?: readonly (readonly [name: string, words: string])[];
  /** names of the boxes that are ticked at first */
  ticked?: readonly string[];
  /** further words below it */
  note?: string;
}>;

export type Form = Readonly<{
  /** what it is for; default: what the API says of its route */
  title?: string;
  /** what stands on its button */
  button: string;
  fields: readonly FormField[];
}>;

/** Who is asked, and of what. */
export type Asked = Readonly<{
  visitor: Visitor;
  /** whether the farm wants a reason with every command */
  wantsReason: boolean;
  /** of the address that the form is sent to */
  params: Readonly<Record<string, unknown>>;
}>;

/** A form as it stands for a visitor. */
export type FormOf = (asked: Asked) => Form;

/** Most characters of a reason. */
const MAX_REASON = 1000;

/** Why something is done, which goes into the log. */
export const reasonField = (required: boolean): FormField => ({
  name: 'reason',
  label: 'Reason',
  max: MAX_REASON,
  required,
});

/** What nothing but a reason is asked for. */
export const REASON_FORM: FormOf = ({ wantsReason }) => ({
  button: 'Send again',
  fields: [reasonField(wantsReason)],
});
