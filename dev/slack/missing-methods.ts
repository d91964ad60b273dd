import type { Usergroup } from "./practice-workspace.ts";
import type { Args } from "./strict-web-api.ts";

type Answer = (args: Args) => object;
const ok = (): object => ({ ok: true });

/** Web API methods that a bot like ours may call and local-slack answers with `unknown_method`. */
export function missingMethods(usergroups: Map<string, Usergroup>): Record<string, Answer> {
  const described = ({ id, handle, name, users }: Usergroup, withUsers: boolean): object => ({
    id,
    handle,
    name,
    is_usergroup: true,
    date_delete: 0,
    user_count: users.length,
    ...(withUsers ? { users } : {}),
  });
  const isYes = (value: unknown): boolean => value === true || value === "true" || value === "1";
  return {
    "usergroups.list": (args) => ({
      ok: true,
      usergroups: [...usergroups.values()].map((group) => described(group, isYes(args.include_users))),
    }),
    "usergroups.users.list": (args) => {
      const group = usergroups.get(String(args.usergroup));
      return group ? { ok: true, users: group.users } : { ok: false, error: "no_such_subteam" };
    },
    "api.test": (args) => ({ ok: true, args }),
    "chat.unfurl": ok,
    "conversations.join": (args) => ({ ok: true, channel: { id: args.channel } }),
    "conversations.mark": ok,
    "pins.add": ok,
    "bookmarks.add": ok,
    "assistant.threads.setStatus": ok,
  };
}
