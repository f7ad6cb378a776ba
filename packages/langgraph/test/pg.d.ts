/** What the tests need of `pg`, which comes without types. */
declare module "pg" {
  export class Pool {
    constructor(options: { connectionString: string; max?: number });
    on(event: "error", listener: (error: Error) => void): this;
    end(): Promise<void>;
  }
}
