import { z } from "zod";

/**
 * The command under which an interaction that local-slack can't make travels: it gives it a trigger id, a response URL
 * and an envelope of its own, and on the way to the bot the envelope becomes what Slack would have sent.
 */
export const INTERACTION_COMMAND = "/practice-interaction";

const Envelope = z.looseObject({
  envelope_id: z.string(),
  type: z.literal("slash_commands"),
  payload: z.looseObject({
    command: z.literal(INTERACTION_COMMAND),
    text: z.string(),
    user_id: z.string(),
    user_name: z.string().optional(),
    channel_id: z.string(),
    trigger_id: z.string(),
    response_url: z.string(),
  }),
});
const Ack = z.looseObject({ envelope_id: z.string(), payload: z.unknown().optional() });

/** What the one who interacts sends: a payload of Slack's, without what the workspace adds to it. */
const Interaction = z.looseObject({ id: z.string(), payload: z.looseObject({ type: z.string() }) });

export interface InteractiveEnvelopes {
  /** @returns What the bot is to get in place of this text; the text itself where it is none of ours. */
  toBot(text: string): string;
  /** @returns What local-slack is to get. It would show the answer to a command as a message. */
  fromBot(text: string): string;
  /** What the bot acknowledged an interaction with; undefined until then. Told once. */
  takeAnswer(id: string): { readonly payload: unknown } | undefined;
}

/** Turns our commands into shortcuts, suggestions and clicks in modals, and keeps what the bot answered to them. */
export function interactiveEnvelopes(app: { readonly appId: string; readonly teamId: string }): InteractiveEnvelopes {
  const waiting = new Map<string, string>();
  const answers = new Map<string, { payload: unknown }>();
  return {
    toBot(text) {
      const envelope = parsed(Envelope, text);
      if (envelope === null) return text;
      const { envelope_id: envelopeId, payload: command } = envelope;
      const interaction = parsed(Interaction, command.text);
      if (interaction === null) return text;
      waiting.set(envelopeId, interaction.id);
      const payload = { ...common(command, app), ...interaction.payload };
      // In a modal and in the search box of a select there is no message to answer to.
      const hasAddress =
        payload.type === "message_action" || ("channel" in payload && payload.type === "block_actions");
      return JSON.stringify({
        ...{ envelope_id: envelopeId, type: "interactive", accepts_response_payload: true },
        payload: hasAddress ? { ...payload, response_url: command.response_url } : payload,
      });
    },
    fromBot(text) {
      const ack = parsed(Ack, text);
      const id = ack === null ? undefined : waiting.get(ack.envelope_id);
      if (ack === null || id === undefined) return text;
      waiting.delete(ack.envelope_id);
      answers.set(id, { payload: ack.payload });
      return JSON.stringify({ envelope_id: ack.envelope_id });
    },
    takeAnswer(id) {
      const answer = answers.get(id);
      answers.delete(id);
      return answer;
    },
  };
}

function common(command: z.output<typeof Envelope>["payload"], { appId, teamId }: { appId: string; teamId: string }) {
  const name = command.user_name ?? command.user_id;
  return {
    user: { id: command.user_id, username: name, name, team_id: teamId },
    team: { id: teamId, domain: "ravensbourne-practice" },
    ...{ api_app_id: appId, token: "verification-token", trigger_id: command.trigger_id },
    is_enterprise_install: false,
  };
}

function parsed<Shape extends z.ZodType>(shape: Shape, text: string): z.output<Shape> | null {
  try {
    return shape.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}
