/** A policy in AGT's rich form: what a team that uses AGT has already. */
export const policy = `
apiVersion: governance.toolkit/v1
name: finance
agents: ["*"]
default_action: deny
rules:
  - name: no-exports
    description: customer data stays in the house
    condition: tool == 'export_customers'
    ruleAction: deny
  - name: large-invoices
    description: invoices over 5000 need the treasurer
    condition: tool == 'send_invoice' and params.amount > 5000
    ruleAction: require_approval
    approvers: [treasurer]
    priority: 10
  - name: invoices
    condition: tool in ['send_invoice', 'read_invoice']
    ruleAction: allow
`;
