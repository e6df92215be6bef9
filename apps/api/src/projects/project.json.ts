import { z } from 'zod';
import type { ProjectConfiguration } from '#domain';
import { commandDoor, door } from '../http/door.js';
import { flag } from '../http/hydra.js';
import { nameParam, text } from '../http/text.js';

const projectParam = { project: nameParam };
export const projectDoor = door({ params: projectParam });
export const deleteProjectDoor = commandDoor({ params: projectParam });

const LONG = 10_000;
/**
 * `PUT /project/P`. What is left out takes its default: `displayname` the name, `description` and `homepage` empty, `owner` who
 * creates it (later: who owns it), `enabled` and `visible` true, `enable_dynamic_run_command` false, `declarative` none.
 */
export const putProjectDoor = commandDoor({
  params: projectParam,
  body: {
    name: text(255).optional(),
    displayname: text(LONG).optional(),
    description: text(LONG).nullish(),
    homepage: text(LONG).nullish(),
    owner: text(255).optional(),
    enabled: flag().default(true),
    visible: flag().default(true),
    enable_dynamic_run_command: flag().default(false),
    declarative: z.strictObject({ file: text(LONG), type: text(255), value: text(LONG) }).optional(),
  },
});

type Body = z.output<typeof putProjectDoor.body>;

/** What a PUT asks for; `owner` is the opaque id. */
export const configurationOf = (name: string, owner: string, body: Body): ProjectConfiguration => ({
  displayName: body.displayname ?? name,
  description: body.description ?? '',
  homepage: body.homepage ?? '',
  owner,
  enabled: body.enabled,
  hidden: !body.visible,
  enableDynamicRunCommand: body.enable_dynamic_run_command,
  ...(body.declarative && body.declarative.file !== '' ? { declarative: body.declarative } : {}),
});
