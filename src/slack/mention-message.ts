import { context, type Message, message, section } from "./blocks.ts";
import { code } from "./escape-mrkdwn.ts";
import { sayUser } from "./say.ts";

/** In the channel, for everybody: that there was an answer, and nothing of what it says. */
export const answeredApartMessage = (userId: string): Message =>
  message("I answered in a direct message", [
    section(
      `${sayUser(userId)}, I answered in a direct message: not everybody here may see every secret. To show it here, ask with ${code("/secrets what")} and press *Share here*.`,
    ),
  ]);

/** A person with an open case may have meant support. */
export const openCaseHint = (answer: Message, caseId: string | null): Message =>
  caseId === null
    ? answer
    : {
        ...answer,
        blocks: [
          ...answer.blocks,
          context(
            `You have an open case, ${caseId}. What you write in its thread goes to support; what you write here goes to me.`,
          ),
        ],
      };
