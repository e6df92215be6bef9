/** Remembers the routes that were registered, so that a wrong method is told from a wrong address. */
export class RouteTable {
  private readonly routes: { segments: readonly string[]; methods: readonly string[] }[] = [];

  add(url: string, method: string | readonly string[]): void {
    this.routes.push({ segments: url.split('/'), methods: typeof method === 'string' ? [method] : method });
  }

  /** Methods that some route takes at this address, sorted; none: there is no such address. */
  methodsOf(url: string): readonly string[] {
    const segments = (url.split('?')[0] ?? '').split('/');
    const found = this.routes
      .filter(
        (route) =>
          (route.segments.at(-1) === '*'
            ? route.segments.length <= segments.length
            : route.segments.length === segments.length) &&
          route.segments.every((part, i) => part === '*' || fits(part, segments[i]!)),
      )
      .flatMap(({ methods }) => methods);
    return [...new Set(found)].sort();
  }
}

/** `:name` is any text, `:name.suffix` any that ends so. */
const fits = (part: string, segment: string): boolean => {
  if (!part.startsWith(':')) return part === segment;
  const suffix = /\..*$/.exec(part)?.[0] ?? '';
  return segment.length > suffix.length && segment.endsWith(suffix);
};
