import type { Form } from '../http/form.js';
import type { PageContext } from '../http/page-context.js';
import { type Refused, RefusedNote, TextField } from './fields.js';
import { FormFields, type Written } from './form-fields.js';
import { Layout } from './layout.js';

/** What is in no page that anybody asked for again. */
const SECRET = /password|token|secret/i;

type Sent = Readonly<Record<string, string | readonly string[]>>;

const One = (sent: { name: string; value: Sent[string]; shown: Refused | undefined }): JSX.Element => {
  const { name, value, shown } = sent;
  if (shown && typeof value === 'string') return <TextField name={name} label={name} value={value} refused={shown} />;
  return (
    <>
      {[value].flat().map((one) => (
        <input type="hidden" name={name} value={one} />
      ))}
    </>
  );
};

/** What was sent beside the form's own fields, hidden again; shown is what was refused of it. */
const Beside = ({ sent, form, refused }: { sent: Sent; form: Form; refused: Refused }): JSX.Element => {
  const own = new Set(
    form.fields.flatMap(({ name, boxes }) => (boxes === undefined ? [name] : boxes.map(([box]) => box))),
  );
  const lists = new Set(form.fields.flatMap(({ name, boxes }) => (boxes === undefined ? [] : [name])));
  const rest = Object.entries(sent).filter(([name]) => !own.has(name) && !SECRET.test(name));
  return (
    <>
      {rest.map(([name, value]) => (
        <One name={name} value={value} shown={refused.field === name && !lists.has(name) ? refused : undefined} />
      ))}
    </>
  );
};

/** A form that was not taken, by itself: with what was written, the rule at its field, and the way to send it again. */
export const RefusedFormPage = ({
  page,
  form,
  action,
  sent,
  refused,
}: {
  page: PageContext;
  form: Form;
  /** where it was sent to */
  action: string;
  sent: Sent;
  refused: Refused;
}): JSX.Element => {
  const title = form.title ?? 'Send it again';
  const written: Written = Object.fromEntries(
    Object.entries(sent).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
  );
  // What was refused for want of a reason wants one.
  const fields = form.fields.map((field) =>
    field.name === 'reason' && refused.field === 'reason' ? { ...field, required: true } : field,
  );
  return (
    <Layout page={page} title={title}>
      <h1 safe>{title}</h1>
      <RefusedNote refused={refused} />
      <form method="post" action={action} class="narrow">
        <Beside sent={sent} form={form} refused={refused} />
        <FormFields fields={fields} written={written} refused={refused} />
        <button type="submit" safe>
          {form.button}
        </button>
      </form>
    </Layout>
  );
};
