import type { AuditCheckpointTable, AuditEventTable } from "./tables/audit.ts";
import type {
  CrawlFolderTable,
  CrawlTable,
  EntryFactTable,
  EntryReadingTable,
  EntryTable,
  FactWordTable,
  MetadataConfirmationTable,
  MetadataSuggestionTable,
  MountTable,
  OwnerContradictionTable,
  SearchWordTable,
  UnreadableBranchTable,
} from "./tables/catalog.ts";
import type { CardTable, InboxTable, OutboxTable } from "./tables/deliveries.ts";
import type { ControlTable, FenceTable, GateAskTable } from "./tables/gate.ts";
import type { HomeTable } from "./tables/home.ts";
import type { EntryLaneTable, LaneJudgementTable } from "./tables/lanes.ts";
import type {
  DriftWatchTable,
  FinishedStatementTable,
  JournalTable,
  MigrationTable,
  MoveAgainTable,
} from "./tables/migrations.ts";
import type {
  DecisionTable,
  IntakeMessageTable,
  PoisonedMessageTable,
  RequestTable,
  StatementTable,
  TagOverflowTable,
} from "./tables/requests.ts";
import type { ShownListTable } from "./tables/shown-lists.ts";
import type { SupportCaseTable, SupportRelayTable } from "./tables/support.ts";
import type {
  StragglerToldTable,
  UsageByClientTable,
  UsageClientTable,
  UsageDayTable,
  UsagePathTable,
  UsageSourceTable,
} from "./tables/usage.ts";
import type { WaveBatchTable, WaveExceptionTable, WaveItemTable, WaveLookTable, WaveTable } from "./tables/waves.ts";

/** The tables of `migrations/`, in camel case. Dates are timestamptz; a `JSONColumnType` is written as JSON text. */
export interface Tables {
  mount: MountTable;
  entry: EntryTable;
  entryFact: EntryFactTable;
  entryReading: EntryReadingTable;
  factWord: FactWordTable;
  searchWord: SearchWordTable;
  crawl: CrawlTable;
  crawlFolder: CrawlFolderTable;
  unreadableBranch: UnreadableBranchTable;
  metadataSuggestion: MetadataSuggestionTable;
  metadataConfirmation: MetadataConfirmationTable;
  ownerContradiction: OwnerContradictionTable;
  shownList: ShownListTable;
  tagOverflow: TagOverflowTable;
  usageSource: UsageSourceTable;
  usagePath: UsagePathTable;
  usageClient: UsageClientTable;
  usageDay: UsageDayTable;
  usageByClient: UsageByClientTable;
  stragglerTold: StragglerToldTable;
  entryLane: EntryLaneTable;
  laneJudgement: LaneJudgementTable;
  request: RequestTable;
  decision: DecisionTable;
  statement: StatementTable;
  migration: MigrationTable;
  journal: JournalTable;
  finishedStatement: FinishedStatementTable;
  moveAgain: MoveAgainTable;
  driftWatch: DriftWatchTable;
  fence: FenceTable;
  control: ControlTable;
  gateAsk: GateAskTable;
  supportCase: SupportCaseTable;
  supportRelay: SupportRelayTable;
  wave: WaveTable;
  waveBatch: WaveBatchTable;
  waveItem: WaveItemTable;
  waveException: WaveExceptionTable;
  waveLook: WaveLookTable;
  intakeMessage: IntakeMessageTable;
  poisonedMessage: PoisonedMessageTable;
  home: HomeTable;
  card: CardTable;
  outbox: OutboxTable;
  inbox: InboxTable;
  auditEvent: AuditEventTable;
  auditCheckpoint: AuditCheckpointTable;
}
