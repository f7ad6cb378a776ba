/** What approvals can be listed by. */
export const approvalStatuses = ["pending", "granted", "denied", "expired", "used", "all"] as const;
