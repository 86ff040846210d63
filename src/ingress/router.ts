import { type Answer, type Request, text } from "./answer.ts";

/** Answers requests to one path. Whatever it throws becomes a 500 and a log line. */
export interface Route {
  /** GET stands for HEAD as well. */
  readonly methods: readonly ("GET" | "POST")[];
  handle(request: Request): Answer | Promise<Answer>;
}

/** Which route answers which path: exact paths first, then prefixes (which end in a slash), the longest first. */
export class Router {
  readonly #exact: ReadonlyMap<string, Route>;
  readonly #prefixes: readonly (readonly [prefix: string, route: Route])[];

  /** Paths are without a leading slash. */
  constructor(routes: ReadonlyMap<string, Route>) {
    this.#exact = routes;
    this.#prefixes = [...routes].filter(([path]) => path.endsWith("/"))
      .sort(([a], [b]) => b.length - a.length);
  }

  handle(request: Request): Answer | Promise<Answer> {
    const route = this.#find(request.path);
    if (!route) return text(404, "not found\n");
    const method = request.method === "HEAD" ? "GET" : request.method;
    if (route.methods.some((allowed) => allowed === method)) return route.handle(request);
    const allowed = route.methods.flatMap((name) => name === "GET" ? ["GET", "HEAD"] : [name]);
    return text(405, "method not allowed\n", { Allow: allowed.join(", ") });
  }

  #find(path: string): Route | undefined {
    return this.#exact.get(path) ?? this.#prefixes.find(([prefix]) => path.startsWith(prefix))?.[1];
  }
}
