export declare function cacheDir(): string;
export declare function builtVaultServer(): string;
export declare function venvPython(): string;
export declare function onPath(program: string): string | undefined;
export declare function redisServer(): string | undefined;
export declare function isRunnable(file: string): boolean;
export const projectDir: string;
