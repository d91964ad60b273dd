import { UnrecoverableError } from "bullmq";
import { describe, expect, it } from "vitest";
import { discoverJob } from "../../jobs/discover.ts";
import { CatalogRightMissingError } from "../../src/catalog/catalog-source.ts";
import { VaultUnavailableError } from "../../src/vault/vault-errors.ts";

describe("discoverJob", () => {
  it("crawls once", async () => {
    let crawls = 0;
    await discoverJob(async () => {
      crawls += 1;
    })();
    expect(crawls).toBe(1);
  });

  it("leaves a crawl that Vault did not answer to the queue's backoff", async () => {
    const busy = new VaultUnavailableError("LIST", "status 429");
    await expect(discoverJob(() => Promise.reject(busy))()).rejects.toBe(busy);
  });

  it("does not repeat what needs a person, and names only the code", async () => {
    const refused = new CatalogRightMissingError("read", "sys/internal/ui/mounts");
    await expect(discoverJob(() => Promise.reject(refused))()).rejects.toEqual(
      new UnrecoverableError("CATALOG_RIGHT_MISSING"),
    );
  });
});
