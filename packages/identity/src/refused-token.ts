/** Why a token is not accepted; the message quotes nothing of it, since it is written into receipts. */
export class RefusedToken extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = "RefusedToken";
  }
}
