import type { FrontAnswer } from "../faults/fault-list.ts";
import type { FrontRequest } from "../faults/http-front.ts";

export interface AwsCall {
  /** As in the signature's scope: "secretsmanager", "sqs", "sts", "kms". */
  readonly service: string;
  /** "CreateSecret", "SendMessage", "AssumeRole"… */
  readonly action: string;
}

/** JSON services name the action in a header, query services (STS) in a form body; the signature names the service. */
export function nameAwsCall({ headers, body }: FrontRequest): AwsCall {
  const target = String(headers["x-amz-target"] ?? "");
  const scope = /Credential=[^/]*\/\d+\/[^/]*\/([^/]+)\//.exec(String(headers.authorization ?? ""));
  const service = scope?.[1] ?? target.split(".")[0]?.toLowerCase() ?? "";
  if (target) return { service, action: target.slice(target.indexOf(".") + 1) };
  const isForm = String(headers["content-type"] ?? "").includes("x-www-form-urlencoded");
  return { service, action: (isForm && new URLSearchParams(body.toString("utf8")).get("Action")) || "" };
}

/** An error as AWS sends it in the service's own protocol. */
export function awsError({ service }: AwsCall, status: number, code: string, message: string): FrontAnswer {
  if (service !== "sts") {
    const headers = { "content-type": "application/x-amz-json-1.1", "x-amzn-errortype": code };
    return { status, headers, body: JSON.stringify({ __type: code, message, Message: message }) };
  }
  const type = status < 500 ? "Sender" : "Receiver";
  const error = `<Error><Type>${type}</Type><Code>${code}</Code><Message>${message}</Message></Error>`;
  const body = `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">${error}<RequestId>practice</RequestId></ErrorResponse>`;
  return { status, headers: { "content-type": "text/xml" }, body };
}
