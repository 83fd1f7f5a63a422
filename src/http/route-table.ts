const SEGMENT = '/';

const segmentsOf = (path: string): readonly string[] => {
  const trimmed = path.length > 1 && path.endsWith(SEGMENT) ? path.slice(0, -1) : path;
  return trimmed.split(SEGMENT);
};

/** Knows the methods of every route, to tell a wrong method from an unknown path. Asked on errors only. */
export class RouteTable {
  private readonly routes = new Map<string, { readonly segments: readonly string[]; readonly methods: Set<string> }>();

  add(pattern: string, methods: string | readonly string[]): void {
    const route = this.routes.get(pattern) ?? { segments: segmentsOf(pattern), methods: new Set<string>() };
    for (const method of [methods].flat()) route.methods.add(method);
    this.routes.set(pattern, route);
  }

  /** Sorted; empty for a path that no route has. A literal segment wins over a parameter, as in the router. */
  methodsOf(url: string): readonly string[] {
    const path = segmentsOf(url.split('?', 1)[0] ?? '');
    const matching = [...this.routes.values()].filter(({ segments }) => matches(segments, path));
    const parameters = (segments: readonly string[]) => segments.filter((segment) => segment.startsWith(':')).length;
    const fewest = Math.min(...matching.map(({ segments }) => parameters(segments)));
    const best = matching.filter(({ segments }) => parameters(segments) === fewest);
    return [...new Set(best.flatMap(({ methods }) => [...methods]))].sort();
  }
}

const matches = (pattern: readonly string[], path: readonly string[]): boolean =>
  pattern.length === path.length &&
  pattern.every((segment, at) => (segment.startsWith(':') ? path[at] !== '' : segment === path[at]));
