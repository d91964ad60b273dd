/** The names that an answer lists page by page. */
export interface ShownListTable {
  id: string;
  askedBy: string;
  entryIds: number[];
  shownAt: Date;
}
