import { readFileSync } from "node:fs";
import { USERGROUPS } from "./practice-workspace.ts";

// Read at start, not per page: the file belongs to this program, not to the workspace.
const IN_THE_PAGE = ["./in-the-page.js", "./in-the-page-interactions.js"]
  .map((file) => readFileSync(new URL(file, import.meta.url), "utf8"))
  .join("\n");

// local-slack knows no user groups, so its page can't tell their names.
const GROUPS = Object.fromEntries(Object.values(USERGROUPS).map(({ id, handle }) => [id, `@${handle}`]));

/** local-slack's page with our script in front of its own, which makes it behave like Slack's client (see there). */
export function pageAsPeopleSeeIt(html: string): string {
  // A function as replacement: `$&` in the script stays as it is.
  return html.replace(
    "<head>",
    () => `<head><script>window.practiceGroups=${JSON.stringify(GROUPS)};${IN_THE_PAGE}</script>`,
  );
}
