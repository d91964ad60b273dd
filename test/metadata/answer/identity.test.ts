import { describe, expect, it } from "vitest";
import { sayInTerminal } from "../../../src/cli/answer-lines.ts";
import { identify } from "../../../src/metadata/answer/identity.ts";
import { SURENESS, surenessOf } from "../../../src/metadata/answer/sureness.ts";
import { sampleEntry } from "../../slack/sample-states.ts";

const said = (path: string, changes: Parameters<typeof sampleEntry>[1] = {}) => {
  const { sureness, sentence, because } = identify(sampleEntry(path, { customMetadata: {}, ...changes }));
  return { sureness, sentence: sayInTerminal(sentence), because: because && sayInTerminal(because) };
};
const fact = (field: string, value: string, source: string, confidence: number, evidence = "a reason") => ({
  field,
  confirmed: null,
  suggestions: [{ value, source, evidence, confidence }],
});

describe("what a secret most likely is, in one sentence", () => {
  it("names product, application and environment, and what speaks for them", () => {
    const { sureness, sentence, because } = said("payments/checkout/prod/stripe", {
      keyNames: ["api_key", "webhook_secret"],
    });
    expect(sureness).toBe("likely");
    expect(sentence).toBe("Most likely a Stripe payment key of checkout in production.");
    expect(because).toBe("Fairly sure: stripe, checkout and prod in the path.");
  });

  it("says that it is a guess where the reasons are thin, and says perhaps only once", () => {
    const { sureness, sentence } = said("apps/billing/settings", { keyNames: ["passphrase"] });
    expect(sureness).toBe("guess");
    expect(sentence).toMatch(/^Perhaps a login with a password/);
    expect(sentence.match(/perhaps/gi)).toHaveLength(1);
  });

  it("says perhaps of the part that is less sure than the rest", () => {
    const facts = [
      fact("purpose", "payment-key", "neighbours", 0.85),
      fact("application", "checkout", "neighbours", 0.4),
    ];
    expect(said("x/y", { facts }).sentence).toBe("Most likely a key of a payment gateway, perhaps of checkout.");
  });

  it("goes by the rules as they are now, not by what they said before the key names were known", () => {
    const facts = [fact("purpose", "ssh-key", "rules", 0.9)];
    expect(said("payments/checkout/prod/stripe", { facts, keyNames: ["api_key"] }).sentence).toContain("Stripe");
  });

  it("says that it can't tell, and where the secret seems to belong", () => {
    const { sureness, sentence, because } = said("ledger/prod/blob", { keyNames: ["x1"] });
    expect([sureness, because]).toEqual(["unknown", null]);
    expect(sentence).toMatch(/^I can't tell what this is: neither its path nor its key names say it\./);
    expect(sentence).toContain("in production");
  });

  it("calls only a person's word a fact, in that person's own words", () => {
    const facts = [
      {
        field: "purpose",
        confirmed: { value: "card gateway login", by: "U0ENGINEER", at: new Date("2026-03-01T00:00:00Z") },
        suggestions: [{ value: "ssh-key", source: "rules", evidence: "", confidence: 0.99 }],
      },
    ];
    expect(said("x/y", { facts })).toMatchObject({
      sureness: "confirmed",
      sentence: expect.stringMatching(/^This is card gateway login/),
      because: "Confirmed by U0ENGINEER, 2026-03-01.",
    });
  });

  it("never takes a model's word for more than a guess, however sure the model is of itself", () => {
    const facts = [fact("purpose", "ssh-key", "llm", 1)];
    expect(said("x/y", { facts, keyNames: null }).sureness).toBe("guess");
    const both = [
      {
        field: "purpose",
        confirmed: null,
        suggestions: [
          { value: "ssh-key", source: "llm", evidence: "the model", confidence: 1 },
          { value: "git-token", source: "neighbours", evidence: "2 of 2 say so", confidence: 0.55 },
        ],
      },
    ];
    expect(said("x/y", { facts: both, keyNames: null }).sentence).toContain("code host");
  });

  it("answers for a role of another engine with what that engine makes", () => {
    const source = { ...sampleEntry().source, engine: "database", mount: "db", path: "static-roles/ledger" };
    const { sentence, because } = said("x", { source });
    expect(sentence).toBe("Most likely a database account whose password Vault rotates, called ledger.");
    expect(because).toBe("Fairly sure: the engine database at db keeps nothing else there.");
  });

  it("gives no word a promise, and the surest word to the greatest weight", () => {
    expect([1, 0.6, 0.59, 0.3, 0.29, 0].map(surenessOf)).toEqual([
      "likely",
      "likely",
      "guess",
      "guess",
      "unknown",
      "unknown",
    ]);
    const words = Object.values(SURENESS).map(({ lead, tail }) => `${lead} ${tail}`);
    for (const word of words) expect(word).not.toMatch(/certain|definitely|always|guarantee|100/i);
  });
});
