/** A text that a form asks for. */
export type TextFieldProps = Readonly<{
  name: string;
  label: string;
  value?: string | undefined;
  required?: boolean;
  /** shown, not to be changed */
  fixed?: boolean;
  /** most characters */
  max?: number;
  number?: boolean;
  /** several lines may be typed */
  lines?: boolean;
}>;

/** Lines of a text that are seen at once. */
const MOST_ROWS = 12;

/** A text with its label. One of several lines keeps them: what a one-line field shows, it would lose when it is sent again. */
export const TextField = ({ name, label, value = '', ...more }: TextFieldProps): JSX.Element => {
  const { required, fixed, lines = value.includes('\n') } = more;
  const maxlength = more.max === undefined ? undefined : String(more.max);
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
          safe
        >
          {/* HTML drops a line end right after the tag. */}
          {value.startsWith('\n') ? `\n${value}` : value}
        </textarea>
      ) : (
        <input
          type="text"
          name={name}
          value={value}
          inputmode={more.number ? 'numeric' : undefined}
          maxlength={maxlength}
          required={required}
          readonly={fixed}
        />
      )}
    </label>
  );
};
