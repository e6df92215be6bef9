import { commandDoor, type Door, door, parse, type Through } from '../http/door.js';
import { nameParam, text } from '../http/text.js';
import { type ProjectBody, putProjectDoor } from './project.json.js';

const project = { project: nameParam };
const field = text(65_536).optional();

const FIELDS = [
  'name',
  'displayname',
  'description',
  'homepage',
  'owner',
  'members',
  'enabled',
  'visible',
  'enable_dynamic_run_command',
  'declfile',
  'decltype',
  'declvalue',
  'reason',
] as const;

/** Whatever stands in the fields comes in, so that what is refused can be shown again. */
const body = Object.fromEntries(FIELDS.map((name) => [name, field])) as Record<(typeof FIELDS)[number], typeof field>;

const empty = door({});
const filled = door({ params: project });
export const createProjectFormDoor: Door = { ...empty, signedIn: true };
export const editProjectFormDoor = { ...filled, signedIn: true } as typeof filled;
/** The form of `/create-project`. */
export const createProjectDoor = commandDoor({ body });
/** The form of `/project/P/edit`; `revision`: of the project as the form was filled, for forms cannot say `If-Match`. */
export const editProjectDoor = commandDoor({
  params: project,
  body: { ...body, revision: text(15).regex(/^\d+$/, 'must be a whole number').optional() },
});

export type ProjectForm = Through<typeof createProjectDoor>['body'];

/** A form as the body of a PUT: what is empty is left out, but for the members, of whom there may be none. Throws the `Problem` that names the field. */
export const bodyOfForm = (form: ProjectForm): ProjectBody & { name?: string | undefined } => {
  const given = FIELDS.map((name) => [name, form[name]] as const).filter(
    ([name, value]) => value !== undefined && (value !== '' || name === 'members'),
  );
  return parse(putProjectDoor.body, Object.fromEntries(given));
};
