import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const textOf = (file: string): string => readFileSync(file, 'utf8');
const guides = readdirSync('docs/guide').filter((file) => file.endsWith('.md') && file !== 'README.md');
const documents = [
  ...['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md'],
  ...readdirSync('docs', { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => join('docs', file)),
];

/** As GitHub makes the id of a heading: https://docs.github.com/en/get-started/writing-on-github, "Section links". */
const anchors = (file: string): string[] =>
  [...textOf(file).matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );

/** Where the links and images of a document lead, but for other sites and what is code. */
const linksOf = (file: string): string[] =>
  [
    ...textOf(file)
      .replace(/^ *```.*?^ *```/gms, '')
      .matchAll(/\]\(([^)\s]+)\)/g),
  ]
    .map(([, to]) => to!)
    .filter((to) => !/^[a-z]+:/.test(to));

describe('what is written about Iolaus', () => {
  it('leads to what is there', () => {
    const links = documents.flatMap((from) => linksOf(from).map((to) => ({ from, to })));
    expect(links.length).toBeGreaterThan(20);
    const dead = links.filter(({ from, to }) => {
      const [path = '', anchor] = to.split('#');
      const file = path === '' ? from : join(dirname(from), path);
      return !existsSync(file) || (anchor !== undefined && !anchors(file).includes(anchor));
    });
    expect(dead).toEqual([]);
  });

  it('has every guide in the list of guides', () => {
    const listed = linksOf('docs/guide/README.md');
    expect([...listed].sort()).toEqual([...guides].sort());
  });

  it('keeps the first page to a screen or two', () => expect(textOf('README.md').split('\n').length).toBeLessThan(60));
});
