export interface AuditEventTable {
  seq: number;
  at: Date;
  kind: string;
  actor: string;
  subject: string;
  content: string;
  previousHash: string;
  hash: string;
}

export interface AuditCheckpointTable {
  seq: number;
  hash: string;
  keyId: string;
  signature: string;
  signedAt: Date;
}
