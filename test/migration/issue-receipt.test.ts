import { createPrivateKey, createPublicKey } from "node:crypto";
import { describe, expect, it } from "vitest";
import { exportChain, parseExport } from "../../src/audit/export-chain.ts";
import { signCheckpoint } from "../../src/audit/sign-checkpoint.ts";
import { keyringFromPems, signerFromPem } from "../../src/audit/signing.ts";
import { verifyChain } from "../../src/audit/verify-chain.ts";
import { verifyReceipt } from "../../src/migration/verify-receipt.ts";
import { engineWorld } from "./engine-world.ts";

describe("the receipt of a migration on real servers", () => {
  it("verifies offline and stands in the exported chain, without the value or its digest", async () => {
    const { lease, order, migrate, rowOf, store, settings } = await engineWorld();
    const id = await order(await lease.put("payments/stripe", { api_key: "canary-in-receipt" }));
    await migrate(id);
    const { receipt, writes } = await rowOf(id);
    const digest: string = JSON.parse(writes?.bytes ?? "").targets[0].versions[0].digest;
    const workerPublic = createPublicKey(createPrivateKey(settings.receiptPrivatePem));
    const receipts = keyringFromPems([workerPublic.export({ type: "spki", format: "pem" }).toString()]);
    await signCheckpoint(store, signerFromPem(settings.receiptPrivatePem), () => new Date());
    const lines: string[] = [];
    for await (const line of exportChain(store)) lines.push(line);
    const chain = parseExport(lines.join(""));

    expect(verifyChain(chain?.links ?? [], receipts, chain?.checkpoints ?? [])).toMatchObject({ isOk: true });
    const keys = { receipts, approvals: keyringFromPems([settings.approvalPublicPem]) };
    const { checks } = verifyReceipt(receipt ?? "", keys, chain?.links ?? []);
    expect(checks.filter(({ isOk }) => !isOk)).toEqual([]);
    expect(checks.at(-1)?.text).toContain("stands in the export");
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
    for (const text of [receipt, ...lines]) expect(text).not.toMatch(new RegExp(`canary-in-receipt|${digest}`));
  });
});
