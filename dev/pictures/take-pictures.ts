import { mkdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { runGlovebox } from "../glovebox/run-glovebox.ts";
import { projectDir } from "../install/cache-places.mjs";
import { PAST_DAYS, type PracticeWorld, startPracticeWorld } from "../practice-world.ts";
import { driveSlack } from "../slack/drive.ts";
import { findChromium } from "./find-chromium.ts";
import { PATH, playStory } from "./play-story.ts";
import { openWorkspacePage } from "./workspace-page.ts";

const RUN_DIR = join(projectDir, ".glovebox", "pictures");
const PICTURES = join(projectDir, "docs", "pictures");
const CRAWL_TRIES = 30;
const LARGEST_BYTES = 300_000; // each is loaded with the README

/**
 * Plays the story in a practice world of its own and takes the pictures of the README.
 * @param wanted Names of pictures, without `.png`; none: all of them.
 */
async function takePictures(wanted: readonly string[]): Promise<void> {
  findChromium(); // before the world is built: without it there is nothing to do
  await mkdir(PICTURES, { recursive: true });
  const world = await startPracticeWorld({ runDir: RUN_DIR, pastDays: PAST_DAYS, report: (line) => console.log(line) });
  const driver = await driveSlack(world.slack);
  const { look, shoot, close } = await openWorkspacePage(world.slack.uiUrl);
  try {
    const { engineer, approver, supporter } = world.slack.people;
    const story = playStory(driver, world.slack);
    const take = async (name: string): Promise<void> => {
      if (wanted.length > 0 && !wanted.includes(name)) return;
      const file = join(PICTURES, `${name}.png`);
      await shoot(file);
      const { size } = await stat(file);
      if (size > LARGEST_BYTES) throw new Error(`${name}.png has ${size} bytes; at most ${LARGEST_BYTES} are wanted`);
      console.log(`docs/pictures/${name}.png  ${Math.round(size / 1_000)} kB`);
    };

    await waitForCrawl(world);
    await look({ as: engineer.id, channel: "general" });
    await story.askWhat();
    await take("what");
    await story.openForm();
    await take("intake");
    await story.sendForm();
    await story.approve();
    await look({ as: approver.id, channel: "secrets-approvals", withThread: true });
    await take("thread");
    await story.askSupport();
    await look({ as: supporter.id, channel: "secrets-support", withThread: true });
    await take("case");
    await look({ as: engineer.id, channel: "glovebox" });
    await story.openHome();
    await take("home");
  } finally {
    await close();
    driver.close();
    await world.stop();
  }
}

/** Names come first; a little later the crawl knows keys, dates and owners too. */
async function waitForCrawl(world: PracticeWorld): Promise<void> {
  const known = () => runGlovebox(["what", PATH], world.envOf("bot")).catch(() => "");
  for (let tries = 0; !(await known()).includes("api_key"); tries += 1) {
    if (tries === CRAWL_TRIES) throw new Error(`the crawl did not get as far as ${PATH}`);
    await delay(500);
  }
}

await takePictures(process.argv.slice(2));
