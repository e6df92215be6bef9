import { treesOf, type Tree } from './tree.js';

const graph: Readonly<Record<string, readonly string[]>> = {
  a: ['b', 'c'],
  b: ['d'],
  c: ['d', 'b'],
  d: [],
};
const words = ({ node, below, elsewhere }: Tree<string>): string =>
  `${node}${elsewhere ? '*' : ''}${below.length > 0 ? `(${below.map(words).join(' ')})` : ''}`;
const of = (limit: number, needs = (node: string): readonly string[] => graph[node]!) => {
  const { trees, truncated } = treesOf(['a'], (node) => node, needs, limit);
  return [trees.map(words).join(' '), truncated];
};

describe('a graph as a tree', () => {
  it('has everything that is needed, each once with what it needs itself', () => {
    expect(of(100)).toEqual(['a(b(d) c(d* b*))', false]);
  });
  it('is cut off at its limit, and says so', () => {
    expect(of(3)).toEqual(['a(b c)', true]);
  });
  it('ends where things need each other in a circle', () => {
    expect(of(100, (node) => (node === 'a' ? ['b'] : ['a']))).toEqual(['a(b(a*))', false]);
  });
  it('is not deeper than browsers can show', () => {
    const [text, truncated] = of(1000, (node) => [`${node}x`]);
    expect([(text as string).split('(').length, truncated]).toEqual([101, true]);
  });
});
