import type { Generated, JSONColumnType } from "kysely";

export interface HomeTable {
  userId: string;
  openedAt: Date;
  place: JSONColumnType<Readonly<Record<string, unknown>>>;
  watches: Generated<string[]>;
  hash: string | null;
  drawnAt: Date | null;
  wishes: Generated<number>;
  failures: Generated<number>;
  dueAt: Date | null;
}
