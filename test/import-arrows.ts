import { posix } from "node:path";

/** Source text by path from the project's root, with `/`. */
export type FileMap = ReadonlyMap<string, string>;

interface Arrow {
  readonly from: string;
  /** A path of the project, or a package's name. */
  readonly to: string;
  readonly isTypeOnly: boolean;
}

/** Each room with the rooms below it. */
const ROOMS: Readonly<Record<string, readonly string[]>> = {
  home: ["support", "migration", "approvals", "metadata", "catalog", "audit"],
  support: ["migration", "approvals", "metadata", "catalog", "audit"],
  migration: ["approvals", "metadata", "catalog", "audit"],
  approvals: ["metadata", "catalog", "audit"],
  metadata: ["catalog", "audit"],
  guides: ["catalog", "audit"],
  catalog: ["audit"],
  audit: [],
};
const EDGES = ["vault", "aws", "slack", "llm", "queue", "web"];
const ALL_ROOMS = Object.keys(ROOMS);
const GROUND = ["secret", "errors", "side-by-side", "membership"];

/** What each place may import besides itself. `store` lies under the rooms; every other edge lies beside them. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  secret: [],
  errors: [],
  "side-by-side": [],
  membership: [],
  rules: [...GROUND, "migration", "metadata", "catalog"], // the room that carries a rule out says whether it can be carried out
  config: [...GROUND, "rules"],
  store: [...GROUND],
  ...Object.fromEntries(ALL_ROOMS.map((room) => [room, [...GROUND, "store", ...(ROOMS[room] ?? [])]])),
  ...Object.fromEntries(EDGES.map((edge) => [edge, [...GROUND, ...ALL_ROOMS]])),
  slack: [...GROUND, ...ALL_ROOMS, "store"], // deliveries come as rows of the outbox
  llm: [...GROUND, ...ALL_ROOMS, "prompts"],
  handlers: [...GROUND, ...ALL_ROOMS, "slack"],
  jobs: [...GROUND, ...ALL_ROOMS, "store", "queue"],
  cli: [...GROUND, ...ALL_ROOMS, ...EDGES, "store", "config", "rules", "wiring"], // each command composes its own part
  prompts: ["errors"],
  main: [...GROUND, ...ALL_ROOMS, ...EDGES, "store", "config", "rules", "cli", "handlers", "jobs", "prompts", "wiring"],
  lambda: [...GROUND, "store", "config", "rules", "jobs", "wiring"], // a composition root of its own, and a small one
  wiring: [...GROUND, ...ALL_ROOMS, ...EDGES, "store", "config", "rules", "cli", "handlers", "jobs", "prompts"],
  dev: [], // no product code: the practice stack must not be wrong in the same way as the product
};

/** Further arrows that are allowed for types alone. */
const MAY_IMPORT_TYPES: Readonly<Record<string, readonly string[]>> = {
  prompts: ALL_ROOMS,
  handlers: ["store"], // the rooms' answers hold some of its types
};

/** Packages that belong to somebody; others may be imported everywhere. */
const PACKAGE_OWNERS: readonly (readonly [RegExp, readonly string[]])[] = [
  [/^@slack\//, ["slack", "handlers"]],
  [/^@aws-sdk\/client-sqs$/, ["queue"]],
  [/^@aws-sdk\//, ["aws"]],
  [/^sqs-consumer$/, ["queue", "jobs"]],
  [/^bullmq$/, ["queue", "jobs"]],
  [/^ioredis$/, ["queue"]],
  [/^node-vault$/, ["vault"]],
  [/^openai(\/|$)/, ["llm"]],
  [/^pg$/, ["store"]],
  [/^kysely$/, ["store", "slack", ...ALL_ROOMS]],
];
const SEES_EVERY_PACKAGE = ["main", "wiring", "dev"];

/** Every arrow that the house forbids, and every circle, one sentence each. */
export function findBadArrows(files: FileMap): string[] {
  const arrows = [...files].flatMap(([path, source]) => arrowsOf(path, source));
  const homeless = [...files.keys()].filter((path) => placeOf(path) === null);
  return [
    ...homeless.map((path) => `${path} is in a place that the rules don't know`),
    ...arrows.filter((arrow) => !isAllowed(arrow)).map(({ from, to }) => `${from} must not import ${to}`),
    ...findCircles(arrows).map((circle) => `these import each other in a circle: ${circle.join(" > ")}`),
  ];
}

/** `src/slack/blocks.ts` is in "slack", `src/main.ts` in "main", `handlers/ask.ts` in "handlers". */
function placeOf(path: string): string | null {
  const [top = "", second = ""] = path.split("/");
  const place = top === "src" ? second.replace(/\.ts$/, "") : top;
  return place in MAY_IMPORT ? place : null;
}

function isAllowed({ from, to, isTypeOnly }: Arrow): boolean {
  const place = placeOf(from);
  if (place === null) return true; // said already
  if (!to.endsWith(".ts")) {
    if (SEES_EVERY_PACKAGE.includes(place)) return true;
    const owners = PACKAGE_OWNERS.find(([name]) => name.test(to))?.[1];
    return owners === undefined || owners.includes(place);
  }
  const target = placeOf(to);
  if (target === null) return false;
  const isTypeAllowed = isTypeOnly && (MAY_IMPORT_TYPES[place] ?? []).includes(target);
  return target === place || (MAY_IMPORT[place] ?? []).includes(target) || isTypeAllowed;
}

function arrowsOf(from: string, source: string): Arrow[] {
  const statements = source.matchAll(/^[ \t]*(?:import|export)\s+(type\s)?(?:[^"';]*?\sfrom\s+)?["']([^"']+)["']/gm);
  const calls = source.matchAll(/\bimport\(\s*["']([^"']+)["']/g);
  return [
    ...[...statements].map(([, type, to = ""]) => ({ to, isTypeOnly: type !== undefined })),
    ...[...calls].map(([, to = ""]) => ({ to, isTypeOnly: false })),
  ].map(({ to, isTypeOnly }) => ({
    from,
    to: to.startsWith(".") ? posix.join(posix.dirname(from), to) : to,
    isTypeOnly,
  }));
}

/** Each circle once, from the file where the search met it. Types count: a circle of types is a circle of ideas. */
function findCircles(arrows: readonly Arrow[]): string[][] {
  const next = new Map<string, string[]>();
  for (const { from, to } of arrows) next.set(from, [...(next.get(from) ?? []), to]);
  const circles: string[][] = [];
  const done = new Set<string>();
  const visit = (file: string, trail: readonly string[]): void => {
    const start = trail.indexOf(file);
    if (start >= 0) circles.push([...trail.slice(start), file]);
    if (start >= 0 || done.has(file)) return;
    for (const neighbour of next.get(file) ?? []) visit(neighbour, [...trail, file]);
    done.add(file);
  };
  for (const file of next.keys()) visit(file, []);
  return circles;
}
