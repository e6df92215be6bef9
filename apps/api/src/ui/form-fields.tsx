import type { FormField } from '../http/form.js';
import { Choice, marks, type Refused, RefusedRule, TextField } from './fields.js';

/** What somebody wrote into a form, by the names of its fields. */
export type Written = Readonly<Record<string, string>>;

type Shown = Readonly<{ written?: Written | undefined; refused?: Refused | undefined }>;

const Boxes = ({ field, written, refused }: Shown & { field: FormField }): JSX.Element => {
  const { name, label, boxes = [] } = field;
  const ticked = (box: string) =>
    written === undefined ? (field.ticked ?? []).includes(box) : (written[box] ?? '0') !== '0';
  const all = boxes.map(([box, words], index) => (
    <label>
      {/* Of all boxes of a field the first one says what is wrong. */}
      <input
        type="checkbox"
        name={box}
        value="1"
        checked={ticked(box)}
        {...marks({ name: box, calls: index === 0 && refused?.field !== box ? name : box, refused })}
      />
      <span safe>{words}</span>
    </label>
  ));
  const calls = boxes.some(([box]) => box === refused?.field) ? refused?.field : name;
  const rule = <RefusedRule name={name} calls={calls} refused={refused} />;
  return label === '' ? (
    <>
      {all}
      {rule}
    </>
  ) : (
    <fieldset>
      <legend safe>{label}</legend>
      {all}
      {rule}
    </fieldset>
  );
};

const One = ({ field, written, refused }: Shown & { field: FormField }): JSX.Element => {
  const { kind = 'text', of, boxes, note } = field;
  if (boxes !== undefined) return <Boxes field={field} written={written} refused={refused} />;
  // What was not sent is what it was before: nothing of it was written.
  const value = written?.[field.name] ?? field.value;
  if (of !== undefined) return <Choice {...{ ...field, value, of, refused }} />;
  return (
    <>
      <TextField
        name={field.name}
        label={field.label}
        value={value}
        refused={refused}
        required={field.required ?? false}
        {...(field.min === undefined ? {} : { min: field.min })}
        {...(field.max === undefined ? {} : { max: field.max })}
        {...(field.hint === undefined ? {} : { hint: field.hint })}
        {...(field.autocomplete === undefined ? {} : { autocomplete: field.autocomplete })}
        number={kind === 'number'}
        {...(kind === 'lines' ? { lines: true } : {})}
        type={kind === 'email' || kind === 'password' ? kind : 'text'}
      />
      {note !== undefined && (
        <small class="muted" safe>
          {note}
        </small>
      )}
    </>
  );
};

/** The fields of a form as they stand at first, or with what was written and why it was not taken. */
export const FormFields = ({ fields, ...shown }: Shown & { fields: readonly FormField[] }): JSX.Element => (
  <>
    {fields.map((field) => (
      <One field={field} {...shown} />
    ))}
  </>
);
