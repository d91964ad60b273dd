export declare function vaultOnPath(): Promise<string | undefined>;
