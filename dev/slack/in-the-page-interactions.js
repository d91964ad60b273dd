// Runs in the browser beside in-the-page.js, and gives local-slack's page what Slack's client has and it has not:
// shortcuts, a select that searches while one types, and buttons in modals. What is pressed travels as the command that
// interactive-envelopes.ts turns into Slack's own payload.
(() => {
  const COMMAND = "/practice-interaction";
  const ANSWERS = "/_practice/answers/";
  const SHORTCUTS = { find: "find_secret", what: "what_secret" };
  let view; // the modal on top, as the bot sent it
  let messages = new Map(); // by ts
  const homes = new Map(); // Home tabs by user, as the bot sent them
  const chosen = new Map(); // what the text in a search field stands for

  const user = () => document.querySelector(".actas select")?.value;

  const interact = async (payload, channel = "C0GENERAL") => {
    const id = crypto.randomUUID();
    const body = { channel, user: user(), command: COMMAND, text: JSON.stringify({ id, payload }) };
    const headers = { "content-type": "application/json" };
    await fetch("/_control/command", { method: "POST", headers, body: JSON.stringify(body) });
    const answered = await fetch(ANSWERS + id);
    return answered.ok ? (await answered.json()).payload : undefined;
  };
  const inView = () => ({ view: { ...view, state: { values: {} } }, container: { type: "view", view_id: view.id } });

  // A search field is drawn as a line of text with suggestions: the page knows no select that searches.
  const drawable = (shown) => ({
    ...shown,
    blocks: (shown.blocks ?? []).map((block) =>
      block.element?.type === "external_select"
        ? { ...block, element: { ...block.element, type: "plain_text_input", initial_value: undefined } }
        : block,
    ),
  });
  const isSearch = (blockId) =>
    (view?.blocks ?? []).some(({ block_id: id, element }) => id === blockId && element?.type === "external_select");

  window.practiceFrames = {
    incoming(frame) {
      const take = (message) => message?.ts && messages.set(message.ts, message);
      if (frame.t === "init") {
        messages = new Map();
        for (const list of Object.values(frame.state.messages ?? {})) list.forEach(take);
        for (const [owner, byApp] of Object.entries(frame.state.homeViews ?? {})) {
          for (const home of Object.values(byApp)) homes.set(owner, structuredClone(home));
        }
        view = frame.state.modalStack?.at(-1);
        frame.state.modalStack = (frame.state.modalStack ?? []).map(drawable);
      }
      if (frame.t === "message" || frame.t === "message_update") take(frame.message);
      if (frame.t === "home") homes.set(frame.user, structuredClone(frame.view));
      if (frame.t === "view") {
        view = frame.stack?.at(-1);
        frame.stack = (frame.stack ?? []).map(drawable);
      }
    },
    /** True: it is on its way already, as Slack sends it. */
    outgoing(frame) {
      if (frame.t === "block_action" && !frame.channel) {
        // local-slack sends a click in the Home tab as one on a message that there is not.
        const home = homes.get(frame.user);
        if (!home) return false;
        const container = { type: "view", view_id: home.id };
        interact({ type: "block_actions", view: home, container, actions: [frame.action] });
        return true;
      }
      if (frame.t !== "view_submit") return false;
      for (const [blockId, byAction] of Object.entries(frame.values ?? {})) {
        if (!isSearch(blockId)) continue;
        for (const [actionId, given] of Object.entries(byAction)) {
          const option = chosen.get(given.value) ?? null;
          byAction[actionId] = { type: "external_select", selected_option: option };
        }
      }
      return false;
    },
  };

  const suggest = async (input, element, blockId) => {
    const typed = input.value;
    if (chosen.has(typed) || typed.length < (element.min_query_length ?? 3)) return;
    const asked = { action_id: element.action_id, block_id: blockId, value: typed };
    const answer = await interact({ type: "block_suggestion", ...inView(), ...asked });
    const list = document.getElementById("practice-suggestions") ?? document.createElement("datalist");
    list.id = "practice-suggestions";
    list.replaceChildren(
      ...(answer?.options ?? []).map((option) => {
        const row = document.createElement("option");
        row.value = option.text.text;
        row.label = option.description?.text ?? "";
        chosen.set(option.text.text, option);
        return row;
      }),
    );
    document.body.append(list);
    input.setAttribute("list", list.id);
  };

  document.addEventListener("input", ({ target }) => {
    if (!target.matches?.(".modal .bk-plain-input")) return;
    const at = [...document.querySelectorAll(".modal .bk-input")].indexOf(target.closest(".bk-input"));
    const block = (view?.blocks ?? []).filter(({ type }) => type === "input")[at];
    if (block?.element?.type !== "external_select") return;
    clearTimeout(target.practiceTimer);
    target.practiceTimer = setTimeout(() => suggest(target, block.element, block.block_id), 250);
  });

  document.addEventListener(
    "click",
    ({ target }) => {
      const button = target.closest?.(".modal .bk-button");
      if (!button || !view) return;
      const at = [...document.querySelectorAll(".modal .bk-button")].indexOf(button);
      const all = view.blocks.flatMap((block) =>
        [...(block.elements ?? []), block.accessory]
          .filter((element) => element?.type === "button")
          .map((element) => ({ ...element, block_id: block.block_id ?? "" })),
      );
      const { type, action_id, block_id, value, text } = all[at] ?? {};
      if (type) interact({ type: "block_actions", ...inView(), actions: [{ type, action_id, block_id, value, text }] });
    },
    true,
  );

  const named = (title, sign, press) => {
    const button = document.createElement("button");
    button.className = "msg-hover-btn practice-shortcut";
    Object.assign(button, { title, textContent: sign, onclick: press });
    return button;
  };
  /** React keeps beside each element what it was drawn from; there the message's ts is. */
  const messageAt = (element) => {
    const key = Object.keys(element).find((name) => name.startsWith("__reactFiber$"));
    for (let fiber = element[key]; fiber; fiber = fiber.return) {
      for (const prop of Object.values(fiber.memoizedProps ?? {})) {
        if (prop?.ts && prop.channel) return messages.get(prop.ts) ?? prop;
      }
    }
    return undefined;
  };
  const askWhat = (element) => {
    const message = messageAt(element);
    if (!message || message.ephemeral_to) return;
    const place = { channel: { id: message.channel, name: "a-channel" }, message_ts: message.ts };
    interact({ type: "message_action", callback_id: SHORTCUTS.what, ...place, message }, message.channel);
  };
  const addShortcuts = () => {
    for (const actions of document.querySelectorAll(".msg-hover-actions:not(:has(.practice-shortcut))")) {
      actions.append(named("What secret is this?", "🔑", () => askWhat(actions)));
    }
    const bar = document.querySelector(".topbar-right:not(:has(.practice-shortcut))");
    bar?.prepend(
      named("Shortcut: Find a secret", "🔎", () => interact({ type: "shortcut", callback_id: SHORTCUTS.find })),
    );
  };
  addEventListener("DOMContentLoaded", () => {
    new MutationObserver(addShortcuts).observe(document.body, { childList: true, subtree: true });
  });
})();
