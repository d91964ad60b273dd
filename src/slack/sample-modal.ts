import { z } from "zod";
import { REJECT_REASONS } from "../approvals/reject-reasons.ts";
import type { SampleItem, SamplePage } from "../migration/waves/look-at-sample.ts";
import type { WaveException } from "../migration/waves/wave-exception.ts";
import { CALLBACK, INPUT } from "./action-ids.ts";
import { LIMITS } from "./block-kit-limits.ts";
import { type Block, context, divider, lines, type ModalView, section } from "./blocks.ts";
import { code, escapeMrkdwn } from "./escape-mrkdwn.ts";
import { howLines } from "./how-lines.ts";
import { selectInput, textInput } from "./inputs.ts";
import { modal } from "./intake-modal.ts";
import { pathNote, sayAccount, sayPath, sayPlural } from "./say.ts";
import { shorten } from "./shorten.ts";
import type { ViewSettings } from "./view-settings.ts";

/** Which page of which version of a batch: ids only. */
const SampleMemory = z.strictObject({
  wave: z.string(),
  number: z.number().int().positive(),
  version: z.number().int().positive(),
  page: z.number().int().positive(),
});
export type SampleMemory = z.output<typeof SampleMemory>;

/** @throws {z.ZodError} Not a modal of ours. */
export const readSampleMemory = (privateMetadata: string): SampleMemory =>
  SampleMemory.parse(JSON.parse(privateMetadata));

/** One page of the sample. Its submit says: I have looked at this page. */
export function sampleModal(sample: SamplePage, settings: ViewSettings): ModalView {
  const { wave, number, version, page, pageCount, sampleCount, itemCount, items } = sample;
  const isLast = page >= pageCount;
  const head = `*${sayPlural(sampleCount, "request")} of ${itemCount}*, drawn at random. Page ${page} of ${pageCount}.`;
  const blocks: Block[] = [
    lines(head, `${code(wave, 60)}, ${number === 1 ? "the pilot" : `batch ${number}`}`),
    ...items.flatMap((item) => [divider(), itemBlock(item, settings)]),
    divider(),
    context(
      isLast
        ? "After this page you may approve, on the card."
        : "Go through to the last page: only then can you approve.",
    ),
  ];
  return {
    ...modal(CALLBACK.batchSample, "The sample", isLast ? "I have looked" : "Next page"),
    private_metadata: JSON.stringify({ wave, number, version, page } satisfies SampleMemory),
    blocks: blocks.slice(0, LIMITS.viewBlocks),
  };
}

function itemBlock({ requestId, vaultVersion, content, notes }: SampleItem, { fields, targets }: ViewSettings): Block {
  const { source, target, tags } = content;
  const alike = pathNote(source);
  const said = fields.flatMap(({ label, tag }) =>
    tags[tag] ? [`${escapeMrkdwn(label.replace(/\?$/, ""))}: ${code(tags[tag], 120)}`] : [],
  );
  const version = vaultVersion === null ? "no versions (KV v1)" : `version ${vaultVersion}`;
  return lines(
    `*${requestId}*  ${sayPath(source, 500)}, ${version}`,
    alike && `_${alike}_`,
    `to ${code(target.name, 520)} in ${escapeMrkdwn(sayAccount(target, targets))}`,
    said.join(" · ") || "_no tags_",
    ...howLines(content),
    notes.length === 0
      ? "Nothing unusual."
      : `*Unusual*  ${notes
          .map((note) => shorten(escapeMrkdwn(note), 250))
          .slice(0, 3)
          .join(" · ")}`,
  );
}

const RejectMemory = SampleMemory.omit({ page: true });

/** @throws {z.ZodError} Not a modal of ours. */
export const readBatchRejectMemory = (privateMetadata: string) => RejectMemory.parse(JSON.parse(privateMetadata));

/** A no needs a reason, and a reason needs a modal. */
export function batchRejectModal(batch: z.output<typeof RejectMemory>): ModalView {
  const { wave, number, version } = batch;
  return {
    ...modal(CALLBACK.batchReject, "Reject this batch", "Reject"),
    private_metadata: JSON.stringify({ wave, number, version }),
    blocks: [
      section(
        `${code(wave, 60)}, ${number === 1 ? "the pilot" : `batch ${number}`}: all of its requests are rejected.`,
      ),
      selectInput(INPUT.rejectCode, "Reason", REJECT_REASONS, {}),
      textInput(INPUT.rejectReason, "In your words", {
        max: 500,
        isLong: true,
        hint: "The requester reads this word for word. Say what would make it a yes.",
      }),
    ],
  };
}

/** Exceptions on one page of a modal. */
export const EXCEPTIONS_PAGE = 15;
const ExceptionsMemory = z.strictObject({ wave: z.string(), page: z.number().int().positive() });

/** @throws {z.ZodError} Not a modal of ours. */
export const readExceptionsMemory = (privateMetadata: string) => ExceptionsMemory.parse(JSON.parse(privateMetadata));

/** What can't be part of a wave, with the next step of each. @param page 1 is the first. */
export function exceptionsModal(
  { wave, page }: z.output<typeof ExceptionsMemory>,
  { exceptions, total }: { exceptions: readonly WaveException[]; total: number },
): ModalView {
  const isLast = page * EXCEPTIONS_PAGE >= total;
  const first = (page - 1) * EXCEPTIONS_PAGE + 1;
  const range = total === 0 ? "none" : `${first} to ${Math.min(total, page * EXCEPTIONS_PAGE)} of ${total}`;
  return {
    ...modal(CALLBACK.waveExceptions, "Exceptions", isLast ? null : "Next page"),
    private_metadata: JSON.stringify({ wave, page }),
    blocks: [
      lines(`*${code(wave, 60)}*: ${range}`, "Nothing here moves with the wave. Each needs what its next step says."),
      ...exceptions.map(({ place, name, code: reasonCode, reason, nextStep }) =>
        lines(
          `${place === "" ? "" : `${escapeMrkdwn(place)}: `}${code(name, 400)} ${code(reasonCode, 60)}`,
          shorten(escapeMrkdwn(reason), 500),
          `*Next*  ${shorten(escapeMrkdwn(nextStep), 500)}`,
        ),
      ),
    ],
  };
}
