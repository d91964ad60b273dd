import { awsError, nameAwsCall } from "../../dev/aws/aws-call.ts";
import { FaultList } from "../../dev/faults/fault-list.ts";
import { type FrontRequest, startHttpFront } from "../../dev/faults/http-front.ts";

/** How a server treats the calls about one secret, and what it lets out in doing so. */
export type Manner =
  /** Answers 500 and quotes the value. */
  | "quotes in an error"
  /** Cuts its answer in the middle of the value. */
  | "cuts its answer"
  | "sealed"
  | "hangs up"
  /** Takes its time. */
  | "slow"
  /** Gives back another value than it was given. */
  | "alters the value";

export interface TalkativeFront {
  readonly url: string;
  /** From now on every call whose path or body names `about` is treated so; null: as usual. */
  treat(about: string, manner: Manner | null): void;
  calls(): object[];
  stop(): Promise<void>;
}

export const SLOW_MS = 1_500;

/** Stands before Vault: reads of a secret's data are treated. */
export function talkativeVault(target: string): Promise<TalkativeFront> {
  return talkative(target, {
    nameCall: ({ method, path }) => ({ method, path }),
    isTreated: ({ method, path }, about) => method === "GET" && path.includes(about),
    answerFor: (manner, body) => {
      const headers = { "content-type": "application/json" };
      if (manner === "sealed") return { status: 503, headers, body: '{"errors":["Vault is sealed"]}' };
      if (manner === "cuts its answer")
        return { status: 200, headers, body: body.slice(0, body.indexOf("password") + 25) };
      return { status: 500, headers, body: JSON.stringify({ errors: [`could not decode ${body}`] }) };
    },
  });
}

/** Stands before AWS: writes and reads of a secret's value are treated. */
export function talkativeAws(target: string): Promise<TalkativeFront> {
  const valueCalls = ["CreateSecret", "PutSecretValue", "GetSecretValue"];
  return talkative(target, {
    nameCall: nameAwsCall,
    isTreated: ({ action }, about, { body }) => valueCalls.includes(action) && body.toString("utf8").includes(about),
    answerFor: (manner, body, call, asked) => {
      const headers = { "content-type": "application/x-amz-json-1.1" };
      if (manner === "alters the value" && call.action === "GetSecretValue") {
        const answer = JSON.parse(body) as { SecretString: string };
        return { status: 200, headers, body: JSON.stringify({ ...answer, SecretString: `${answer.SecretString} ` }) };
      }
      if (manner === "alters the value") return { status: 200, headers, body };
      return awsError(call, 400, "InvalidParameterException", `Invalid request: ${asked.body.toString("utf8")}`);
    },
  });
}

interface Ways<Call> {
  nameCall(request: FrontRequest): Call;
  isTreated(call: Call, about: string, request: FrontRequest): boolean;
  /** @param body What the server behind has answered. */
  answerFor(
    manner: Manner,
    body: string,
    call: Call,
    asked: FrontRequest,
  ): { status: number; headers: Record<string, string>; body: string };
}

async function talkative<Call extends object>(target: string, ways: Ways<Call>): Promise<TalkativeFront> {
  const manners = new Map<string, Manner>();
  const front = await startHttpFront<Call>({
    target,
    faults: new FaultList<Call>(),
    nameCall: ways.nameCall,
    rule: async (call, request, askTarget) => {
      const manner = [...manners].find(([about]) => ways.isTreated(call, about, request))?.[1];
      if (manner === undefined) return undefined;
      if (manner === "slow") {
        await new Promise((resolve) => setTimeout(resolve, SLOW_MS));
        return undefined;
      }
      if (manner === "hangs up") throw new Error("hangs up");
      const { body } = await askTarget(request);
      return { answer: ways.answerFor(manner, body, call, request) };
    },
  });
  return {
    url: front.url,
    treat: (about, manner) => {
      if (manner === null) manners.delete(about);
      else manners.set(about, manner);
    },
    calls: () => front.calls(),
    stop: front.stop,
  };
}
