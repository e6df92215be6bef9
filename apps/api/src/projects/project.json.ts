import { z } from 'zod';
import type { ProjectConfiguration } from '#domain';
import { commandDoor, door } from '../http/door.js';
import { flag } from '../http/hydra.js';
import { badInput } from '../http/problem.js';
import { momentParam } from '../scheduler/moment.js';
import { nameParam, text } from '../http/text.js';

const projectParam = { project: nameParam };
export const projectDoor = door({ params: projectParam, query: { at: momentParam } });
export const projectCommandDoor = commandDoor({ params: projectParam });

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
 * `declarative` none. What a GET answers can be put back: `hidden` is the opposite of `visible`, and `jobsets` is ignored. Forms spell the parts of `declarative` as Hydra's do: `declfile`, `decltype`, `declvalue`.
 */
const projectBody = {
  displayname: text(LONG).optional(),
  description: text(LONG).nullish(),
  homepage: text(LONG).nullish(),
  owner: text(255).optional(),
  members: names('must be a list of user names').optional(),
  enabled: flag().default(true),
  visible: flag().optional(),
  hidden: flag().optional(),
  jobsets: z.unknown().optional().meta({ description: 'Of a GET; ignored', readOnly: true }),
  enable_dynamic_run_command: flag().default(false),
  declarative: z
    .strictObject(
      { file: text(LONG), type: text(255), value: text(LONG) },
      {
        error: (issue) => (issue.code === 'invalid_type' ? 'must be an object with file, type and value' : undefined),
      },
    )
    .nullish(),
  declfile: text(LONG).optional(),
  decltype: text(255).optional(),
  declvalue: text(LONG).optional(),
};
/** `PUT /project/P`: another `name` renames. */
export const putProjectDoor = commandDoor({
  params: projectParam,
  body: { name: text(255).optional(), ...projectBody },
});
/** Replaces the members as a whole, and nothing else. */
export const membersDoor = commandDoor({
  params: projectParam,
  body: { members: names('must be a list of user names') },
});

export type ProjectBody = Omit<z.output<typeof putProjectDoor.body>, 'name'>;

const declarativeOf = ({ declarative, declfile = '', decltype = '', declvalue = '' }: ProjectBody) => {
  const found = declarative ?? { file: declfile, type: decltype, value: declvalue };
  return found.file === '' ? {} : { declarative: found };
};

const hiddenOf = ({ hidden, visible }: ProjectBody): boolean => {
  if (hidden !== undefined && hidden === visible) throw badInput('hidden', 'must be the opposite of visible');
  return hidden ?? visible === false;
};

/** What a PUT asks for; `owner` is the opaque id. */
export const configurationOf = (name: string, owner: string, body: ProjectBody): ProjectConfiguration => ({
  displayName: body.displayname ?? name,
  description: body.description ?? '',
  homepage: body.homepage ?? '',
  owner,
  enabled: body.enabled,
  hidden: hiddenOf(body),
  enableDynamicRunCommand: body.enable_dynamic_run_command,
  ...declarativeOf(body),
});
