import { z } from "zod";

// A reference, never a value: BullMQ and SQS keep it as plain text. What to do is in our tables.
export const MigrateJob = z.strictObject({ migrationId: z.uuid() });
