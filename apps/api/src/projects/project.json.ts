import { z } from 'zod';
import type { ProjectConfiguration } from '#domain';
import { commandDoor, type Door, door } from '../http/door.js';
import { flag } from '../http/hydra.js';
import { momentParam } from '../scheduler/moment.js';
import { nameParam, text } from '../http/text.js';

const projectParam = { project: nameParam };
export const projectDoor = door({ params: projectParam, query: { at: momentParam } });
export const projectCommandDoor = commandDoor({ params: projectParam });
const form = door({ params: projectParam });
/** Pages with a form to fill in. */
export const editProjectFormDoor = { ...form, signedIn: true } as typeof form;
export const createProjectFormDoor: Door = { ...door({}), signedIn: true };

const LONG = 10_000;
const MAX_MEMBERS = 1000;
const names = (rule: string) =>
  z.union(
    [
      z.array(text(255)).max(MAX_MEMBERS),
      text(LONG).transform((words) => words.split(/[\s,]+/).filter((one) => one !== '')),
    ],
    rule,
  );

/**
 * What is left out takes its default: `displayname` the name, `description` and `homepage` empty, `owner` who creates it (later:
 * who owns it), `members` nobody (later: who they are), `enabled` and `visible` true, `enable_dynamic_run_command` false,
 * `declarative` none. Forms spell the parts of `declarative` as Hydra's do: `declfile`, `decltype`, `declvalue`.
 */
const projectBody = {
  displayname: text(LONG).optional(),
  description: text(LONG).nullish(),
  homepage: text(LONG).nullish(),
  owner: text(255).optional(),
  members: names('must be a list of user names').optional(),
  enabled: flag().default(true),
  visible: flag().default(true),
  enable_dynamic_run_command: flag().default(false),
  declarative: z.strictObject({ file: text(LONG), type: text(255), value: text(LONG) }).optional(),
  declfile: text(LONG).optional(),
  decltype: text(255).optional(),
  declvalue: text(LONG).optional(),
};
const newName = text(255);
/** `PUT /project/P`: another `name` renames. */
export const putProjectDoor = commandDoor({ params: projectParam, body: { name: newName.optional(), ...projectBody } });
/** The form of `/project/P/edit`; `revision`: of the project as the form was filled, for forms cannot say `If-Match`. */
export const editProjectDoor = commandDoor({
  params: projectParam,
  body: {
    name: newName.optional(),
    revision: text(15).regex(/^\d+$/, 'must be a whole number').optional(),
    ...projectBody,
  },
});
/** Replaces the members as a whole, and nothing else. */
export const membersDoor = commandDoor({
  params: projectParam,
  body: { members: names('must be a list of user names') },
});
/** The form of `/create-project`. */
export const createProjectDoor = commandDoor({ body: { name: newName, ...projectBody } });

export type ProjectBody = Omit<z.output<typeof putProjectDoor.body>, 'name'>;

const declarativeOf = ({ declarative, declfile = '', decltype = '', declvalue = '' }: ProjectBody) => {
  const found = declarative ?? { file: declfile, type: decltype, value: declvalue };
  return found.file === '' ? {} : { declarative: found };
};

/** What a PUT asks for; `owner` is the opaque id. */
export const configurationOf = (name: string, owner: string, body: ProjectBody): ProjectConfiguration => ({
  displayName: body.displayname ?? name,
  description: body.description ?? '',
  homepage: body.homepage ?? '',
  owner,
  enabled: body.enabled,
  hidden: !body.visible,
  enableDynamicRunCommand: body.enable_dynamic_run_command,
  ...declarativeOf(body),
});
