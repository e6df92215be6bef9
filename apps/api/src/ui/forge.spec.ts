import { compareUrl, flakeCommit } from './forge.js';

const [OLD, NEW] = ['a'.repeat(40), 'b'.repeat(40)];

describe('where two commits are compared', () => {
  it.each([
    ['https://github.com/NixOS/nixpkgs.git', `https://github.com/NixOS/nixpkgs/compare/${OLD}...${NEW}`],
    ['https://github.com/NixOS/nixpkgs/', `https://github.com/NixOS/nixpkgs/compare/${OLD}...${NEW}`],
    ['https://gitlab.com/a/group/project.git', `https://gitlab.com/a/group/project/-/compare/${OLD}...${NEW}`],
    ['https://codeberg.org/a/b', `https://codeberg.org/a/b/compare/${OLD}...${NEW}`],
    ['https://ada:secret@github.com/a/b?token=x#y', `https://github.com/a/b/compare/${OLD}...${NEW}`],
  ])('is known of %s', (uri, url) => expect(compareUrl(uri, OLD, NEW)).toBe(url));

  it.each([
    'http://github.com/a/b',
    'https://github.com:8443/a/b',
    'https://github.com.example.org/a/b',
    'https://example.org/github.com/a/b',
    'https://github.com/a',
    'https://github.com/a/b/c',
    'https://github.com/a/b%22%3E',
    'git@github.com:a/b',
    'ssh://git@github.com/a/b',
    'javascript:alert(1)//github.com/a/b',
    'constructor',
    '',
  ])('is not guessed of %p', (uri) => expect(compareUrl(uri, OLD, NEW)).toBeUndefined());

  it('is nowhere for what is no commit', () => {
    for (const no of ['main', '', 'A'.repeat(40), '20260102030405:abc', 'a'.repeat(41)])
      expect(compareUrl('https://github.com/a/b', no, NEW) ?? compareUrl('https://github.com/a/b', OLD, no)).toBe(
        undefined,
      );
  });
});

describe('the commit of a locked flake', () => {
  it.each([
    [`github:a/b/${OLD}?narHash=sha256-x`, { uri: 'https://github.com/a/b', revision: OLD }],
    [`gitlab:a%2Fgroup/b/${OLD}`, { uri: 'https://gitlab.com/a/group/b', revision: OLD }],
    [`git+https://codeberg.org/a/b?ref=main&rev=${OLD}`, { uri: 'https://codeberg.org/a/b', revision: OLD }],
  ])('is read from %s', (flake, commit) => expect(flakeCommit(flake)).toEqual(commit));
  it.each(['path:/src', 'git+file:///src?rev=1', 'github:a/b', 'git+https://example.org/a', 'git+https://'])(
    'is not in %s',
    (flake) => expect(flakeCommit(flake)).toBeUndefined(),
  );
});
