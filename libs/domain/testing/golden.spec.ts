import { readdirSync, readFileSync } from 'node:fs';
import { eventVersions } from '../src/index.js';
import { examples } from './examples.js';

const folder = new URL('./golden/', import.meta.url);
const golden = (file: string): { type: string; v: number; data: unknown } =>
  JSON.parse(readFileSync(new URL(file, folder), 'utf8'));
const files = readdirSync(folder).filter((file) => file.endsWith('.json'));

describe('golden events: what was ever written can be read for ever', () => {
  it.each(Object.keys(eventVersions))('%s has a golden file of every version up to the current one', (type) => {
    const { current } = eventVersions[type as keyof typeof eventVersions];
    const expected = Array.from({ length: current }, (_, i) => `${type}.v${i + 1}.json`);
    expect(files.filter((file) => file.startsWith(`${type}.v`)).sort()).toEqual(expected.sort());
  });

  it.each(files)('%s, lifted, is the example of today', (file) => {
    const { type, v, data } = golden(file);
    const versions = eventVersions[type as keyof typeof eventVersions];
    let lifted = data;
    for (let version = v; version < versions.current; version += 1) lifted = versions.lift[version]!(lifted as never);
    expect(lifted).toEqual(examples[type as keyof typeof examples].data);
  });
});
