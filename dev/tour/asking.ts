import { FRIENDLY, ODDITIES } from "../seed/generate-estate.ts";
import type { Message } from "../slack/workspace-shapes.ts";
import { expect, type Step, type Tour, textOf } from "./tour-world.ts";

export const STRIPE = `${FRIENDLY.mount}/${FRIENDLY.path}`;
const fullPath = ({ mount, path }: { mount: string; path: string }): string => `${mount}/${path}`;

/** Types a command and shows the private answer to it. */
export async function command(tour: Tour, words: string, fits: RegExp): Promise<Message> {
  const { drive, people, channels } = tour;
  const typed = `/secrets ${words}`.trimEnd() + (words.endsWith(" ") ? " " : "");
  const answer = await tour.answerTo(people.engineer, typed, () =>
    drive.as(people.engineer.id).command(typed, { channel: channels.general }),
  );
  expect(fits.test(textOf(answer)), `the answer does not say ${fits}`);
  return answer;
}

export const ASKING: readonly Step[] = [
  { name: "/secrets shows the menu", run: async (tour) => void (await command(tour, "", /Ask for a migration/)) },
  { name: "/secrets help lists the verbs", run: async (tour) => void (await command(tour, "help", /what.*migrate/s)) },
  {
    name: "the catalogue is filled by a crawl that reads metadata only",
    async run(tour) {
      const deadline = Date.now() + 30_000;
      for (;;) {
        const [row] = await tour.rows<{ found: number; described: number }>(
          "select count(*)::int as found, count(vault_created_at)::int as described from entry where engine like 'kv-%'",
        );
        const [crawl] = await tour.rows("select 1 from crawl where finished_at is not null");
        if (crawl && row) {
          tour.see("Glovebox", "its catalogue", `${row.found} secrets found, ${row.described} described`);
          return expect(row.found === 300, "not every secret of the estate was found");
        }
        expect(Date.now() < deadline, "the crawl did not end within 30 s");
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    },
  },
  {
    name: "/secrets progress says how far the whole move is, by lane, state and team, and names no secret",
    async run(tour) {
      const deadline = Date.now() + 30_000;
      while ((await tour.rows("select 1 from lane_judgement, crawl where judged_at >= finished_at")).length === 0) {
        expect(Date.now() < deadline, "the lanes were not judged within 30 s");
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
      const answer = await command(tour, "progress", /White-glove: [1-9]/);
      expect(/payments/.test(textOf(answer)), "a team is missing");
      expect(!textOf(answer).includes(FRIENDLY.path), "it names a secret");
      await tour.answerTo(tour.people.engineer, "Show more", () =>
        tour.click(tour.people.engineer.id, answer, "progress.more"),
      );
    },
  },
  {
    name: "/secrets what tells what the catalogue knows, to the asker alone",
    async run(tour) {
      const answer = await command(tour, `what ${STRIPE}`, /api_key/);
      expect(/custom metadata/.test(textOf(answer)), "the owner in the custom metadata is missing");
      const inChannel = await tour.drive.messages(tour.channels.general);
      expect(!inChannel.some((message) => textOf(message).includes(STRIPE)), "everybody could read the answer");
    },
  },
  {
    name: "a button shares it with the channel",
    async run(tour) {
      const answer = await command(tour, `what ${STRIPE}`, /ask\.share/);
      await tour.click(tour.people.engineer.id, answer, "ask.share");
      const shared = await tour.drive.waitForMessage(tour.channels.general, (message) =>
        textOf(message).includes(STRIPE),
      );
      tour.seeMessage("everybody", "#general", shared);
    },
  },
  {
    name: "a KV v1 secret says that its key names are not known without reading",
    run: async (tour) =>
      void (await command(tour, `what ${fullPath(ODDITIES.longNumber)}`, /KV v1|not known|without reading/i)),
  },
  {
    name: "two spellings of one accented name are told apart",
    async run(tour) {
      const composed = await command(tour, `what ${fullPath(ODDITIES.nfcName)}`, /U\+00E9|looks? (a)?like|alike/i);
      const decomposed = await command(tour, `what ${fullPath(ODDITIES.nfdName)}`, /U\+0301|looks? (a)?like|alike/i);
      expect(textOf(composed) !== textOf(decomposed), "both answers read the same");
    },
  },
  {
    name: "a name with an ampersand and brackets is found as it was typed",
    run: async (tour) =>
      void (await command(tour, `what ${fullPath(ODDITIES.markupName)}`, /odd\/R&amp;D &lt;prod&gt;/)),
  },
  {
    name: "a blank at the end of a name is part of it, and shown",
    run: async (tour) => void (await command(tour, `what ${fullPath(ODDITIES.trailingBlank)}`, /looks plain␠/)),
  },
  {
    name: "a mistyped command says which one was probably meant",
    run: async (tour) => void (await command(tour, "migrat", /Did you mean/)),
  },
  {
    name: "an unknown path offers the nearest matches",
    run: async (tour) => void (await command(tour, "what secret/payments/checkout/prod/strpe", /prod\/stripe/)),
  },
  {
    name: "/secrets status of a secret nobody asked for says so",
    run: async (tour) => void (await command(tour, `status ${STRIPE}`, /Nobody asked/)),
  },
];
