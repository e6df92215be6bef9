/** Why what a form sent was not taken. */
export type Refused = Readonly<{
  message: string;
  /** as the refusal names it */
  field?: string | undefined;
  rule?: string | undefined;
}>;

/** At the top of a form that comes back: that nothing was done, and why. */
export const RefusedNote = ({ refused }: { refused: Refused | undefined }): JSX.Element =>
  refused === undefined ? (
    ''
  ) : (
    <div class="outcome bad" role="alert">
      <p>
        <span class="status bad">✗ Nothing was changed</span>: <span safe>{refused.message}</span>
      </p>
    </div>
  );

type Field = Readonly<{
  name: string;
  label: string;
  value?: string | undefined;
  /** why the form was not taken: shown here where it was for this field */
  refused?: Refused | undefined;
  /** what a refusal calls the field, where that is not its name */
  calls?: string | undefined;
}>;

/** A text that a form asks for. */
export type TextFieldProps = Field &
  Readonly<{
    required?: boolean;
    /** shown, not to be changed */
    fixed?: boolean;
    /** most characters */
    max?: number;
    number?: boolean;
    /** `password`: nothing is ever shown in it */
    type?: 'text' | 'email' | 'password';
    /** an example of what may stand in it */
    hint?: string;
    /** what a browser may fill in, as HTML calls it */
    autocomplete?: string;
    /** fewest characters */
    min?: number;
    /** several lines may be typed */
    lines?: boolean;
  }>;

/** Lines of a text that are seen at once. */
const MOST_ROWS = 12;
/** Of the one field that was refused: who reads by ear hears the rule with it. */
const RULE = 'refused-rule';

const isRefused = ({ name, calls = name, refused }: Pick<Field, 'name' | 'calls' | 'refused'>): boolean =>
  refused !== undefined && refused.field === calls;

/** What of a field's attributes says that it was refused; the form is taken up there. */
export const marks = (field: Pick<Field, 'name' | 'calls' | 'refused'>) =>
  isRefused(field) ? { 'aria-invalid': 'true', 'aria-describedby': RULE, autofocus: true } : {};

/** The rule that a field broke, at the field. */
export const RefusedRule = (field: Pick<Field, 'name' | 'calls' | 'refused'>): JSX.Element =>
  isRefused(field) ? (
    <small id={RULE} class="status bad">
      <span safe>{`✗ ${field.refused?.rule ?? field.refused?.message ?? ''}`}</span>
    </small>
  ) : (
    ''
  );

/** A text with its label. One of several lines keeps them: what a one-line field shows, it would lose when it is sent again. */
export const TextField = (field: TextFieldProps): JSX.Element => {
  const { name, label, value = '', required, fixed, type = 'text' } = field;
  const { lines = type === 'text' && value.includes('\n') } = field;
  const maxlength = field.max === undefined ? undefined : String(field.max);
  return (
    <label>
      <span safe>{label}</span>
      {lines ? (
        <textarea
          name={name}
          rows={String(Math.min(value.split('\n').length, MOST_ROWS))}
          maxlength={maxlength}
          required={required}
          readonly={fixed}
          {...marks(field)}
          safe
        >
          {/* HTML drops a line end right after the tag. */}
          {value.startsWith('\n') ? `\n${value}` : value}
        </textarea>
      ) : (
        <input
          type={type}
          name={name}
          value={type === 'password' ? undefined : value}
          placeholder={field.hint}
          autocomplete={field.autocomplete}
          inputmode={field.number ? 'numeric' : undefined}
          minlength={field.min === undefined ? undefined : String(field.min)}
          maxlength={maxlength}
          required={required}
          readonly={fixed}
          {...marks(field)}
        />
      )}
      <RefusedRule {...field} />
    </label>
  );
};

/** One of several values, each with its words. A list, not a box: a box that is not ticked sends nothing, which would read as the default. */
export const Choice = (field: Field & { of: readonly (readonly [string, string])[] }): JSX.Element => (
  <label>
    <span safe>{field.label}</span>
    <select name={field.name} {...marks(field)}>
      {field.of.map(([each, words]) => (
        <option value={each} selected={each === field.value} safe>
          {words}
        </option>
      ))}
    </select>
    <RefusedRule {...field} />
  </label>
);

/** What a `Choice` of two offers. */
export const yesNo = (yes: string, no: string) => [['1', yes], ['0', no]] as const; // prettier-ignore
