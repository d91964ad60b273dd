// Runs in the browser, in front of local-slack's own script, and makes its page do what Slack's client does and it
// does not: shows escaped text, dates and user groups as people read them, escapes what people type, and sends and
// shows what a modal was opened with. It works on the page's WebSocket, so that the page's script stays untouched.
(() => {
  const PageSocket = window.WebSocket;
  let shown; // the modal on top

  const asRead = (text) =>
    text
      .replace(/<!date\^[^|>]*\|([^>]*)>/g, "$1")
      .replace(/<!subteam\^[A-Z0-9]+\|([^>]*)>/g, "$1")
      .replace(/<!subteam\^([A-Z0-9]+)>/g, (all, id) => window.practiceGroups?.[id] ?? all)
      // An ARN has `:secret:` in it; in code style Slack shows no emoji. The joiner is invisible.
      .replace(/`[^`\n]+`/g, (code) => code.replace(/:(?=[a-z0-9_+-]+:)/g, ":\u2060"))
      .replace(/&lt;/g, "<")
      .replace(/&gt;/g, ">")
      .replace(/&amp;/g, "&");

  const readable = (value, key) => {
    if (typeof value === "string") return key === "text" ? asRead(value) : value;
    if (Array.isArray(value)) return value.map((item) => readable(item));
    if (value === null || typeof value !== "object") return value;
    if (value.type === "plain_text") return value;
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, readable(item, name)]));
  };

  const incoming = (data) => {
    const frame = JSON.parse(data);
    window.practiceFrames?.incoming(frame);
    if (frame.t === "init") shown = frame.state.modalStack?.at(-1);
    if (frame.t === "view") shown = frame.stack?.at(-1);
    if (frame.t === "view" || frame.t === "init") setTimeout(showWhatIsChosen, 50);
    if (frame.t === "message" || frame.t === "message_update") frame.message = readable(frame.message);
    if (frame.t === "home") frame.view = readable(frame.view);
    if (frame.t === "view") frame.stack = readable(frame.stack ?? []);
    if (frame.t === "init") {
      frame.state.messages = readable(frame.state.messages);
      frame.state.homeViews = readable(frame.state.homeViews);
      frame.state.modalStack = readable(frame.state.modalStack ?? []);
    }
    return JSON.stringify(frame);
  };

  const escaped = (text) =>
    text
      .replace(/&/g, "&amp;")
      .replace(/</g, "&lt;")
      .replace(/>/g, "&gt;")
      .replace(/&lt;([@#][A-Z0-9]+)&gt;/g, "<$1>");

  const initial = (element) => {
    const { type } = element;
    if (element.initial_value !== undefined) return { type, value: element.initial_value };
    if (element.initial_option) return { type, selected_option: element.initial_option };
    if (element.initial_options) return { type, selected_options: element.initial_options };
    if (element.initial_date) return { type, selected_date: element.initial_date };
    if (element.initial_time) return { type, selected_time: element.initial_time };
    return undefined;
  };

  const inputs = () => (shown?.blocks ?? []).filter((block) => block.type === "input" && block.element);

  const outgoing = (data) => {
    const frame = JSON.parse(data);
    if (frame.t === "slash_command" || frame.t === "post_message") frame.text = escaped(frame.text ?? "");
    if (frame.t === "view_submit") {
      for (const { block_id: block, element } of inputs()) {
        const given = frame.values[block]?.[element.action_id];
        const value = given ?? initial(element);
        if (value) frame.values[block] = { ...frame.values[block], [element.action_id]: value };
        if (given?.value === "") given.value = null; // a field that was emptied
      }
    }
    const isTaken = window.practiceFrames?.outgoing(frame);
    return isTaken ? null : JSON.stringify(frame);
  };

  // The page draws selects and boxes empty whatever the modal says; a change event tells it what is chosen.
  const showWhatIsChosen = () => {
    const fields = [...document.querySelectorAll(".modal .bk-input")];
    for (const [at, { element }] of inputs().entries()) {
      const select = fields[at]?.querySelector("select");
      if (select && element.initial_option && !select.value) {
        Object.getOwnPropertyDescriptor(HTMLSelectElement.prototype, "value").set.call(
          select,
          element.initial_option.value,
        );
        select.dispatchEvent(new Event("change", { bubbles: true }));
      }
      const chosen = new Set(
        [element.initial_option, ...(element.initial_options ?? [])].map((option) => option?.value),
      );
      const boxes = [...(fields[at]?.querySelectorAll("input[type=radio],input[type=checkbox]") ?? [])];
      for (const [index, option] of (element.options ?? []).entries()) {
        if (chosen.has(option.value) && boxes[index] && !boxes[index].checked) boxes[index].click();
      }
    }
  };

  window.WebSocket = class extends PageSocket {
    send(data) {
      const sent = outgoing(data);
      if (sent !== null) super.send(sent);
    }
    set onmessage(listener) {
      super.onmessage = (event) => listener({ data: incoming(event.data) });
    }
  };
})();
