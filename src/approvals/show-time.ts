const FORM = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
  hourCycle: "h23",
  timeZone: "UTC",
});

/** A moment for people, in one form everywhere that Slack's own date form can't reach: `23 Nov, 14:02 UTC`. */
export function showTime(at: Date): string {
  return `${FORM.format(at)} UTC`;
}
